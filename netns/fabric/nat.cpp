#include "netns/fabric/nat.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr std::uint8_t icmp_redirect = 5;
constexpr std::uint8_t icmp_echo_request = 8;

/// The remote end of a session. An ICMP query has one identifier, which stands at our end.
Endpoint remote_end(Protocol protocol, const Endpoint& remote) {
  return protocol == Protocol::icmp ? Endpoint{remote.address, 0} : remote;
}

std::uint32_t external_key(Protocol protocol, std::uint16_t port) {
  return (static_cast<std::uint32_t>(protocol) << 16) | port;
}

/// 224/4 and above (multicast, reserved, broadcast), 0/8 and 127/8: no router sends these on.
bool is_forwardable(const IpAddress& destination) {
  const std::uint32_t top = destination.v4_bits() >> 24;
  return top != 0 && top != 127 && top < 224;
}

/// An endpoint, or the address alone where there is no port to name.
std::string name(const Endpoint& endpoint) {
  return endpoint.port == 0 ? endpoint.address.to_string() : endpoint.to_string();
}

std::string from_to(const Packet& packet) {
  return fmt::format("from {} to {}", name(packet.source()), name(packet.destination()));
}

/// What no direction lets through: what this NAT does not know how to translate.
std::optional<Drop> refuse_untranslatable(const Packet& packet) {
  if (packet.is_fragment()) {
    return Drop{
        DropReason::blocked,
        fmt::format("a fragment {}: this NAT translates whole packets only", from_to(packet))};
  }
  if (packet.protocol() == Protocol::other) {
    return Drop{
        DropReason::blocked,
        fmt::format("neither UDP, TCP nor ICMP {}: this NAT has no ports for it", from_to(packet))};
  }
  const auto type = packet.icmp_type();
  const bool known =
      !type || packet.has_ports() || (packet.is_icmp_error() && *type != icmp_redirect);
  if (known) return std::nullopt;
  return Drop{DropReason::blocked,
              fmt::format("ICMP type {} {}: this NAT translates echo and errors only (RFC 5508)",
                          *type, from_to(packet))};
}

Drop unreadable_quote(const Packet& packet) {
  return {DropReason::blocked,
          fmt::format(
              "an ICMP error {} does not quote enough of a UDP, TCP or echo packet to translate it",
              from_to(packet))};
}

std::string sent_to(const Mapping& mapping) {
  constexpr std::size_t shown = 3;
  std::string text;
  std::size_t count = 0;
  for (const Session& session : mapping.sessions) {
    if (!session.sent || ++count > shown) continue;
    text += (count == 1 ? "" : ", ") + name(session.remote);
  }
  if (count > shown) text += fmt::format(" and {} more", count - shown);
  return count == 0 ? "nobody" : text;
}

}  // namespace

std::size_t Nat::InternalKeyHash::operator()(const InternalKey& key) const noexcept {
  constexpr std::hash<Endpoint> hash;
  return hash(key.internal) + 3 * hash(key.towards) + static_cast<std::size_t>(key.protocol);
}

Nat::Nat(NatBehavior behavior, IpAddress external, std::uint64_t seed)
    : behavior_(behavior),
      external_(external),
      pools_{PortPool(mix(seed + 1)), PortPool(mix(seed + 2)), PortPool(mix(seed + 3))} {}

Verdict Nat::translate(Packet& packet, Direction direction, Instant now) {
  const bool outbound = direction == Direction::outbound;
  if (auto refused = outbound ? refuse_outbound(packet) : refuse_inbound(packet)) return *refused;
  if (packet.is_icmp_error())
    return outbound ? translate_error_outbound(packet, now) : translate_error_inbound(packet, now);
  return outbound ? translate_outbound(packet, now) : translate_inbound(packet, now);
}

std::vector<Mapping> Nat::mappings(Instant now) const {
  std::vector<Mapping> live;
  for (const auto& [key, mapping] : by_external_) {
    if (mapping.is_live(now)) live.push_back(mapping);
  }
  return live;
}

// What is refused whatever the tables say.

