// What renews a mapping, what an early packet does, hairpinning, and the options of TCP and ICMP.

#include "tests/unit/nat_world.h"

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::Optional;

const IpAddress router = "198.51.100.1"_address;

Packet unreachable(const IpAddress& from, const IpAddress& to, const Packet& about) {
  return icmp_packet(icmp_unreachable, from, to, about.bytes());
}

// Refresh: RFC 4787 section 4.3, REQ-6.

struct RefreshCase {
  Refresh refresh;
  bool outbound, inbound;
};

class EveryRefresh : public testing::TestWithParam<RefreshCase> {
 protected:
  NatWorld world{
      {.filtering = by_address_and_port, .mapping_lifetime = 2min, .refresh = GetParam().refresh}};
};

INSTANTIATE_TEST_SUITE_P(Of, EveryRefresh,
                         testing::Values(RefreshCase{Refresh::outbound, true, false},
                                         RefreshCase{Refresh::inbound, false, true},
                                         RefreshCase{Refresh::both, true, true},
                                         RefreshCase{Refresh::none, false, false}),
                         [](const auto& tested) {
                           return "Refresh_" + std::string(to_string(tested.param.refresh));
                         });

TEST_P(EveryRefresh, RenewsByWhatIsSent) {
  const auto mapped = world.sends(x, y1);
  world.wait(90s);
  EXPECT_EQ(world.sends(x, y1), mapped);
  world.wait(90s);
  EXPECT_EQ(world.arrives(y1, *mapped).has_value(), GetParam().outbound);
}

TEST_P(EveryRefresh, RenewsByWhatIsReceived) {
  const auto mapped = world.sends(x, y1);
  world.wait(90s);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  world.wait(90s);
  EXPECT_EQ(world.arrives(y1, *mapped).has_value(), GetParam().inbound);
}

TEST_P(EveryRefresh, EndsALifetimeAfterTheLastThatRenews) {
  const auto mapped = world.sends(x, y1);
  world.wait(2min - 1ns);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  world.wait(2min);
  EXPECT_FALSE(world.arrives(y1, *mapped));
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
}

TEST_P(EveryRefresh, IsNotToldByWhatWasFiltered) {
  const auto mapped = world.sends(x, y1);
  world.wait(90s);
  EXPECT_FALSE(world.arrives(y2, *mapped));
  world.wait(30s);
  EXPECT_EQ(world.live(), 0U);
}

TEST(NatRefresh, OfNothingEndsAMappingHoweverManyItServes) {
  NatWorld world({.mapping_lifetime = 2min, .refresh = Refresh::none});
  const auto mapped = world.sends(x, y1);
  world.wait(90s);
  EXPECT_EQ(world.sends(x, y2), mapped) << "a new permission, not a new lifetime";
  EXPECT_TRUE(world.arrives(y2, *mapped));
  world.wait(30s);
  EXPECT_FALSE(world.arrives(y2, *mapped));
  EXPECT_TRUE(world.sends(x, y2));
  EXPECT_EQ(world.live(), 1U) << "a mapping anew";
}

TEST(NatRefresh, ByInboundPacketsRenewsThePermissionByWhichTheyCame) {
  NatWorld world({.filtering = by_address, .mapping_lifetime = 2min, .refresh = Refresh::inbound});
  const auto mapped = world.sends(x, y1);
  world.sends(x, y2);
  world.wait(90s);
  EXPECT_TRUE(world.arrives(y1_other_port, *mapped));
  world.wait(90s);
  EXPECT_TRUE(world.arrives(y1, *mapped)) << "the address was renewed";
  EXPECT_FALSE(world.arrives(y2, *mapped));
  EXPECT_EQ(world.drop().reason, DropReason::filtered) << "the other one was not";
}

