#include "netns/fabric/nat.h"

#include "netns/fabric/nat_drops.h"
#include "netns/fabric/payload_alg.h"
#include "src/net/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

/// Makes an endpoint the remote end of a session: an ICMP query has one identifier, which stands at
/// our end. In place, since every packet comes by here, and copying what has just been written word
/// by word makes a processor wait.
void make_remote_end(Protocol protocol, Endpoint& remote) {
  if (protocol == Protocol::icmp) remote.port = 0;
}

bool is_live(const Session* session, Instant now) {
  return session != nullptr && now < session->expires;
}

/// For whoever is to give a mapping and has none.
Mapping* refuse(Verdict& verdict, Drop drop) {
  verdict = std::move(drop);
  return nullptr;
}

}  // namespace

Nat::Nat(const NatBehavior& behavior, std::vector<IpAddress> externals, std::uint64_t seed)
    : behavior_(behavior), table_(behavior, std::move(externals), seed) {}

Verdict Nat::translate(Packet& packet, Direction direction, Instant now) {
  if (packet.is_fragment()) return translate_fragment(packet, direction, now);
  return translate_whole(packet, direction, now);
}

Verdict Nat::translate_whole(Packet& packet, Direction direction, Instant now) {
  const bool outbound = direction == Direction::outbound;
  const bool turns_back = outbound && table_.is_external(packet.destination().address);
  if (turns_back && behavior_.hairpinning == Hairpinning::none)
    return no_hairpinning(packet, behavior_);
  if (auto refused = outbound ? refuse_outbound(packet, table_) : refuse_inbound(packet, table_))
    return std::move(*refused);
  if (packet.is_icmp_error())
    return outbound ? translate_error_outbound(packet, now) : translate_error_inbound(packet, now);
  if (turns_back) return hairpin(packet, now);
  return outbound ? translate_outbound(packet, now) : translate_inbound(packet, now);
}

// Packets.

Verdict Nat::translate_outbound(Packet& packet, Instant now) {
  Verdict verdict = Forward{};
  const Mapping* mapping = admit_outbound(packet, now, verdict);
  if (mapping) rewrite_source(packet, *mapping);
  return verdict;
}

Verdict Nat::translate_inbound(Packet& packet, Instant now) {
  Verdict verdict = Forward{};
  Endpoint remote = packet.source();
  make_remote_end(packet.protocol(), remote);
  const Mapping* mapping = admit_inbound(packet, remote, now, verdict);
  if (mapping) rewrite_destination(packet, *mapping);
  return verdict;
}

/// RFC 4787 section 6. Pings are not let in, be it from outside or from inside.
Verdict Nat::hairpin(Packet& packet, Instant now) {
  if (packet.protocol() == Protocol::icmp) return no_hairpinning(packet, behavior_);
  Verdict verdict = Reflect{};
  const Mapping* sender = admit_outbound(packet, now, verdict);
  if (sender == nullptr) return verdict;
  const Mapping* receiver = admit_inbound(packet, sender->external, now, verdict);
  if (receiver == nullptr) return verdict;

  const Endpoint internal = packet.source();
  rewrite_source(packet, *sender);
  rewrite_destination(packet, *receiver);
  if (behavior_.hairpinning == Hairpinning::internal_source) packet.set_source(internal);
  return verdict;
}

