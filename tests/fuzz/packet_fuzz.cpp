// Any bytes: parsed, read and rewritten in every way, and translated by every NAT of RFC 3489 and
// some others in both directions.

#include "netns/fabric/clat.h"
#include "netns/fabric/nat64.h"
#include "netns/fabric/nptv6.h"
#include "src/base/hash.h"
#include "src/base/random.h"
#include "tests/support/nat_judge.h"
#include "tests/support/packets.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

namespace {

using namespace icelab;

struct Ends {
  Endpoint inside, outside, external;
};
const Ends ipv4{"10.0.2.2:5000"_endpoint, "203.0.113.10:3478"_endpoint,
                "203.0.113.21:5000"_endpoint};
const Ends ipv6{"[fd00:0:0:2::2]:5000"_endpoint, "[2001:db8::10]:3478"_endpoint,
                "[2001:db8:0:2::1]:5000"_endpoint};

const Ends& ends_of(const Packet& packet) {
  return packet.is_ipv6() ? ipv6 : ipv4;
}

void must(bool held) {
  if (!held) std::abort();
}

/// A packet that was well-formed stays so, and keeps its length.
void must_still_parse(const Packet& packet) {
  must(Packet::parse({packet.bytes().begin(), packet.bytes().end()}).has_value());
}

void read_and_rewrite(Packet packet) {
  const auto& [inside, outside, external] = ends_of(packet);
  must(packet.payload().size() < packet.bytes().size());
  if (packet.protocol() == Protocol::tcp && packet.has_ports()) (void)packet.tcp();
  const auto quoted = packet.quoted();
  must(!quoted || packet.is_icmp_error());
  packet.set_quoted_source(inside);
  packet.set_quoted_destination(outside);
  must(packet.quoted().has_value() == quoted.has_value());
  packet.set_source(inside);
  packet.set_destination(external);
  must(packet.source().address == inside.address &&
       packet.destination().address == external.address);
  packet.decrement_ttl();
  must_still_parse(packet);
}

/// The behaviour is a matter of the packet, so that an input always means the same.
void translate(const Packet& packet, const NatBehavior& behavior) {
  const auto& [inside, outside, external] = ends_of(packet);
  const Instant now{std::chrono::hours(1)};
  const std::vector<IpAddress> externals(1, external.address);
  Nat nat(behavior, externals, 1);
  // Something to be found by what comes in: a datagram, a connection and a ping.
  Packet datagram = udp_packet(inside, outside);
  Packet syn = tcp_packet(inside, outside, {.syn = true});
  Packet ping = echo_packet(Echo::request, inside.address, outside.address, inside.port);
  for (Packet* sent : {&datagram, &syn, &ping}) nat.translate(*sent, Direction::outbound, now);
  for (const auto direction : {Direction::inbound, Direction::outbound}) {
    Packet copy = packet;
    const Verdict verdict = nat.translate(copy, direction, now);
    must_still_parse(copy);
    if (const auto* drop = std::get_if<Drop>(&verdict)) {
      must(!drop->detail.empty());
    } else if (std::holds_alternative<Reflect>(verdict)) {
      must(behavior.hairpinning != Hairpinning::none &&
           copy.destination().address != external.address);
    } else if (std::holds_alternative<Forward>(verdict)) {
      must(direction == Direction::inbound ? copy.destination().address == inside.address
                                           : copy.source().address == external.address);
    }
  }
}

/// What translates from one version to the other, or one prefix to another: a packet that stays is
/// as it was, and what goes on is well-formed and has right checksums if it had.
void pass(Box& box, const Packet& packet) {
  const bool was_right = packet.is_intact();
  for (const auto direction : {Direction::inbound, Direction::outbound}) {
    Packet copy = packet;
    const Verdict verdict = box.pass(copy, direction, Instant{std::chrono::hours(1)});
    must_still_parse(copy);
    if (std::holds_alternative<Drop>(verdict) || std::holds_alternative<Hold>(verdict)) {
      must(std::ranges::equal(copy.bytes(), packet.bytes()));
    } else {
      must(copy.is_intact() == was_right || copy.is_fragment() || packet.is_fragment() ||
           copy.protocol() == Protocol::other || packet.protocol() == Protocol::other);
    }
  }
}

void pass_boxes(const Packet& packet) {
  Nptv6 nptv6(*IpPrefix::parse("fd00:0:0:2::/64"), *IpPrefix::parse("2001:db8:0:2::/64"));
  Nptv6 site(*IpPrefix::parse("fd00::/48"), *IpPrefix::parse("2001:db8::/48"));
  Nat64 nat64({.fragments = Fragments::passed}, {ipv4.external.address}, well_known_prefix(), 1);
  Clat clat(*IpPrefix::parse("2001:db8:0:2:464::/96"), well_known_prefix());
  Packet datagram =
      udp_packet(ipv6.inside, {embed(well_known_prefix(), ipv4.outside.address), 3478});
  (void)nat64.pass(datagram, Direction::outbound, Instant{std::chrono::hours(1)});
  for (Box* box : std::initializer_list<Box*>{&nptv6, &site, &nat64, &clat}) pass(*box, packet);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  const auto packet = Packet::parse({bytes.begin(), bytes.end()});
  if (!packet) return 0;
  read_and_rewrite(*packet);
  pass_boxes(*packet);
  for (const auto dependence : {Dependence::endpoint_independent, Dependence::address_dependent,
                                Dependence::address_and_port_dependent})
    translate(*packet, {.mapping = dependence, .filtering = dependence});
  Random random(fnv1a({reinterpret_cast<const char*>(data), size}));
  const Choose choose = [&](std::uint32_t end) {
    return static_cast<std::uint32_t>(random.below(end));
  };
  for (int i = 0; i < 3; ++i) translate(*packet, choose_behavior(choose));
  return 0;
}