TEST(NatRefresh, LeavesTcpAndPingsAlone) {
  NatWorld world({.refresh = Refresh::none, .icmp_lifetime = 30s});
  const auto mapped = world.connects(x, y1);
  world.wait(2h);
  EXPECT_TRUE(world.sends_tcp(x, y1, ack));
  world.wait(2h);
  EXPECT_TRUE(world.arrives_tcp(y1, mapped, ack));
  const auto ping = [&] {
    return world.outbound(echo_packet(Echo::request, x.address, y1.address, 7)).endpoint;
  };
  ping();
  world.wait(20s);
  ping();
  world.wait(20s);
  EXPECT_TRUE(world.inbound(echo_packet(Echo::reply, y1.address, external, 7)).endpoint);
}

// Early packets.

TEST(NatEarlyPacket, DoesNothingWhereIgnored) {
  NatWorld world({.filtering = by_address_and_port});
  EXPECT_FALSE(world.arrives(y1, {external, 5000}));
  EXPECT_THAT(world.sends(x, y1), Optional(Endpoint{external, 5000}));
  EXPECT_TRUE(world.arrives(y1, {external, 5000}));
}

TEST(NatEarlyPacket, TakesThePortAwayThatItCameTo) {
  NatWorld world({.mapping_lifetime = 2min, .early_packet = EarlyPacket::steals_port});
  EXPECT_FALSE(world.arrives(y1, {external, 5000}));
  EXPECT_EQ(world.live(), 0U) << "nobody's mapping is none";
  EXPECT_FALSE(world.arrives(y1, {external, 5000}));
  EXPECT_THAT(world.drop(), dropped(DropReason::no_mapping, "taken by early packets"));
  const auto mapped = world.sends(x, y1);
  EXPECT_NE(mapped->port, 5000);
  EXPECT_THAT(world.arrives(y1, *mapped), Optional(x));
  EXPECT_FALSE(world.arrives(y1, {external, 5000}));
}

TEST(NatEarlyPacket, GivesThePortBackAfterALifetime) {
  NatWorld world({.mapping_lifetime = 2min, .early_packet = EarlyPacket::steals_port});
  world.arrives(y1, {external, 5000});
  world.wait(1min);
  world.arrives(y1, {external, 5000});
  world.wait(2min - 1ns);
  EXPECT_NE(world.sends(x, y1)->port, 5000);
  world.wait(1ns);
  EXPECT_EQ(world.sends(another_x, y1)->port, 5000);
}

TEST(NatEarlyPacket, TakesNoPortAwayFromWhoHasIt) {
  NatWorld world({.filtering = by_address_and_port, .early_packet = EarlyPacket::steals_port});
  world.sends(x, y1);
  EXPECT_FALSE(world.arrives(y2, {external, 5000}));
  EXPECT_THAT(world.sends(x, y2), Optional(Endpoint{external, 5000}));
  EXPECT_THAT(world.arrives(y2, {external, 5000}), Optional(x));
}

// Linux's masquerading: the connection to the router itself stands in the way of one to its source.
TEST(NatEarlyPacket, TakesASharedPortAwayTowardsItsSourceOnly) {
  NatWorld world({.filtering = by_address_and_port,
                  .port_overloading = true,
                  .refresh = Refresh::both,
                  .early_packet = EarlyPacket::steals_port});
  EXPECT_EQ(world.sends(x, y1)->port, 5000);
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(world.arrives(y2, {external, 5000}));
    EXPECT_EQ(world.drop().reason, DropReason::filtered) << "by the mapping of the port";
  }
  const auto towards_y2 = world.sends(x, y2);
  EXPECT_NE(towards_y2->port, 5000);
  EXPECT_THAT(world.arrives(y2, *towards_y2), Optional(x));
  EXPECT_EQ(world.sends(x, y1)->port, 5000);
  EXPECT_EQ(world.sends(x, y1_other_port)->port, 5000);
}

