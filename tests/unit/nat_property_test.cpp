#include "netns/fabric/nat.h"
#include "tests/support/nat_judge.h"
#include "tests/support/packets.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace icelab {
namespace {

using namespace std::chrono_literals;

const IpAddress external = "203.0.113.21"_address;

// Few hosts and few ports, so that clashes, repetitions and strangers are common.
Endpoint inside() {
  return {IpAddress::v4(0x0a000202 + *rc::gen::inRange<std::uint32_t>(0, 2)),
          *rc::gen::inRange<std::uint16_t>(5000, 5002)};
}
Endpoint outside() {
  return {IpAddress::v4(0xcb00710a + *rc::gen::inRange<std::uint32_t>(0, 2)),
          *rc::gen::inRange<std::uint16_t>(3478, 3480)};
}
NatBehavior any_behavior() {
  const auto any = rc::gen::element(Dependence::endpoint_independent, Dependence::address_dependent,
                                    Dependence::address_and_port_dependent);
  const auto maybe = [&] {
    return *rc::gen::arbitrary<bool>() ? std::optional(*any) : std::nullopt;
  };
  const auto assignment = *rc::gen::element(PortAssignment::preserve, PortAssignment::sequential,
                                            PortAssignment::random);
  const bool in_blocks = assignment != PortAssignment::preserve && *rc::gen::arbitrary<bool>();
  return {.mapping = *any,
          .filtering = *any,
          .tcp_mapping = maybe(),
          .tcp_filtering = maybe(),
          .port_assignment = assignment,
          .on_clash = *rc::gen::element(PortClash::random, PortClash::next),
          .port_parity = *rc::gen::arbitrary<bool>(),
          .port_block = in_blocks ? std::optional(16) : std::nullopt,
          .mapping_lifetime = std::chrono::seconds(*rc::gen::element(2, 61, 150))};
}

enum class Kind { udp, tcp_syn, echo };
Packet make(Kind kind, Direction direction, const Endpoint& from, const Endpoint& to) {
  switch (kind) {
    case Kind::udp:
      return udp_packet(from, to, "odd");
    case Kind::tcp_syn:
      return tcp_packet(from, to, {.syn = true}, "even");
    case Kind::echo:
      break;
  }
  const bool outbound = direction == Direction::outbound;
  return echo_packet(outbound ? Echo::request : Echo::reply, from.address, to.address,
                     outbound ? from.port : to.port, "odd");
}

/// All that the oracle knows of what happened: who sent what to whom, through which door, and when.
struct Sent {
  Kind kind;
  Endpoint internal;
  Endpoint remote;
  std::uint16_t door;
  Instant at;
};

/// RFC 4787 sections 4.1 and 5 in closed form, over the history rather than over tables. A door is
/// open for as long as its last use by its holder is not too long ago, so only doors' last uses
/// matter.
class Oracle {
 public:
  explicit Oracle(const NatBehavior& behavior) : behavior_(behavior) {}
  void record(const Sent& sent) { history_.push_back(sent); }

  /// May this sender's packet enter by this door?
  [[nodiscard]] bool may_enter(Kind kind, const Endpoint& sender, std::uint16_t door,
                               Instant now) const {
    return std::ranges::any_of(history_, [&](const Sent& sent) {
      return sent.kind == kind && sent.door == door && is_recent(sent, now) &&
             is_same(filtering(kind), sent.remote, sender, kind);
    });
  }

  /// The door that this packet has to leave by, if there is one for it already.
  [[nodiscard]] std::optional<std::uint16_t> door_for(Kind kind, const Endpoint& internal,
                                                      const Endpoint& remote, Instant now) const {
    for (const Sent& sent : history_) {
      if (sent.kind == kind && sent.internal == internal && is_recent(sent, now) &&
          is_same(mapping(kind), sent.remote, remote, kind))
        return sent.door;
    }
    return std::nullopt;
  }

  /// Is somebody else's door, or one towards somebody else, open under this number?
  [[nodiscard]] bool is_taken(Kind kind, std::uint16_t door, Instant now) const {
    return std::ranges::any_of(history_, [&](const Sent& sent) {
      return sent.kind == kind && sent.door == door && is_recent(sent, now);
    });
  }

 private:
  [[nodiscard]] Dependence mapping(Kind kind) const {
    return kind == Kind::tcp_syn ? behavior_.tcp_mapping.value_or(behavior_.mapping)
                                 : behavior_.mapping;
  }
  [[nodiscard]] Dependence filtering(Kind kind) const {
    return kind == Kind::tcp_syn ? behavior_.tcp_filtering.value_or(behavior_.filtering)
                                 : behavior_.filtering;
  }
  [[nodiscard]] bool is_recent(const Sent& sent, Instant now) const {
    if (sent.kind == Kind::udp) return now < sent.at + behavior_.mapping_lifetime;
    if (sent.kind == Kind::echo) return now < sent.at + 1min;
    return now < sent.at + 124min;  // every SYN here is answered by one: a simultaneous open
  }
  [[nodiscard]] static bool is_same(Dependence dependence, const Endpoint& one,
                                    const Endpoint& other, Kind kind) {
    if (dependence == Dependence::endpoint_independent) return true;
    if (one.address != other.address) return false;
    return dependence == Dependence::address_dependent || kind == Kind::echo ||
           one.port == other.port;
  }