Mapping* Nat::admit_outbound(const Packet& packet, Instant now, Verdict& verdict) {
  const Protocol protocol = packet.protocol();
  const Endpoint internal = packet.source();
  Endpoint remote = packet.destination();
  make_remote_end(protocol, remote);

  const bool answers = protocol == Protocol::tcp && !opens_connection(packet.tcp());
  Mapping* mapping = answers ? table_.find_connection(internal, remote, now) : nullptr;
  if (mapping == nullptr) mapping = table_.find_internal(protocol, internal, remote, now);
  Session* session = mapping ? mapping->find_session(remote) : nullptr;
  const bool begins = !is_live(session, now);
  if (begins) {
    if (answers) return refuse(verdict, unknown_connection(DropReason::no_mapping, packet));
    if (mapping == nullptr || table_.is_taken_towards(*mapping, remote, now)) {
      const auto added = table_.add(protocol, internal, remote, now);
      if (const auto* shortage = std::get_if<Shortage>(&added)) {
        return refuse(verdict, no_mapping_left(*shortage, protocol, internal, behavior_, table_));
      }
      mapping = std::get<Mapping*>(added);
      session = nullptr;
    }
    session = &table_.begin_session(*mapping, session, remote);
    session->begun = now;
  }
  session->sent = true;
  renew_outbound(*mapping, *session, packet, begins, now);
  return mapping;
}

Mapping* Nat::admit_inbound(const Packet& packet, const Endpoint& remote, Instant now,
                            Verdict& verdict) {
  const Protocol protocol = packet.protocol();
  const Endpoint external = packet.destination();
  if (!blocked_.empty()) {
    const Instant until = blocked_.until(protocol, external, remote);
    if (now < until) return refuse(verdict, source_blocked(external, remote, until - now));
  }

  Mapping* mapping = table_.find_external(protocol, external, remote, now);
  const Dependence filtering = filtering_of(behavior_, protocol);
  if (mapping == nullptr || !mapping->is_live(now) || mapping->is_nobodys() ||
      !mapping->permits(filtering, remote, now))
    return refuse(verdict, unsolicited(packet, remote, mapping, now));

  if (protocol == Protocol::udp) {
    renew_udp_inbound(*mapping, remote, now);
  } else if (protocol == Protocol::tcp) {
    const bool opens = opens_connection(packet.tcp());
    Session* session = mapping->find_session(remote);
    if (!is_live(session, now)) {
      if (!opens) return refuse(verdict, unknown_connection(DropReason::filtered, packet));
      session = &table_.begin_session(*mapping, session, remote);
      session->expires = now + behavior_.tcp_transitory_lifetime;
      table_.note_connection(*mapping, remote);
    } else if (opens && !behavior_.simultaneous_open && session->tcp.awaits_answer()) {
      return refuse(verdict, no_simultaneous_open(packet));
    }
    renew_tcp(*mapping, *session, packet, Direction::inbound, now);
  }
  return mapping;
}

Drop Nat::unsolicited(const Packet& packet, const Endpoint& remote, const Mapping* mapping,
                      Instant now) {
  const Endpoint external = packet.destination();
  Drop drop = why_not(mapping, external, remote, filtering_of(behavior_, packet.protocol()), now);
  if (packet.protocol() == Protocol::udp) {
    const Instant until = now + udp_lifetime(nullptr, now);
    if (behavior_.early_packet == EarlyPacket::steals_port)
      table_.occupy(Protocol::udp, external, remote, until, now);
    if (behavior_.early_packet == EarlyPacket::blocks_source)
      blocked_.block(Protocol::udp, external, remote, until, now);
  }
  if (packet.protocol() == Protocol::tcp && opens_connection(packet.tcp())) {
    if (behavior_.unsolicited_syn == UnsolicitedSyn::reset) drop.answer = tcp_reset(packet);
    if (behavior_.unsolicited_syn == UnsolicitedSyn::unreachable)
      drop.answer = unreachable(packet, external.address, Unreachable::port);
  }
  return drop;
}

Drop Nat::why_not(const Mapping* mapping, const Endpoint& external, const Endpoint& remote,
                  Dependence filtering, Instant now) const {
  if (mapping == nullptr || mapping->is_nobodys())
    return not_mapped(mapping, nullptr, external, remote, now);
  const Mapping* instead = table_.find_internal(mapping->protocol, mapping->internal, remote, now);
  if (!mapping->is_live(now)) return not_mapped(mapping, instead, external, remote, now);
  return filtered(*mapping, instead, filtering, remote, now);
}

// ICMP errors: the quoted packet tells whose they are (RFC 5508 section 4). They renew nothing.