TEST(NatEarlyPacket, ShutsItsSourceOutForALifetime) {
  NatWorld world({.filtering = by_address_and_port,
                  .mapping_lifetime = 2min,
                  .early_packet = EarlyPacket::blocks_source});
  EXPECT_FALSE(world.arrives(y1, {external, 5000}));
  EXPECT_THAT(world.sends(x, y1), Optional(Endpoint{external, 5000}));
  world.sends(x, y1_other_port);
  world.sends({x.address, 5001}, y1);
  world.wait(2min - 1ns);
  world.sends(x, y1);
  EXPECT_FALSE(world.arrives(y1, {external, 5000}));
  EXPECT_THAT(world.drop(), dropped(DropReason::filtered,
                                    "203.0.113.10:3478 came to "
                                    "203.0.113.21:5000 before anybody"));
  EXPECT_TRUE(world.arrives(y1_other_port, {external, 5000})) << "another source is not blocked";
  EXPECT_TRUE(world.arrives(y1, {external, 5001})) << "nor is it elsewhere";
  world.wait(1ns);
  EXPECT_TRUE(world.arrives(y1, {external, 5000})) << "the attempt in between has not prolonged it";
}

TEST(NatEarlyPacket, MattersThoughItCameThroughAMappingsFilter) {
  NatWorld world({.filtering = by_address_and_port, .early_packet = EarlyPacket::blocks_source});
  world.sends(x, y1);
  EXPECT_FALSE(world.arrives(y2, {external, 5000}));
  world.sends(x, y2);
  EXPECT_FALSE(world.arrives(y2, {external, 5000}));
  EXPECT_TRUE(world.arrives(y1, {external, 5000}));
}

TEST(NatEarlyPacket, IsAMatterOfUdp) {
  for (const auto early : {EarlyPacket::steals_port, EarlyPacket::blocks_source}) {
    NatWorld world({.filtering = by_address_and_port, .early_packet = early});
    world.arrives_tcp(y1, {external, 5000}, syn);
    EXPECT_EQ(world.connects(x, y1).port, 5000);
  }
}

// Hairpinning: RFC 4787 section 6, REQ-9.

TEST(NatHairpin, ShowsTheExternalSource) {
  NatWorld world({.hairpinning = Hairpinning::external_source});
  const Endpoint other{another_x.address, 6000};
  const auto mapped = world.sends(other, y1);
  const auto arrived = world.hairpins(x, *mapped);
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->source(), (Endpoint{external, 5000}));
  EXPECT_EQ(arrived->destination(), other);
  const auto answer = world.hairpins(other, arrived->source());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->source(), *mapped);
  EXPECT_EQ(answer->destination(), x);
}

TEST(NatHairpin, ShowsTheInternalSourceWhereThatIsItsWay) {
  NatWorld world({.hairpinning = Hairpinning::internal_source});
  const auto x2 = world.sends(another_x, y1);
  const auto arrived = world.hairpins(x, *x2);
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->source(), x);
  EXPECT_EQ(arrived->destination(), another_x);
  EXPECT_EQ(world.live(), 2U) << "the sender has a mapping all the same";
}

TEST(NatHairpin, IsFilteredLikeWhatComesFromOutside) {
  for (const auto way : {Hairpinning::external_source, Hairpinning::internal_source}) {
    NatWorld world({.filtering = by_address_and_port, .hairpinning = way});
    const auto x1 = world.sends(x, y1);
    const auto x2 = world.sends(another_x, y1);
    EXPECT_FALSE(world.hairpins(x, *x2));
    EXPECT_THAT(world.drop(),
                dropped(DropReason::filtered, "10.0.2.3:5000 sent to 203.0.113.21:5000"));
    EXPECT_TRUE(world.hairpins(another_x, *x1)) << "which that attempt has opened";
    EXPECT_TRUE(world.hairpins(x, *x2));
  }
}

TEST(NatHairpin, ReachesNobodyWhereNobodyIsMapped) {
  NatWorld world({.hairpinning = Hairpinning::external_source});
  EXPECT_FALSE(world.hairpins(x, {external, 7777}));
  EXPECT_THAT(world.drop(), dropped(DropReason::no_mapping, "203.0.113.21:7777 is not mapped"));
}

