#include "netns/fabric/nat_drops.h"

#include <fmt/format.h>

namespace icelab {
namespace {

constexpr std::uint8_t icmp_redirect = 5;

/// Redirects are between neighbours; ICMPv6 has them among what is no error.
bool is_redirect(const Packet& packet) {
  return !packet.is_ipv6() && packet.icmp_type() == icmp_redirect;
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

std::string list(std::span<const IpAddress> addresses) {
  std::string text;
  for (const IpAddress& address : addresses)
    text += (text.empty() ? "" : ", ") + address.to_string();
  return text;
}

/// The answer to most questions that a symmetric NAT raises.
std::string mapped_instead(const Mapping* instead, const Mapping& mapping, const Endpoint& remote) {
  if (instead == nullptr || instead == &mapping) return {};
  return fmt::format("; {} is mapped to {} towards {}", mapping.internal.to_string(),
                     instead->external.to_string(), name(remote));
}

/// What comes to a mapping that is another than the one through which its sender was sent to.
Drop mismatched(const Mapping& mapping, const Mapping& instead, Dependence filtering,
                const Endpoint& remote) {
  return {DropReason::mapping_mismatch,
          fmt::format("{} sends to {} from {}; {} aimed at {}, which is for {}: {} filtering",
                      mapping.internal.to_string(), name(remote), instead.external.to_string(),
                      name(remote), mapping.external.to_string(), sent_to(mapping),
                      to_string(filtering))};
}

Drop refuse_family(const Packet& packet) {
  return {DropReason::blocked,
          fmt::format("{} {}: this NAT translates {} only", packet.is_ipv6() ? "IPv6" : "IPv4",
                      from_to(packet), packet.is_ipv6() ? "IPv4" : "IPv6")};
}

}  // namespace

std::string name(const Endpoint& endpoint) {
  return endpoint.port == 0 ? endpoint.address.to_string() : endpoint.to_string();
}

std::string from_to(const Packet& packet) {
  return fmt::format("from {} to {}", name(packet.source()), name(packet.destination()));
}

std::optional<Drop> refuse_untranslatable(const Packet& packet) {
  if (packet.protocol() == Protocol::other) {
    return Drop{
        DropReason::blocked,
        fmt::format("neither UDP, TCP nor ICMP {}: this NAT has no ports for it", from_to(packet))};
  }
  const auto type = packet.icmp_type();
  const bool known =
      !type || packet.has_ports() || (packet.is_icmp_error() && !is_redirect(packet));
  if (known) return std::nullopt;
  return Drop{DropReason::blocked,
              fmt::format("ICMP type {} {}: this NAT translates echo and errors only (RFC 5508)",
                          *type, from_to(packet))};
}

std::optional<Drop> refuse_outbound(const Packet& packet, const MappingTable& table) {
  if (packet.is_ipv6() == table.externals().front().is_v4()) return refuse_family(packet);
  const Endpoint aim = packet.destination();
  const IpAddress& destination = aim.address;
  if (!destination.is_forwardable()) {
    return Drop{
        DropReason::unroutable,
        fmt::format("{} is not a unicast address that a router sends on", destination.to_string())};
  }
  if (table.is_external(packet.source().address)) {
    return Drop{DropReason::blocked,
                fmt::format("{} came from inside, but is this NAT's own external address",
                            packet.source().address.to_string())};
  }
  if (packet.protocol() == Protocol::icmp && packet.has_ports() && !packet.is_echo_request()) {
    return Drop{DropReason::blocked,
                fmt::format("an echo reply {}: no echo request is let in, so none was asked for",
                            from_to(packet))};
  }
  return refuse_untranslatable(packet);
}

std::optional<Drop> refuse_inbound(const Packet& packet, const MappingTable& table) {
  const Endpoint aim = packet.destination();
  const IpAddress& destination = aim.address;
  if (!table.is_external(destination)) {
    return Drop{DropReason::unroutable,
                fmt::format("{} is not this NAT's external address, {}", destination.to_string(),
                            list(table.externals()))};
  }
  if (table.is_external(packet.source().address)) {
    return Drop{DropReason::blocked,
                fmt::format("{} came from outside with this NAT's own external address",
                            name(packet.source()))};
  }
  if (packet.is_echo_request()) {
    return Drop{DropReason::blocked,
                fmt::format("an echo request {}: only queries from inside are mapped (RFC 5508)",
                            from_to(packet))};
  }
  return refuse_untranslatable(packet);
}

Drop untranslatable(const Packet& packet, std::string_view why) {
  return {DropReason::blocked, fmt::format("{} {} cannot be translated to {} (RFC 7915): {}",
                                           packet.is_ipv6() ? "IPv6" : "IPv4", from_to(packet),
                                           packet.is_ipv6() ? "IPv4" : "IPv6", why)};
}

Drop no_hairpinning(const Packet& packet, const NatBehavior& behavior) {
  const std::string aimed = fmt::format("{} aimed at {}, this NAT's own external address",
                                        name(packet.source()), name(packet.destination()));
  if (behavior.hairpinning == Hairpinning::none)
    return {DropReason::hairpin_unsupported, aimed + ": no hairpinning"};
  return {DropReason::hairpin_unsupported, aimed + ": no echo request is let in"};
}

Drop no_mapping_left(Shortage shortage, Protocol protocol, const Endpoint& internal,
                     const NatBehavior& behavior, const MappingTable& table) {
  switch (shortage) {
    case Shortage::sessions:
      return {DropReason::port_exhausted,
              fmt::format("no room for a mapping of {}: all {} sessions are in use",
                          internal.to_string(), MappingTable::max_sessions)};
    case Shortage::subscriber:
      return {DropReason::port_exhausted,
              fmt::format("{} has {} mappings already, and no subscriber may have more",
                          internal.address.to_string(), *behavior.mappings_per_subscriber)};
    case Shortage::ports:
      break;
  }
  const std::string whose =
      behavior.port_parity
          ? fmt::format("no {} external port", internal.port % 2 == 0 ? "even" : "odd")
          : "no external port";
  return {DropReason::port_exhausted,
          fmt::format("{} of {} is left for {} ({})", whose, list(table.externals()),
                      internal.to_string(), to_string(protocol))};
}

Drop not_mapped(const Mapping* mapping, const Mapping* instead, const Endpoint& external,
                const Endpoint& remote, Instant now) {
  if (mapping == nullptr || (mapping->is_nobodys() && !mapping->is_live(now))) {
    return {DropReason::no_mapping, fmt::format("{} is not mapped, so {} reaches nobody",
                                                external.to_string(), name(remote))};
  }
  if (mapping->is_nobodys()) {
    return {DropReason::no_mapping,
            fmt::format("{} is not mapped, but taken by early packets; {} reaches nobody",
                        external.to_string(), name(remote))};
  }
  return {DropReason::mapping_expired,
          fmt::format("{} was mapped to {} until {:.1f} s ago{}", external.to_string(),
                      mapping->internal.to_string(), seconds(now - mapping->expires),
                      mapped_instead(instead, *mapping, remote))};
}

Drop filtered(const Mapping& mapping, const Mapping* instead, Dependence filtering,
              const Endpoint& remote, Instant now) {
  const bool sends_through_another =
      instead != nullptr && instead != &mapping &&
      instead->permits(Dependence::address_and_port_dependent, remote, now);
  if (sends_through_another) return mismatched(mapping, *instead, filtering, remote);
  const bool any_port = filtering == Dependence::address_dependent;
  const std::string sender = name(remote);
  const std::string condition = any_port ? remote.address.to_string() : sender;
  const std::string internal = mapping.internal.to_string();
  std::string lapsed;
  for (const Session& session : mapping.sessions) {
    const bool matches =
        session.sent && depended_on(filtering, session.remote) == depended_on(filtering, remote);
    if (matches) {
      lapsed = fmt::format(", the last permission for it ended {:.1f} s ago",
                           seconds(now - session.expires));
    }
  }
  return {DropReason::filtered,
          fmt::format("{} filtering: {} may enter {} only after {} sent to {}; it has sent to {}{}",
                      to_string(filtering), sender, mapping.external.to_string(), internal,
                      condition, sent_to(mapping), lapsed)};
}

Drop source_blocked(const Endpoint& external, const Endpoint& remote, Duration left) {
  return {DropReason::filtered,
          fmt::format("{} came to {} before anybody had asked for it, and stays blocked there for "
                      "{:.1f} s more",
                      name(remote), external.to_string(), seconds(left))};
}

Drop unknown_connection(DropReason reason, const Packet& packet) {
  return {reason,
          fmt::format("a TCP segment {} belongs to no known connection, and only a SYN opens one",
                      from_to(packet))};
}

Drop no_simultaneous_open(const Packet& packet) {
  return {DropReason::blocked,
          fmt::format("a SYN {} meets one that is under way in the other direction: no "
                      "simultaneous open (RFC 5382 REQ-2)",
                      from_to(packet))};
}

Drop icmp_error_swallowed(const Packet& packet) {
  return {DropReason::blocked,
          fmt::format("an ICMP error {}: this NAT translates none", from_to(packet))};
}

Drop unreadable_quote(const Packet& packet) {
  return {DropReason::blocked,
          fmt::format(
              "an ICMP error {} does not quote enough of a UDP, TCP or echo packet to translate it",
              from_to(packet))};
}

Drop not_received(const Packet& error, const Packet::Quoted& quoted) {
  return {DropReason::no_mapping,
          fmt::format("an ICMP error {} is about a packet that {} did not receive through this NAT",
                      from_to(error), name(quoted.destination))};
}

Drop not_sent(const Packet& error, const Mapping& mapping, const Endpoint& remote) {
  return {DropReason::filtered,
          fmt::format("an ICMP error {} is about a packet to {}, but {} has sent only to {}",
                      from_to(error), name(remote), name(mapping.internal), sent_to(mapping))};
}

}  // namespace icelab