  NatBehavior behavior_;
  std::vector<Sent> history_;
};

RC_GTEST_PROP(NatProperty, LetsInExactlyWhomTheRfcLetsInAndReturnsEveryReply, ()) {
  const NatBehavior behavior = any_behavior();
  Nat nat(behavior, {external}, *rc::gen::arbitrary<std::uint64_t>());
  Oracle oracle(behavior);
  Instant now{1h};
  std::vector<std::uint16_t> doors{5000};

  const int steps = *rc::gen::inRange(1, 70);  // fewer than 124 minutes, whatever the pauses
  for (int step = 0; step < steps; ++step) {
    now += std::chrono::milliseconds(*rc::gen::element(0, 0, 1, 1000, 59999, 60000, 100000));
    const auto kind = *rc::gen::element(Kind::udp, Kind::udp, Kind::tcp_syn, Kind::echo);
    if (*rc::gen::arbitrary<bool>()) {
      const Endpoint from = inside();
      const Endpoint to = outside();
      Packet packet = make(kind, Direction::outbound, from, to);
      RC_ASSERT(std::holds_alternative<Forward>(nat.translate(packet, Direction::outbound, now)));
      RC_ASSERT(checksum_faults(packet.bytes()) == "");
      RC_ASSERT(packet.source().address == external);
      RC_ASSERT(packet.destination().address == to.address);
      const std::uint16_t door = packet.source().port;
      const auto expected = oracle.door_for(kind, from, to, now);
      RC_ASSERT((expected ? door == *expected : !oracle.is_taken(kind, door, now)));
      oracle.record({kind, from, to, door, now});
      doors.push_back(door);

      Packet reply = make(kind, Direction::inbound, to, packet.source());
      RC_ASSERT(std::holds_alternative<Forward>(nat.translate(reply, Direction::inbound, now)));
      RC_ASSERT(reply.destination() == from);
      RC_ASSERT(reply.source().address == to.address);
      RC_ASSERT(checksum_faults(reply.bytes()) == "");
    } else {
      const Endpoint from = outside();
      const std::uint16_t door = *rc::gen::elementOf(doors);
      Packet packet = make(kind, Direction::inbound, from, {external, door});
      const auto verdict = nat.translate(packet, Direction::inbound, now);
      RC_ASSERT(std::holds_alternative<Forward>(verdict) ==
                oracle.may_enter(kind, from, door, now));
      RC_ASSERT(checksum_faults(packet.bytes()) == "");
    }
  }
}

RC_GTEST_PROP(NatProperty, LendsNoExternalEndpointTwiceWhateverTheFlagsOfTcp, ()) {
  const NatBehavior behavior = any_behavior();
  Nat nat(behavior, {external}, *rc::gen::arbitrary<std::uint64_t>());
  Instant now{1h};
  std::set<std::pair<Endpoint, Endpoint>> sent_to;  // by whom, to whom, ever
  std::vector<std::uint16_t> doors{5000};

  const int steps = *rc::gen::inRange(1, 80);
  for (int step = 0; step < steps; ++step) {
    now += *rc::gen::element<Duration>(0s, 1s, 4min, 124min);
    const TcpFlags flags{.syn = *rc::gen::arbitrary<bool>(),
                         .ack = *rc::gen::arbitrary<bool>(),
                         .fin = *rc::gen::arbitrary<bool>(),
                         .rst = *rc::gen::arbitrary<bool>()};
    const Endpoint remote = outside();
    if (*rc::gen::arbitrary<bool>()) {
      const Endpoint from = inside();
      Packet packet = tcp_packet(from, remote, flags);
      if (std::holds_alternative<Forward>(nat.translate(packet, Direction::outbound, now))) {
        sent_to.emplace(from, remote);
        doors.push_back(packet.source().port);
      }
      RC_ASSERT(checksum_faults(packet.bytes()) == "");
    } else {
      Packet packet = tcp_packet(remote, {external, *rc::gen::elementOf(doors)}, flags);
      const auto verdict = nat.translate(packet, Direction::inbound, now);
      RC_ASSERT(checksum_faults(packet.bytes()) == "");
      const bool strict = behavior.tcp_filtering.value_or(behavior.filtering) ==
                          Dependence::address_and_port_dependent;
      if (strict && std::holds_alternative<Forward>(verdict))
        RC_ASSERT(sent_to.contains({packet.destination(), remote}));
    }

    std::set<std::pair<Protocol, std::uint16_t>> lent;
    for (const Mapping& mapping : nat.mappings(now))
      RC_ASSERT(lent.emplace(mapping.protocol, mapping.external.port).second);
  }
}

RC_GTEST_PROP(NatProperty, BringsEveryErrorBackToWhomItConcerns, ()) {
  Nat nat(any_behavior(), {external}, *rc::gen::arbitrary<std::uint64_t>());
  const Instant now{1h};
  const int flows = *rc::gen::inRange(1, 20);
  for (int flow = 0; flow < flows; ++flow) {
    const auto kind = *rc::gen::element(Kind::udp, Kind::tcp_syn, Kind::echo);
    const Endpoint from = inside();
    const Endpoint to = outside();
    Packet packet = make(kind, Direction::outbound, from, to);
    const Bytes original(packet.bytes().begin(), packet.bytes().end());
    RC_ASSERT(std::holds_alternative<Forward>(nat.translate(packet, Direction::outbound, now)));

    const auto shown = *rc::gen::inRange<std::size_t>(28, original.size() + 1);
    Packet error =
        icmp_packet(icmp_unreachable, "198.51.100.1"_address, external, packet.bytes(), shown);
    RC_ASSERT(std::holds_alternative<Forward>(nat.translate(error, Direction::inbound, now)));
    RC_ASSERT(error.destination().address == from.address);
    RC_ASSERT(checksum_faults(error.bytes()) == "");
    // The host finds its own packet quoted, byte for byte; but half a TCP checksum cannot be
    // restored.
    constexpr std::size_t half_checksum = 37;
    const std::size_t compared =
        kind == Kind::tcp_syn && shown == half_checksum ? shown - 1 : shown;
    RC_ASSERT(error.payload().size() == shown);
    RC_ASSERT(
        std::ranges::equal(error.payload().first(compared), std::span(original).first(compared)));
  }
}

RC_GTEST_PROP(NatProperty, HoldsWhateverTheBehaviour, ()) {
  const Choose choose = [](std::uint32_t end) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint32_t>(0, end));
  };
  for (int behavior = 0; behavior < 20; ++behavior) {
    NatJudge judge(choose_behavior(choose), *rc::gen::arbitrary<bool>(),
                   *rc::gen::arbitrary<std::uint64_t>());
    const int steps = *rc::gen::inRange(1, 150);
    for (int step = 0; step < steps; ++step) judge.step(choose);
  }
}

