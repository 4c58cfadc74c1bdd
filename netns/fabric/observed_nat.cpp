#include "netns/fabric/observed_nat.h"

#include "netns/fabric/nat_drops.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr size_t most_mappings = 4096;
constexpr size_t most_sessions = 256;
constexpr size_t most_early = 256;

Drop corrupt(const Packet& packet) {
  return {DropReason::lost, fmt::format("what came {} was corrupt", from_to(packet))};
}

Drop for_the_router(const Packet& packet) {
  return {DropReason::blocked,
          fmt::format("an echo request {}, the router's own address", from_to(packet))};
}

/// One that does not ask for a connection.
bool is_stray_segment(const Packet& packet) {
  return packet.protocol() == Protocol::tcp && !opens_connection(packet.tcp());
}

Drop unknown_to(const Packet& error) {
  if (const auto quoted = error.quoted()) return not_received(error, *quoted);
  return unreadable_quote(error);
}

}  // namespace

void ObservedNat::saw_outbound(const Packet& before, const Packet& after, Instant now) {
  if (!before.has_ports() || before.source() == after.source()) return;
  note({before.protocol(), before.source(), after.source(), after.destination()}, true, now);
}

void ObservedNat::saw_inbound(const Packet& before, const Packet& after, Instant now) {
  if (!before.has_ports() || before.destination() == after.destination()) return;
  note({before.protocol(), after.destination(), before.destination(), before.source()}, false, now);
}

void ObservedNat::note(const Use& use, bool sent, Instant now) {
  const auto known = std::ranges::find_if(mappings_, [&](const Mapping& mapping) {
    return mapping.protocol == use.protocol && mapping.internal == use.internal &&
           mapping.external == use.external;
  });
  const bool is_new = known == mappings_.end();
  Mapping& mapping = is_new ? place_for_another() : *known;
  if (is_new || mapping.retired) mapping = {};
  mapping.protocol = use.protocol;
  mapping.internal = use.internal;
  mapping.external = use.external;
  mapping.expires = now + longest_lifetime(use.protocol);
  Session* session = mapping.find_session(use.remote);
  if (session == nullptr) {
    if (mapping.sessions.size() == most_sessions) mapping.sessions.erase(mapping.sessions.begin());
    session = &mapping.sessions.emplace_back(Session{.remote = use.remote});
  }
  session->sent = session->sent || sent;
  session->expires = mapping.expires;
}

/// If there are too many, the one that ends first makes room.
Mapping& ObservedNat::place_for_another() {
  if (mappings_.size() < most_mappings) return mappings_.emplace_back();
  return *std::ranges::min_element(mappings_, {}, &Mapping::expires);
}

/// No entry of connection tracking outlives its last packet by more.
Duration ObservedNat::longest_lifetime(Protocol protocol) const {
  switch (protocol) {
    case Protocol::tcp:
      return behavior_.tcp_established_timeout;
    case Protocol::icmp:
      return behavior_.icmp_timeout;
    default:
      return std::max(behavior_.udp_timeout, behavior_.udp_stream_timeout);
  }
}

Drop ObservedNat::explain_inbound(const Packet& packet, Instant now) {
  if (!packet.is_intact()) return corrupt(packet);
  if (packet.is_icmp_error()) return unknown_to(packet);
  if (packet.is_echo_request()) return for_the_router(packet);
  if (auto refusal = refuse_untranslatable(packet)) return *refusal;
  const Endpoint external = packet.destination(), remote = packet.source();
  if (const Mapping* mapping = last_mapped(packet.protocol(), external))
    return refuse(*mapping, packet, now);
  if (is_stray_segment(packet)) return unknown_connection(DropReason::no_mapping, packet);
  note_early({packet.protocol(), remote, external});
  return not_mapped(nullptr, nullptr, external, remote, now);
}

Drop ObservedNat::refuse(const Mapping& mapping, const Packet& packet, Instant now) {
  const Endpoint remote = packet.source();
  const auto asked = std::ranges::find(mapping.sessions, remote, &Session::remote);
  const bool was_asked = asked != mapping.sessions.end() && asked->sent;
  // What may still be remembered, and is not, has ended by a shorter timeout.
  const bool ended_early = was_asked && now < asked->expires;
  if (ended_early || !mapping.is_live(now)) {
    const Instant end = was_asked ? asked->expires : mapping.expires;
    const Instant last_used = end - longest_lifetime(mapping.protocol);
    return {
        DropReason::mapping_expired,
        fmt::format("{} was mapped to {}{}; the router has forgotten it since it was last used, "
                    "{:.1f} s ago",
                    mapping.external.to_string(), mapping.internal.to_string(),
                    was_asked ? " towards " + name(remote) : "", seconds(now - last_used))};
  }
  if (is_stray_segment(packet)) return unknown_connection(DropReason::filtered, packet);
  const Mapping* instead = towards(mapping, remote, now);
  if (instead == nullptr) note_early({mapping.protocol, remote, mapping.external});
  Drop drop = filtered(mapping, instead, filtering_of(claim_, mapping.protocol), remote, now);
  const Early early{mapping.protocol, remote, mapping.external};
  if (instead != nullptr && instead != &mapping &&
      std::ranges::find(early_, early) != early_.end()) {
    drop.detail += fmt::format(
        ", because {} had come before anybody sent to it: connection tracking took that for a "
        "conversation with the router itself",
        name(remote));
  }
  return drop;
}

const Mapping* ObservedNat::last_mapped(Protocol protocol, const Endpoint& external) const {
  const Mapping* last = nullptr;
  for (const Mapping& mapping : mappings_) {
    if (mapping.protocol == protocol && mapping.external == external &&
        (last == nullptr || last->expires < mapping.expires))
      last = &mapping;
  }
  return last;
}

const Mapping* ObservedNat::towards(const Mapping& mapping, const Endpoint& remote,
                                    Instant now) const {
  const auto found = std::ranges::find_if(mappings_, [&](const Mapping& other) {
    return other.protocol == mapping.protocol && other.internal == mapping.internal &&
           !other.retired && other.serves(remote, now);
  });
  return found == mappings_.end() ? nullptr : &*found;
}

void ObservedNat::note_early(const Early& early) {
  if (early_.size() < most_early && std::ranges::find(early_, early) == early_.end())
    early_.push_back(early);
}

void ObservedNat::expire() {
  for (Mapping& mapping : mappings_) mapping.retired = true;
  early_.clear();
}

}  // namespace icelab