std::optional<Drop> Nat::refuse_outbound(const Packet& packet) const {
  const IpAddress destination = packet.destination().address;
  if (destination == external_) {
    return Drop{DropReason::hairpin_unsupported,
                fmt::format("{} aimed at {}, this NAT's own external address: no hairpinning",
                            name(packet.source()), name(packet.destination()))};
  }
  if (!is_forwardable(destination)) {
    return Drop{
        DropReason::unroutable,
        fmt::format("{} is not a unicast address that a router sends on", destination.to_string())};
  }
  if (packet.source().address == external_) {
    return Drop{DropReason::blocked,
                fmt::format("{} came from inside, but is this NAT's own external address",
                            external_.to_string())};
  }
  if (packet.icmp_type() && packet.has_ports() && *packet.icmp_type() != icmp_echo_request) {
    return Drop{DropReason::blocked,
                fmt::format("an echo reply {}: no echo request is let in, so none was asked for",
                            from_to(packet))};
  }
  return refuse_untranslatable(packet);
}

std::optional<Drop> Nat::refuse_inbound(const Packet& packet) const {
  const IpAddress destination = packet.destination().address;
  if (destination != external_) {
    return Drop{DropReason::unroutable,
                fmt::format("{} is not this NAT's external address, {}", destination.to_string(),
                            external_.to_string())};
  }
  if (packet.source().address == external_) {
    return Drop{DropReason::blocked,
                fmt::format("{} came from outside with this NAT's own external address",
                            name(packet.source()))};
  }
  if (packet.icmp_type() == icmp_echo_request) {
    return Drop{DropReason::blocked,
                fmt::format("an echo request {}: only queries from inside are mapped (RFC 5508)",
                            from_to(packet))};
  }
  return refuse_untranslatable(packet);
}

// Packets.

Verdict Nat::translate_outbound(Packet& packet, Instant now) {
  const Protocol protocol = packet.protocol();
  const Endpoint internal = packet.source();
  const Endpoint remote = remote_end(protocol, packet.destination());

  Mapping* mapping = find_internal(protocol, internal, remote, now);
  Session* session = mapping ? mapping->find_session(remote) : nullptr;
  if (session == nullptr || session->expires <= now) {
    if (protocol == Protocol::tcp && !opens_connection(packet.tcp()))
      return unknown_connection(DropReason::no_mapping, packet);
    if (mapping == nullptr) {
      const auto port = assign_port(protocol, internal.port, now);
      if (!port) return exhausted(protocol, internal);
      mapping = &add_mapping(protocol, internal, remote, *port);
    }
    session = &begin_session(*mapping, session, remote);
  }
  session->sent = true;
  renew(*mapping, *session, packet, Direction::outbound, now);
  packet.set_source(external_endpoint(*mapping));
  return Forward{};
}

Verdict Nat::translate_inbound(Packet& packet, Instant now) {
  const Protocol protocol = packet.protocol();
  const Endpoint remote = remote_end(protocol, packet.source());

  Mapping* mapping = find_external(protocol, packet.destination().port);
  if (mapping == nullptr || !mapping->is_live(now))
    return not_mapped(mapping, packet.destination(), remote, now);
  if (!mapping->permits(behavior_.filtering, remote, now)) return filtered(*mapping, remote, now);
  if (protocol == Protocol::tcp) {
    Session* session = mapping->find_session(remote);
    if (session == nullptr || session->expires <= now) {
      if (!opens_connection(packet.tcp())) return unknown_connection(DropReason::filtered, packet);
      session = &begin_session(*mapping, session, remote);
      session->expires = now + transitory_tcp;
    }
    renew(*mapping, *session, packet, Direction::inbound, now);
  }
  packet.set_destination(mapping->internal);
  return Forward{};
}

// ICMP errors: the quoted packet tells whose they are (RFC 5508 section 4). They renew nothing.

Verdict Nat::translate_error_outbound(Packet& packet, Instant now) {
  const auto quoted = packet.quoted();
  if (!quoted) return unreadable_quote(packet);
  // Seen from inside: the quoted packet came in from the remote endpoint.
  const Mapping* mapping = find_internal(quoted->protocol, quoted->destination,
                                         remote_end(quoted->protocol, quoted->source), now);
  if (mapping == nullptr) {
    return Drop{
        DropReason::no_mapping,
        fmt::format("an ICMP error {} is about a packet that {} did not receive through this NAT",
                    from_to(packet), name(quoted->destination))};
  }
  packet.set_quoted_destination(external_endpoint(*mapping));
  packet.set_source({external_, 0});
  return Forward{};
}