Verdict Nat::translate_error_outbound(Packet& packet, Instant now) {
  if (behavior_.icmp_errors == IcmpErrors::swallowed) return icmp_error_swallowed(packet);
  const auto quoted = packet.quoted();
  if (!quoted) return unreadable_quote(packet);
  // Seen from inside: the quoted packet came in from the remote endpoint.
  Endpoint remote = quoted->source;
  make_remote_end(quoted->protocol, remote);
  const Mapping* receiver =
      table_.find_internal(quoted->protocol, quoted->destination, remote, now);
  if (receiver == nullptr) return not_received(packet, *quoted);
  const Endpoint external = receiver->external;

  Verdict verdict = Forward{};
  if (table_.is_external(packet.destination().address)) {  // and it had been hairpinned
    verdict = Reflect{};
    const Mapping* sender =
        find_sender(packet, quoted->protocol, quoted->source, external, now, verdict);
    if (sender == nullptr) return verdict;
    packet.set_quoted_source(sender->internal);
    packet.set_destination({sender->internal.address, 0});
  }
  packet.set_quoted_destination(external);
  packet.set_source({external.address, 0});
  return verdict;
}

Verdict Nat::translate_error_inbound(Packet& packet, Instant now) {
  if (behavior_.icmp_errors == IcmpErrors::swallowed) return icmp_error_swallowed(packet);
  const auto quoted = packet.quoted();
  if (!quoted) return unreadable_quote(packet);
  Verdict verdict = Forward{};
  const Mapping* sender =
      find_sender(packet, quoted->protocol, quoted->source, quoted->destination, now, verdict);
  if (sender == nullptr) return verdict;
  packet.set_quoted_source(sender->internal);
  packet.set_destination({sender->internal.address, 0});
  return verdict;
}

const Mapping* Nat::find_sender(const Packet& error, Protocol protocol, const Endpoint& external,
                                const Endpoint& receiver, Instant now, Verdict& verdict) {
  Endpoint remote = receiver;
  make_remote_end(protocol, remote);
  Mapping* mapping = table_.is_external(external.address)
                         ? table_.find_external(protocol, external, remote, now)
                         : nullptr;
  if (mapping == nullptr || !mapping->is_live(now) || mapping->is_nobodys())
    return refuse(verdict, why_not(mapping, external, remote, {}, now));
  // Only about what was sent: else anyone could end the connections of others (RFC 5508 section 8).
  const Session* session = mapping->find_session(remote);
  if (!is_live(session, now) || !session->sent)
    return refuse(verdict, not_sent(error, *mapping, remote));
  return mapping;
}

// Fragments: RFC 4787 section 11.

Verdict Nat::translate_fragment(Packet& packet, Direction direction, Instant now) {
  switch (behavior_.fragments) {
    case Fragments::passed:
      return pass_fragment(packet, direction, now);
    case Fragments::reassembled:
      return reassemble(packet, direction, now);
    case Fragments::dropped:
      break;
  }
  return Drop{
      DropReason::blocked,
      fmt::format("a fragment {}: this NAT translates whole packets only", from_to(packet))};
}

/// The first one has the ports; the others go where it went.
Verdict Nat::pass_fragment(Packet& packet, Direction direction, Instant now) {
  const FragmentKey key(packet, direction);
  if (key.is_first()) {
    Verdict verdict = translate_whole(packet, direction, now);
    if (std::holds_alternative<Drop>(verdict)) {
      trails_.forget(key);  // of an older packet with the same identification
    } else {
      trails_.remember(key,
                       {.source = packet.source().address,
                        .destination = packet.destination().address,
                        .turned_back = std::holds_alternative<Reflect>(verdict)},
                       now);
    }
    return verdict;
  }
  const auto trail = trails_.find(key, now);
  if (!trail) {
    return Drop{DropReason::blocked,
                fmt::format("a fragment {}: the first one of its packet has not passed before it",
                            from_to(packet))};
  }
  packet.set_source({trail->source, 0});
  packet.set_destination({trail->destination, 0});
  if (trail->turned_back) return Reflect{};
  return Forward{};
}

