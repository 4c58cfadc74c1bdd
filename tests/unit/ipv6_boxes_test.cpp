#include "netns/fabric/clat.h"
#include "netns/fabric/nat64.h"
#include "netns/fabric/nat_box.h"
#include "netns/fabric/nptv6.h"
#include "tests/support/packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace icelab {
namespace {

using testing::HasSubstr;

const Instant start{std::chrono::hours(1)};

/// What became of a packet in a box: the packet as it went on, or why it did not.
struct Outcome {
  std::optional<Packet> packet{};
  bool turned_back = false;
  std::string why{};
  std::optional<Packet> answer{};
};

Outcome pass(Box& box, Packet packet, Direction direction, Instant now = start) {
  const Bytes before(packet.bytes().begin(), packet.bytes().end());
  Verdict verdict = box.pass(packet, direction, now);
  if (auto* drop = std::get_if<Drop>(&verdict)) {
    EXPECT_TRUE(std::ranges::equal(packet.bytes(), before)) << "a dropped packet was changed";
    return {.packet = {}, .why = drop->detail, .answer = std::move(drop->answer)};
  }
  EXPECT_EQ(checksum_faults(packet.bytes()), "");
  return {.packet = packet, .turned_back = std::holds_alternative<Reflect>(verdict)};
}
Outcome out(Box& box, const Packet& packet, Instant now = start) {
  return pass(box, packet, Direction::outbound, now);
}
Outcome in(Box& box, const Packet& packet, Instant now = start) {
  return pass(box, packet, Direction::inbound, now);
}

// NAT66: a Nat whose external address is of IPv6.

const Endpoint inside6 = "[fd00:0:0:1::2]:5000"_endpoint;
const Endpoint server6 = "[2001:db8::10]:3478"_endpoint;
const Endpoint stranger6 = "[2001:db8::11]:3478"_endpoint;

TEST(Nat66, MapsAndFiltersAsANatOfIpv4Does) {
  NatBox nat({.filtering = Dependence::address_and_port_dependent}, {"2001:db8:0:1::1"_address}, 1);
  const auto sent = out(nat, udp_packet(inside6, server6, "hello"));
  EXPECT_EQ(sent.packet->source(), "[2001:db8:0:1::1]:5000"_endpoint);
  EXPECT_EQ(in(nat, udp_packet(server6, sent.packet->source())).packet->destination(), inside6);
  EXPECT_THAT(in(nat, udp_packet(stranger6, sent.packet->source())).why,
              HasSubstr("[2001:db8::11]:3478 may enter [2001:db8:0:1::1]:5000 only after "
                        "[fd00:0:0:1::2]:5000 sent to [2001:db8::11]:3478"));
}

TEST(Nat66, TranslatesErrorsAndPings) {
  NatBox nat({}, {"2001:db8:0:1::1"_address}, 1);
  const auto sent = out(nat, udp_packet(inside6, server6, "hello"));
  const auto error = in(nat, icmp_packet(icmpv6_too_big, "2001:db8:9::1"_address,
                                         sent.packet->source().address, sent.packet->bytes()));
  EXPECT_EQ(error.packet->destination().address, inside6.address);
  EXPECT_EQ(error.packet->quoted()->source, inside6);
  const auto ping =
      out(nat, echo_packet(Echo::request, inside6.address, server6.address, 77, "ping"));
  const auto pong = in(nat, echo_packet(Echo::reply, server6.address, ping.packet->source().address,
                                        ping.packet->source().port));
  EXPECT_EQ(pong.packet->destination(), (Endpoint{inside6.address, 77}));
}

TEST(Nat66, TranslatesFragmentsOfIpv6) {
  const Packet whole = udp_packet(inside6, server6, "a payload of some length");
  const auto parts = ipv6_fragments(whole, 16);
  NatBox passing({.fragments = Fragments::passed}, {"2001:db8:0:1::1"_address}, 1);
  EXPECT_EQ(out(passing, parts[0]).packet->source(), "[2001:db8:0:1::1]:5000"_endpoint);
  EXPECT_EQ(out(passing, parts[1]).packet->source().address, "2001:db8:0:1::1"_address);

  NatBox joining({.fragments = Fragments::reassembled}, {"2001:db8:0:1::1"_address}, 1);
  out(joining, parts[1]);
  const auto joined = out(joining, parts[0]);
  EXPECT_FALSE(joined.packet->is_fragment());
  EXPECT_EQ(joined.packet->source(), "[2001:db8:0:1::1]:5000"_endpoint);
  EXPECT_TRUE(std::ranges::equal(joined.packet->payload(), whole.payload()));
}

TEST(Nat66, LeavesIpv4ToOthers) {
  NatBox nat({}, {"2001:db8:0:1::1"_address}, 1);
  const Packet v4 = udp_packet("10.0.1.2:5000"_endpoint, "203.0.113.10:3478"_endpoint);
  EXPECT_EQ(out(nat, v4).packet->source(), v4.source());
  EXPECT_TRUE(nat.is_transparent_for("10.0.1.2"_address));
  EXPECT_FALSE(nat.is_transparent_for(inside6.address));
}

// NPTv6.

Nptv6 nptv6_of(const char* internal, const char* external) {
  return {*IpPrefix::parse(internal), *IpPrefix::parse(external)};
}

// The example of RFC 6296 section 3.6, as its erratum 3033 has it.
TEST(Nptv6, TranslatesTheExampleOfItsRfc) {
  const auto box = nptv6_of("fd01:203:405::/48", "2001:db8:1::/48");
  EXPECT_EQ(box.to_external("fd01:203:405:1::1234"_address), "2001:db8:1:d550::1234"_address);
  EXPECT_EQ(box.to_internal("2001:db8:1:d550::1234"_address), "fd01:203:405:1::1234"_address);
}

TEST(Nptv6, HasNoCounterpartForWhatItsRfcLeavesOut) {
  const auto site = nptv6_of("fd01:203:405::/48", "2001:db8:1::/48");
  EXPECT_FALSE(site.to_external("fd01:203:405:ffff::1"_address));
  const auto subnet = nptv6_of("fd00:0:0:1::/64", "2001:db8:0:1::/64");
  EXPECT_FALSE(subnet.to_external("fd00:0:0:1::"_address));
  EXPECT_FALSE(subnet.to_external("fd00:0:0:1:ffff:ffff:ffff:ffff"_address));
  EXPECT_TRUE(subnet.to_external("fd00:0:0:1:ffff:ffff:ffff:1"_address));
}

std::uint32_t checksum_share(const IpAddress& address) {
  return internet_checksum(address.bytes()) % 0xffff;
}

RC_GTEST_PROP(Nptv6Property, IsOneToOneAndChecksumNeutral, (std::uint64_t identifier)) {
  const int length = *rc::gen::inRange(1, 65);
  auto inside = *rc::gen::arbitrary<std::array<std::uint8_t, 16>>();
  auto outside = *rc::gen::arbitrary<std::array<std::uint8_t, 16>>();
  inside[0] = 0xfd;
  outside[0] = 0x20;
  for (unsigned i = 0; i < 8; ++i) inside[8 + i] = static_cast<std::uint8_t>(identifier >> (8 * i));
  const IpPrefix internal{IpAddress::v6(inside), length}, external{IpAddress::v6(outside), length};
  const Nptv6 box(internal, external);
  const auto address = IpAddress::v6(inside);
  const auto there = box.to_external(address);
  RC_PRE(there.has_value());
  RC_ASSERT(length < 8 || external.contains(*there));
  RC_ASSERT(checksum_share(*there) == checksum_share(address));
  RC_ASSERT(box.to_internal(*there) == address);
}

TEST(Nptv6, LeavesPortsAndTransportChecksumsAlone) {
  auto box = nptv6_of("fd00:0:0:1::/64", "2001:db8:0:1::/64");
  const Packet packet = udp_packet(inside6, server6, "hello");
  const auto sent = out(box, packet);
  EXPECT_TRUE(box.external_prefixes()[0].contains(sent.packet->source().address));
  EXPECT_EQ(sent.packet->source().port, 5000);
  EXPECT_TRUE(std::ranges::equal(sent.packet->bytes().subspan(40), packet.bytes().subspan(40)));
  // Nobody need have been sent to.
  const auto came = in(box, udp_packet(stranger6, sent.packet->source()));
  EXPECT_EQ(came.packet->destination(), inside6);
}

TEST(Nptv6, TranslatesWhatErrorsQuote) {
  auto box = nptv6_of("fd00:0:0:1::/64", "2001:db8:0:1::/64");
  const auto sent = out(box, udp_packet(inside6, server6, "hello"));
  const auto error = in(box, icmp_packet(icmpv6_too_big, "2001:db8:9::1"_address,
                                         sent.packet->source().address, sent.packet->bytes()));
  EXPECT_EQ(error.packet->quoted()->source, inside6);
  const auto received = in(box, udp_packet(server6, sent.packet->source()));
  const auto refusal = out(box, icmp_packet(icmpv6_unreachable, inside6.address, server6.address,
                                            received.packet->bytes()));
  EXPECT_EQ(refusal.packet->source().address, sent.packet->source().address);
  EXPECT_EQ(refusal.packet->quoted()->destination, sent.packet->source());
}

TEST(Nptv6, TurnsBackWhatIsAimedAtItsOwnPrefix) {
  auto box = nptv6_of("fd00:0:0:1::/64", "2001:db8:0:1::/64");
  const Endpoint neighbour = "[fd00:0:0:1::3]:6000"_endpoint;
  const Endpoint known_as{*box.to_external(neighbour.address), neighbour.port};
  const auto turned = out(box, udp_packet(inside6, known_as));
  EXPECT_TRUE(turned.turned_back);
  EXPECT_EQ(turned.packet->destination(), neighbour);
  EXPECT_EQ(turned.packet->source().address, *box.to_external(inside6.address));
}

// NAT64.

const Endpoint host6 = "[2001:db8:0:1::2]:5000"_endpoint;
const Endpoint server4 = "203.0.113.10:3478"_endpoint;
const Endpoint server4_in6 = "[64:ff9b::203.0.113.10]:3478"_endpoint;
const Endpoint external4 = "203.0.113.21:5000"_endpoint;

Nat64 nat64_of(const NatBehavior& behavior = {}) {
  return {behavior, {external4.address}, well_known_prefix(), 1};
}

TEST(Nat64, LetsAHostOfIpv6SpeakWithOneOfIpv4) {
  auto nat = nat64_of();
  const auto sent = out(nat, udp_packet(host6, server4_in6, "hello"));
  ASSERT_TRUE(sent.packet);
  EXPECT_FALSE(sent.packet->is_ipv6());
  EXPECT_EQ(sent.packet->source(), external4);
  EXPECT_EQ(sent.packet->destination(), server4);
  const auto answer = in(nat, udp_packet(server4, external4, "hi"));
  ASSERT_TRUE(answer.packet);
  EXPECT_EQ(answer.packet->source(), server4_in6);
  EXPECT_EQ(answer.packet->destination(), host6);
}

TEST(Nat64, CarriesTcpAndPings) {
  auto nat = nat64_of();
  const auto syn = out(nat, tcp_packet(host6, server4_in6, {.syn = true}));
  EXPECT_EQ(syn.packet->source(), external4);
  const auto accepted = in(nat, tcp_packet(server4, external4, {.syn = true, .ack = true}));
  EXPECT_EQ(accepted.packet->destination(), host6);
  const auto ping = out(nat, echo_packet(Echo::request, host6.address, server4_in6.address, 77));
  EXPECT_EQ(ping.packet->icmp_type(), 8);
  const auto pong = in(nat, echo_packet(Echo::reply, server4.address, external4.address,
                                        ping.packet->source().port));
  EXPECT_EQ(pong.packet->icmp_type(), 129);
  EXPECT_EQ(pong.packet->destination(), (Endpoint{host6.address, 77}));
}

TEST(Nat64, FiltersAsItsBehaviourSaysAndExplainsItAsHostsInsideSeeIt) {
  auto nat = nat64_of({.filtering = Dependence::address_and_port_dependent});
  out(nat, udp_packet(host6, server4_in6));
  EXPECT_THAT(in(nat, udp_packet("203.0.113.11:9"_endpoint, external4)).why,
              HasSubstr("[64:ff9b::203.0.113.11]:9 may enter [64:ff9b::203.0.113.21]:5000 only "
                        "after [2001:db8:0:1::2]:5000 sent to"));
}

TEST(Nat64, TranslatesErrorsOfBothSides) {
  auto nat = nat64_of();
  const auto sent = out(nat, udp_packet(host6, server4_in6));
  const auto error = in(nat, icmp_packet(icmp_unreachable, "198.51.100.1"_address,
                                         external4.address, sent.packet->bytes()));
  EXPECT_EQ(error.packet->destination().address, host6.address);
  EXPECT_EQ(error.packet->quoted()->source, host6);
  EXPECT_EQ(error.packet->quoted()->destination, server4_in6);
  const auto received = in(nat, udp_packet(server4, external4));
  const auto refusal = out(nat, icmp_packet(icmpv6_unreachable, host6.address, server4_in6.address,
                                            received.packet->bytes()));
  EXPECT_EQ(refusal.packet->destination().address, server4.address);
  EXPECT_EQ(refusal.packet->quoted()->destination, external4);
}

TEST(Nat64, AnswersInTheVersionOfWhoIsRefused) {
  auto nat = nat64_of({.unsolicited_syn = UnsolicitedSyn::reset});
  const auto refused = in(nat, tcp_packet(server4, external4, {.syn = true}));
  ASSERT_TRUE(refused.answer);
  EXPECT_FALSE(refused.answer->is_ipv6());
  EXPECT_EQ(refused.answer->destination(), server4);
  EXPECT_TRUE(refused.answer->tcp().rst);
  EXPECT_EQ(checksum_faults(refused.answer->bytes()), "");
}

TEST(Nat64, HairpinsBetweenItsHostsIfItDoes) {
  auto nat = nat64_of({.hairpinning = Hairpinning::external_source});
  const Endpoint neighbour = "[2001:db8:0:1::3]:6000"_endpoint;
  const Endpoint known_as{"64:ff9b::203.0.113.21"_address, 6000};
  out(nat, udp_packet(neighbour, server4_in6));
  const auto turned = out(nat, udp_packet(host6, known_as));
  EXPECT_TRUE(turned.turned_back);
  EXPECT_EQ(turned.packet->destination(), neighbour);
}

TEST(Nat64, IsAPlainRouterOfIpv6) {
  auto nat = nat64_of();
  EXPECT_EQ(out(nat, udp_packet(host6, server6)).packet->source(), host6);
  EXPECT_EQ(in(nat, udp_packet(server6, host6)).packet->destination(), host6);
  EXPECT_TRUE(nat.is_transparent_for(host6.address));
  const auto v4 = out(nat, udp_packet("10.0.1.2:1"_endpoint, server4));
  EXPECT_EQ(v4.why, "IPv4 from 10.0.1.2:1 to 203.0.113.10:3478: this network is of IPv6 only");
}

// 464XLAT: a CLAT, and a NAT64 behind which it stands.

const Endpoint host4 = "192.0.0.1:5000"_endpoint;

Clat clat() {
  return {{"2001:db8:0:1:464::"_address, 96}, well_known_prefix()};
}

TEST(Clat, KnowsIpv4HostsByAddressesOfItsOwnPrefix) {
  auto box = clat();
  const auto sent = out(box, udp_packet(host4, server4, "hello"));
  EXPECT_EQ(sent.packet->source(), "[2001:db8:0:1:464::c000:1]:5000"_endpoint);
  EXPECT_EQ(sent.packet->destination(), server4_in6);
  const auto answer = in(box, udp_packet(sent.packet->destination(), sent.packet->source()));
  EXPECT_EQ(answer.packet->source(), server4);
  EXPECT_EQ(answer.packet->destination(), host4);
}

TEST(Clat, LeavesIpv6Alone) {
  auto box = clat();
  EXPECT_EQ(out(box, udp_packet(host6, server6)).packet->source(), host6);
  EXPECT_EQ(in(box, udp_packet(server6, host6)).packet->destination(), host6);
  EXPECT_TRUE(box.is_transparent_for(host6.address));
  EXPECT_FALSE(box.is_transparent_for(host4.address));
}

TEST(Clat, WithANat64BringsIpv4ThroughANetworkThatHasNone) {
  auto customer = clat();
  auto provider = nat64_of();
  const auto half_way = out(customer, udp_packet(host4, server4, "hello"));
  const auto sent = out(provider, *half_way.packet);
  EXPECT_EQ(sent.packet->source(), external4);
  EXPECT_EQ(sent.packet->destination(), server4);
  const auto returning = in(provider, udp_packet(server4, external4, "hi"));
  const auto answer = in(customer, *returning.packet);
  EXPECT_EQ(answer.packet->source(), server4);
  EXPECT_EQ(answer.packet->destination(), host4);
}

TEST(Clat, TellsItsHostsOfPacketsTooBig) {
  auto box = clat();
  const auto sent = out(box, udp_packet(host4, server4, "hello"));
  const auto told = in(box, icmp_packet(icmpv6_too_big, "2001:db8:9::1"_address,
                                        sent.packet->source().address, sent.packet->bytes()));
  ASSERT_TRUE(told.packet);
  EXPECT_EQ(told.packet->icmp_type(), icmp_unreachable);
  EXPECT_EQ(told.packet->quoted()->source, host4);
}

}  // namespace
}  // namespace icelab