Verdict Nat::translate_error_inbound(Packet& packet, Instant now) {
  const auto quoted = packet.quoted();
  if (!quoted) return unreadable_quote(packet);
  const Endpoint remote = remote_end(quoted->protocol, quoted->destination);
  Mapping* mapping = quoted->source.address == external_
                         ? find_external(quoted->protocol, quoted->source.port)
                         : nullptr;
  if (mapping == nullptr || !mapping->is_live(now))
    return not_mapped(mapping, quoted->source, remote, now);
  // Only about what was sent: else anyone could end the connections of others (RFC 5508 section 8).
  const Session* session = mapping->find_session(remote);
  if (session == nullptr || !session->sent || session->expires <= now) {
    return Drop{
        DropReason::filtered,
        fmt::format("an ICMP error {} is about a packet to {}, but {} has sent only to {}",
                    from_to(packet), name(remote), name(mapping->internal), sent_to(*mapping))};
  }
  const Endpoint internal = mapping->internal;
  packet.set_quoted_source(internal);
  packet.set_destination({internal.address, 0});
  return Forward{};
}

// The tables.

Mapping* Nat::find_internal(Protocol protocol, const Endpoint& internal, const Endpoint& remote,
                            Instant now) {
  const auto found =
      by_internal_.find({protocol, internal, depended_on(behavior_.mapping, remote)});
  if (found == by_internal_.end()) return nullptr;
  Mapping* mapping = found->second;
  if (mapping->is_live(now)) return mapping;
  retire(*mapping);
  return nullptr;
}

Mapping* Nat::find_external(Protocol protocol, std::uint16_t port) {
  const auto found = by_external_.find(external_key(protocol, port));
  return found == by_external_.end() ? nullptr : &found->second;
}

std::optional<std::uint16_t> Nat::assign_port(Protocol protocol, std::uint16_t preferred,
                                              Instant now) {
  Mapping* holder = find_external(protocol, preferred);
  if (holder && !holder->retired && !holder->is_live(now)) retire(*holder);
  if (pool(protocol).is_exhausted() || sessions_ >= max_sessions) retire_expired(now);
  if (sessions_ >= max_sessions) return std::nullopt;
  return pool(protocol).take(preferred);
}

Mapping& Nat::add_mapping(Protocol protocol, const Endpoint& internal, const Endpoint& remote,
                          std::uint16_t port) {
  const Endpoint towards = depended_on(behavior_.mapping, remote);
  // In the place of the expired mapping that was remembered for this port, if any.
  Mapping& mapping = by_external_[external_key(protocol, port)];
  mapping = {.protocol = protocol,
             .internal = internal,
             .towards = towards,
             .external_port = port,
             .retired = false,
             .expires = {},
             .sessions = {}};
  by_internal_.emplace(InternalKey{protocol, internal, towards}, &mapping);
  return mapping;
}

/// Anew in the place of `expired`, or one more; if there are too many, in the place of the one that
/// would end first.
Session& Nat::begin_session(Mapping& mapping, Session* expired, const Endpoint& remote) {
  auto& sessions = mapping.sessions;
  const bool full = sessions.size() >= max_sessions_per_mapping || sessions_ >= max_sessions;
  if (expired == nullptr && full && !sessions.empty())
    expired = &*std::ranges::min_element(sessions, {}, &Session::expires);
  if (expired != nullptr) return *expired = Session{.remote = remote};
  ++sessions_;
  return sessions.emplace_back(Session{.remote = remote});
}