RC_GTEST_PROP(NatProperty, RenewsByWhatItSaysAndByNothingElse, ()) {
  const Endpoint internal = inside(), remote = outside();
  const auto refresh =
      *rc::gen::element(Refresh::outbound, Refresh::inbound, Refresh::both, Refresh::none);
  const bool by_outbound = refresh == Refresh::outbound || refresh == Refresh::both;
  const bool by_inbound = refresh == Refresh::inbound || refresh == Refresh::both;
  const NatBehavior behavior{.filtering = Dependence::address_and_port_dependent,
                             .mapping_lifetime = 60s,
                             .refresh = refresh};
  Nat nat(behavior, {external}, 1);
  Instant now{1h};
  Instant end = now;
  const int steps = *rc::gen::inRange(1, 100);
  for (int step = 0; step < steps; ++step) {
    now += *rc::gen::element<Duration>(0s, 1s, 20s, 59s, 60s);
    if (*rc::gen::arbitrary<bool>()) {
      Packet packet = udp_packet(internal, remote);
      RC_ASSERT(std::holds_alternative<Forward>(nat.translate(packet, Direction::outbound, now)));
      RC_ASSERT(packet.source().port == internal.port);
      if (by_outbound || now >= end) end = now + 60s;
    } else {
      Packet packet = udp_packet(remote, {external, internal.port});
      const auto verdict = nat.translate(packet, Direction::inbound, now);
      RC_ASSERT(std::holds_alternative<Forward>(verdict) == (now < end));
      if (by_inbound && now < end) end = now + 60s;
    }
  }
}

/// Linux's rule, over the history of one conversation.
RC_GTEST_PROP(NatProperty, BelievesAConversationThatBothSidesHaveKeptUpForTwoSeconds, ()) {
  const Endpoint internal = inside(), remote = outside();
  Nat nat({.filtering = Dependence::address_and_port_dependent,
           .mapping_lifetime = 120s,
           .unanswered_lifetime = 30s,
           .refresh = Refresh::both},
          {external}, 1);
  Instant now{1h}, begun, end;
  bool answered = false;
  const int steps = *rc::gen::inRange(1, 100);
  for (int step = 0; step < steps; ++step) {
    now += *rc::gen::element<Duration>(0s, 1s, 2s, 29s, 30s, 119s, 120s);
    const bool is_over = now >= end;
    if (*rc::gen::arbitrary<bool>()) {
      Packet packet = udp_packet(internal, remote);
      RC_ASSERT(std::holds_alternative<Forward>(nat.translate(packet, Direction::outbound, now)));
      if (is_over) {
        begun = now;
        answered = false;
      }
    } else {
      Packet packet = udp_packet(remote, {external, internal.port});
      const auto verdict = nat.translate(packet, Direction::inbound, now);
      RC_ASSERT(std::holds_alternative<Forward>(verdict) == !is_over);
      if (is_over) continue;
      answered = true;
    }
    end = std::max(end, now + (answered && now - begun > 2s ? 120s : 30s));
  }
}

}  // namespace
}  // namespace icelab