TEST(NatHairpin, ReachesOneself) {
  NatWorld world({.hairpinning = Hairpinning::external_source});
  const auto mapped = world.sends(x, y1);
  const auto arrived = world.hairpins(x, *mapped);
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->source(), *mapped);
  EXPECT_EQ(arrived->destination(), x);
}

TEST(NatHairpin, CrossesThePoolOfAddresses) {
  NatWorld world({.external_addresses = 4, .hairpinning = Hairpinning::external_source});
  for (std::uint32_t i = 0; i < 20; ++i) {
    const Endpoint other{IpAddress::v4(0x0a000210 + i), 5000};
    const auto mapped = world.sends(other, y1);
    const auto arrived = world.hairpins(x, *mapped);
    ASSERT_TRUE(arrived);
    EXPECT_EQ(arrived->destination(), other);
  }
}

TEST(NatHairpin, OpensTcpConnections) {  // RFC 5382 REQ-8
  NatWorld world({.hairpinning = Hairpinning::external_source});
  const auto x2 = world.sends_tcp(another_x, y1, syn);
  const auto request = world.hairpins(tcp_packet(x, *x2, syn));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->destination(), another_x);
  const auto answer = world.hairpins(tcp_packet(another_x, request->source(), syn_ack));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->source(), *x2);
  EXPECT_EQ(answer->destination(), x);
  EXPECT_TRUE(world.hairpins(tcp_packet(x, *x2, ack)));
  world.wait(2h);
  EXPECT_TRUE(world.hairpins(tcp_packet(x, *x2, ack))) << "established";
}

TEST(NatHairpin, BringsAnErrorBackToItsSender) {  // RFC 5508 REQ-5
  NatWorld world({.filtering = independent, .hairpinning = Hairpinning::external_source});
  const auto x2 = world.sends(another_x, y1);
  const auto arrived = world.hairpins(x, *x2);
  const auto error = world.hairpins(unreachable(another_x.address, external, *arrived));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->source().address, external);
  EXPECT_EQ(error->destination().address, x.address);
  EXPECT_EQ(error->quoted()->source, x);
  EXPECT_EQ(error->quoted()->destination, *x2);
}

TEST(NatHairpin, BringsNoErrorAboutWhatWasNotSent) {
  NatWorld world({.hairpinning = Hairpinning::external_source});
  world.sends(another_x, y1);
  const auto x1 = world.sends(x, y1);
  EXPECT_FALSE(
      world.hairpins(unreachable(another_x.address, external, udp_packet(*x1, another_x))));
  EXPECT_THAT(world.drop(), dropped(DropReason::filtered, "has sent only to"));
  EXPECT_FALSE(world.hairpins(
      unreachable(another_x.address, external, udp_packet({external, 9}, another_x))));
  EXPECT_EQ(world.drop().reason, DropReason::no_mapping);
}

TEST(NatHairpin, LetsNoPingIn) {
  NatWorld world({.hairpinning = Hairpinning::external_source});
  world.outbound(echo_packet(Echo::request, x.address, external, 1));
  EXPECT_THAT(world.drop(),
              dropped(DropReason::hairpin_unsupported, "own external address: no echo request"));
}

// TCP: RFC 5382.

TEST(NatTcpOptions, MapAndFilterTcpApartFromUdp) {
  NatWorld world({.mapping = independent,
                  .filtering = independent,
                  .tcp_mapping = by_address_and_port,
                  .tcp_filtering = by_address_and_port});
  const auto udp = world.sends(x, y1);
  EXPECT_EQ(world.sends(x, y2), udp);
  EXPECT_TRUE(world.arrives(y1_other_port, *udp));
  const auto tcp = world.sends_tcp(x, y1, syn);
  EXPECT_NE(world.sends_tcp(x, y2, syn), tcp);
  EXPECT_FALSE(world.arrives_tcp(y1_other_port, *tcp, syn));
  EXPECT_THAT(world.drop(), dropped(DropReason::filtered, "address-and-port-dependent filtering"));
}