void Nat::renew(Mapping& mapping, Session& session, const Packet& packet, Direction direction,
                Instant now) {
  if (mapping.protocol == Protocol::udp) {
    mapping.set_expiry(session, now + behavior_.mapping_lifetime);
  } else if (mapping.protocol == Protocol::icmp) {
    mapping.set_expiry(session, now + idle_query);
  } else {
    const bool was_closed = session.tcp.is_closed();
    session.tcp.observe(packet.tcp(), direction);
    const bool established = session.tcp.is_established();
    // Before both sides have shown their SYN only the inside renews, and after the end nobody does.
    const bool renews =
        session.tcp.is_closed() ? !was_closed : established || direction == Direction::outbound;
    if (renews) mapping.set_expiry(session, now + (established ? idle_tcp : transitory_tcp));
  }
  next_end_ = std::min(next_end_, mapping.expires);
}

void Nat::retire(Mapping& mapping) {
  by_internal_.erase({mapping.protocol, mapping.internal, mapping.towards});
  pool(mapping.protocol).release(mapping.external_port);
  sessions_ -= mapping.sessions.size();
  mapping.sessions = {};
  mapping.retired = true;
}

void Nat::retire_expired(Instant now) {
  if (now < next_end_) return;
  next_end_ = Instant::max();
  for (auto& [key, mapping] : by_external_) {
    if (mapping.retired) continue;
    if (mapping.is_live(now)) {
      next_end_ = std::min(next_end_, mapping.expires);
    } else {
      retire(mapping);
    }
  }
}

// The rules in words.

Endpoint Nat::external_endpoint(const Mapping& mapping) const {
  return {external_, mapping.external_port};
}

Drop Nat::exhausted(Protocol protocol, const Endpoint& internal) const {
  if (sessions_ >= max_sessions) {
    return {DropReason::port_exhausted,
            fmt::format("no room for a mapping of {}: all {} sessions are in use",
                        internal.to_string(), max_sessions)};
  }
  return {DropReason::port_exhausted,
          fmt::format("no external port of {} is left for {} ({})", external_.to_string(),
                      internal.to_string(), to_string(protocol))};
}

Drop Nat::not_mapped(const Mapping* expired, const Endpoint& external, const Endpoint& remote,
                     Instant now) const {
  if (expired == nullptr) {
    return {DropReason::no_mapping, fmt::format("{} is not mapped, so {} reaches nobody",
                                                external.to_string(), name(remote))};
  }
  return {DropReason::mapping_expired,
          fmt::format("{} was mapped to {} until {:.1f} s ago{}", external.to_string(),
                      expired->internal.to_string(), seconds(now - expired->expires),
                      other_mapping(*expired, remote, now))};
}

Drop Nat::filtered(const Mapping& mapping, const Endpoint& remote, Instant now) const {
  const bool any_port = behavior_.filtering == Dependence::address_dependent;
  const std::string sender = name(remote);
  const std::string condition = any_port ? remote.address.to_string() : sender;
  const std::string internal = mapping.internal.to_string();
  std::string lapsed;
  for (const Session& session : mapping.sessions) {
    const bool matches = session.sent && depended_on(behavior_.filtering, session.remote) ==
                                             depended_on(behavior_.filtering, remote);
    if (matches) {
      lapsed = fmt::format(", the last permission for it ended {:.1f} s ago",
                           seconds(now - session.expires));
    }
  }
  return {DropReason::filtered,
          fmt::format(
              "{} filtering: {} may enter {} only after {} sent to {}; it has sent to {}{}{}",
              to_string(behavior_.filtering), sender, external_endpoint(mapping).to_string(),
              internal, condition, sent_to(mapping), lapsed, other_mapping(mapping, remote, now))};
}

Drop Nat::unknown_connection(DropReason reason, const Packet& packet) {
  return {reason,
          fmt::format("a TCP segment {} belongs to no known connection, and only a SYN opens one",
                      from_to(packet))};
}

/// Through which other mapping, if any, the same internal endpoint reaches this remote one: the
/// answer to most questions that a symmetric NAT raises.
std::string Nat::other_mapping(const Mapping& mapping, const Endpoint& remote, Instant now) const {
  const auto found = by_internal_.find(
      {mapping.protocol, mapping.internal, depended_on(behavior_.mapping, remote)});
  if (found == by_internal_.end() || found->second == &mapping || !found->second->is_live(now))
    return {};
  return fmt::format("; {} is mapped to {} towards {}", mapping.internal.to_string(),
                     external_endpoint(*found->second).to_string(), name(remote));
}

}  // namespace icelab