Verdict Nat::reassemble(Packet& packet, Direction direction, Instant now) {
  auto result = reassembler_.add(FragmentKey(packet, direction), packet, now);
  if (auto* whole = std::get_if<Packet>(&result)) {
    Verdict verdict = translate_whole(*whole, direction, now);
    if (!std::holds_alternative<Drop>(verdict)) packet = std::move(*whole);
    return verdict;
  }
  if (const auto* why = std::get_if<UnfitFragment>(&result)) {
    return Drop{DropReason::blocked, fmt::format("a fragment {}: {}", from_to(packet), why->why)};
  }
  return Hold{};
}

// Lifetimes.

void Nat::renew_outbound(Mapping& mapping, Session& session, const Packet& packet, bool begins,
                         Instant now) {
  switch (mapping.protocol) {
    case Protocol::udp: {
      const Instant end = now + udp_lifetime(&session, now);
      const bool renews =
          behavior_.refresh == Refresh::outbound || behavior_.refresh == Refresh::both;
      const bool is_new = mapping.expires == Instant{};
      if (renews || begins) session.expires = end;
      if (renews || is_new) mapping.expires = std::max(mapping.expires, end);
      break;
    }
    case Protocol::tcp:
      return renew_tcp(mapping, session, packet, Direction::outbound, now);
    default:
      mapping.set_expiry(session, now + behavior_.icmp_lifetime);
      break;
  }
  table_.note_end(mapping);
}

Duration Nat::udp_lifetime(const Session* session, Instant now) const {
  const bool is_settled = session != nullptr && session->answered &&
                          now - session->begun > NatBehavior::new_conversation;
  return is_settled ? behavior_.mapping_lifetime
                    : behavior_.unanswered_lifetime.value_or(behavior_.mapping_lifetime);
}

void Nat::renew_udp_inbound(Mapping& mapping, const Endpoint& remote, Instant now) const {
  Session* own = behavior_.unanswered_lifetime ? mapping.find_session(remote) : nullptr;
  if (own != nullptr) own->answered = true;
  if (behavior_.refresh != Refresh::inbound && behavior_.refresh != Refresh::both) return;
  const Instant end = now + udp_lifetime(own, now);
  mapping.expires = std::max(mapping.expires, end);
  const bool any_port = behavior_.filtering == Dependence::address_dependent;
  for (Session& session : mapping.sessions) {
    const bool permits = session.remote.address == remote.address &&
                         (any_port || session.remote.port == remote.port);
    if (permits && now < session.expires) session.expires = std::max(session.expires, end);
  }
}

void Nat::renew_tcp(Mapping& mapping, Session& session, const Packet& packet, Direction direction,
                    Instant now) {
  const bool was_closed = session.tcp.is_closed();
  session.tcp.observe(packet.tcp(), direction);
  const bool established = session.tcp.is_established();
  // Before both sides have shown their SYN only the inside renews, and after the end nobody does.
  const bool renews =
      session.tcp.is_closed() ? !was_closed : established || direction == Direction::outbound;
  if (renews) {
    mapping.set_expiry(session, now + (established ? behavior_.tcp_established_lifetime
                                                   : behavior_.tcp_transitory_lifetime));
  }
  table_.note_end(mapping);
}

// Rewriting.

void Nat::rewrite_source(Packet& packet, const Mapping& mapping) const {
  if (behavior_.rewrites_payload)
    replace_in_payload(packet, mapping.internal.address, mapping.external.address);
  packet.set_source(mapping.external);
}

void Nat::rewrite_destination(Packet& packet, const Mapping& mapping) const {
  if (behavior_.rewrites_payload)
    replace_in_payload(packet, mapping.external.address, mapping.internal.address);
  packet.set_destination(mapping.internal);
}

}  // namespace icelab