TEST(NatTcpOptions, MapAndFilterUdpApartFromTcp) {
  NatWorld world({.mapping = by_address_and_port,
                  .filtering = by_address_and_port,
                  .tcp_mapping = independent,
                  .tcp_filtering = independent});
  EXPECT_NE(world.sends(x, y1), world.sends(x, y2));
  const auto tcp = world.sends_tcp(x, y1, syn);
  EXPECT_EQ(world.sends_tcp(x, y2, syn), tcp);
  EXPECT_TRUE(world.arrives_tcp("192.0.2.9:9"_endpoint, *tcp, syn));
}

TEST(NatTcpOptions, AnswerAnUnsolicitedSynWithAReset) {
  NatWorld world({.filtering = by_address_and_port, .unsolicited_syn = UnsolicitedSyn::reset});
  const auto refused = [&](const Endpoint& from, const Endpoint& to) {
    world.inbound(tcp_packet(from, to, syn, "xyz"));
    ASSERT_TRUE(world.drop().answer);
    const Packet& answer = *world.drop().answer;
    EXPECT_EQ(checksum_faults(answer.bytes()), "");
    EXPECT_EQ(answer.source(), to);
    EXPECT_EQ(answer.destination(), from);
    EXPECT_TRUE(answer.tcp().rst && answer.tcp().ack && !answer.tcp().syn);
    EXPECT_EQ(answer.tcp().acknowledgment, 0x01020304U + 1 + 3);  // SYN and payload
  };
  refused(y1, {external, 5000});
  EXPECT_EQ(world.drop().reason, DropReason::no_mapping);
  const auto mapped = world.sends_tcp(x, y1, syn);
  refused(y2, *mapped);
  EXPECT_EQ(world.drop().reason, DropReason::filtered);
  world.wait(4min);
  refused(y1, *mapped);
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
}

TEST(NatTcpOptions, AnswerAnUnsolicitedSynWithAnIcmpError) {  // REQ-4
  NatWorld world(
      {.filtering = by_address_and_port, .unsolicited_syn = UnsolicitedSyn::unreachable});
  const Packet request = tcp_packet(y1, {external, 5000}, syn, std::string(900, 'x'));
  world.inbound(request);
  ASSERT_TRUE(world.drop().answer);
  const Packet& answer = *world.drop().answer;
  EXPECT_EQ(checksum_faults(answer.bytes()), "");
  EXPECT_EQ(answer.source().address, external);
  EXPECT_EQ(answer.destination().address, y1.address);
  EXPECT_EQ(answer.icmp_type(), icmp_unreachable);
  EXPECT_EQ(answer.bytes()[21], 3) << "port unreachable";
  EXPECT_EQ(answer.quoted()->source, y1);
  EXPECT_EQ(answer.quoted()->destination, (Endpoint{external, 5000}));
  EXPECT_EQ(answer.bytes().size(), 576U) << "RFC 1812 section 4.3.2.3";
}

TEST(NatTcpOptions, AnswerNothingElse) {
  for (const auto way :
       {UnsolicitedSyn::drop, UnsolicitedSyn::reset, UnsolicitedSyn::unreachable}) {
    NatWorld world({.filtering = by_address_and_port, .unsolicited_syn = way});
    world.arrives_tcp(y1, {external, 5000}, ack);
    EXPECT_FALSE(world.drop().answer);
    world.arrives_tcp(y1, {external, 5000}, rst);
    EXPECT_FALSE(world.drop().answer);
    world.arrives(y1, {external, 5000});
    EXPECT_FALSE(world.drop().answer);
    world.arrives_tcp(y1, {external, 5000}, syn);
    EXPECT_EQ(world.drop().answer.has_value(), way != UnsolicitedSyn::drop);
  }
}

TEST(NatTcpOptions, RefuseASimultaneousOpenWhereItIsNotSupported) {  // REQ-2
  NatWorld world({.filtering = by_address_and_port, .simultaneous_open = false});
  const auto mapped = world.sends_tcp(x, y1, syn);
  EXPECT_FALSE(world.arrives_tcp(y1, *mapped, syn));
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "no simultaneous open"));
  EXPECT_TRUE(world.arrives_tcp(y1, *mapped, syn_ack)) << "but the ordinary way stays open";
  EXPECT_TRUE(world.sends_tcp(x, y1, ack));
  world.wait(2h);
  EXPECT_TRUE(world.arrives_tcp(y1, *mapped, ack));
}

TEST(NatTcpOptions, AcceptConnectionsFromOutsideThoughNotSimultaneousOnes) {
  NatWorld world({.filtering = independent, .simultaneous_open = false});
  const auto mapped = world.sends_tcp(x, y1, syn);
  EXPECT_TRUE(world.arrives_tcp(y2, *mapped, syn));
  EXPECT_TRUE(world.sends_tcp(x, y2, syn_ack));
  EXPECT_TRUE(world.arrives_tcp(y2, *mapped, syn)) << "sent once more, since the answer was lost";
}

TEST(NatTcpOptions, AnswerAConnectionFromOutsideThroughTheMappingThatItCameBy) {
  // Towards y2 the NAT would choose another mapping, if the connection began inside.
  NatWorld world({.mapping = by_address_and_port, .filtering = independent});
  const Endpoint mapped = world.connects(x, y1);
  ASSERT_EQ(world.arrives_tcp(y2, mapped, syn), x);
  EXPECT_EQ(world.sends_tcp(x, y2, syn_ack), mapped);
  EXPECT_EQ(world.arrives_tcp(y2, mapped, ack), x);
  EXPECT_EQ(world.sends_tcp(x, y2, ack), mapped);
  world.wait(1h);
  EXPECT_EQ(world.sends_tcp(x, y2, ack), mapped) << "established";
  world.wait(3h);
  EXPECT_FALSE(world.sends_tcp(x, y2, ack)) << "idle for too long";
}

TEST(NatTcpOptions, SetTheIdleTimes) {  // REQ-5
  NatWorld world({.tcp_established_lifetime = 10min, .tcp_transitory_lifetime = 20s});
  const auto half_open = world.sends_tcp(x, y1, syn);
  world.wait(20s - 1ns);
  EXPECT_TRUE(world.arrives_tcp(y1, *half_open, syn_ack));
  EXPECT_TRUE(world.sends_tcp(x, y1, ack));
  world.wait(10min - 1ns);
  EXPECT_TRUE(world.arrives_tcp(y1, *half_open, ack));
  world.wait(10min);
  EXPECT_FALSE(world.arrives_tcp(y1, *half_open, ack));
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
  world.sends_tcp(x, y1, syn);
  world.wait(20s);
  EXPECT_EQ(world.live(), 0U);
}

// ICMP: RFC 5508.

TEST(NatIcmpOptions, SetTheTimeOfAQuery) {
  NatWorld world({.icmp_lifetime = 5s});
  world.outbound(echo_packet(Echo::request, x.address, y1.address, 7));
  world.wait(5s - 1ns);
  EXPECT_TRUE(world.inbound(echo_packet(Echo::reply, y1.address, external, 7)).endpoint);
  world.wait(1ns);
  EXPECT_FALSE(world.inbound(echo_packet(Echo::reply, y1.address, external, 7)).endpoint);
}

TEST(NatIcmpOptions, SwallowErrorsInBothDirections) {
  NatWorld world({.icmp_errors = IcmpErrors::swallowed});
  const auto mapped = world.sends(x, y1);
  const Packet sent = world.last();
  EXPECT_FALSE(world.inbound(unreachable(router, external, sent)).endpoint);
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "this NAT translates none"));
  world.arrives(y1, *mapped);
  EXPECT_FALSE(world.outbound(unreachable(x.address, y1.address, world.last())).endpoint);
  EXPECT_EQ(world.drop().reason, DropReason::blocked);
  EXPECT_TRUE(world.outbound(echo_packet(Echo::request, x.address, y1.address, 7)).endpoint)
      << "queries are no errors";
}

}  // namespace
}  // namespace icelab
