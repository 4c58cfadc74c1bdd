#include "tests/support/packets.h"
#include "tests/unit/nat_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icelab {

namespace {

using namespace std::chrono_literals;
using testing::Optional;

// RFC 4787 section 4.1, section 5: the nine cells.

struct Cell {
  Dependence mapping;
  Dependence filtering;
};

class EveryNat : public testing::TestWithParam<Cell> {
 protected:
  NatWorld world{{.mapping = GetParam().mapping, .filtering = GetParam().filtering}};
};

std::string cell_name(const testing::TestParamInfo<Cell>& tested) {
  const auto word = [](Dependence dependence) {
    if (dependence == independent) return "EndpointIndependent";
    return dependence == by_address ? "AddressDependent" : "AddressAndPortDependent";
  };
  return std::string(word(tested.param.mapping)) + "MappingAnd" + word(tested.param.filtering) +
         "Filtering";
}

INSTANTIATE_TEST_SUITE_P(
    Of, EveryNat,
    testing::Values(Cell{independent, independent}, Cell{independent, by_address},
                    Cell{independent, by_address_and_port}, Cell{by_address, independent},
                    Cell{by_address, by_address}, Cell{by_address, by_address_and_port},
                    Cell{by_address_and_port, independent}, Cell{by_address_and_port, by_address},
                    Cell{by_address_and_port, by_address_and_port}),
    cell_name);

struct Reuse {
  std::string sentence;
  Endpoint second;
  bool endpoint_independent, address_dependent,
      address_and_port_dependent;  // is the mapping reused?
  [[nodiscard]] bool by(Dependence mapping) const {
    if (mapping == independent) return endpoint_independent;
    return mapping == by_address ? address_dependent : address_and_port_dependent;
  }
};

TEST_P(EveryNat, ReusesAMappingAsItsMappingBehaviourSays) {
  const Reuse table[] = {
      {"X1':x1' equals X2':x2' towards the same Y:y", y1, true, true, true},
      {"... towards the same address, another port", y1_other_port, true, true, false},
      {"... towards another address", y2, true, false, false},
  };
  for (const Reuse& row : table) {
    NatWorld fresh({.mapping = GetParam().mapping, .filtering = GetParam().filtering});
    const auto first = fresh.sends(x, y1);
    const auto second = fresh.sends(x, row.second);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first == *second, row.by(GetParam().mapping)) << row.sentence;
    EXPECT_EQ(fresh.live(), *first == *second ? 1U : 2U) << row.sentence;
  }
}

struct Entry {
  std::string sentence;
  Endpoint sender;
  bool endpoint_independent, address_dependent, address_and_port_dependent;  // may it enter?
  [[nodiscard]] bool by(Dependence filtering) const {
    if (filtering == independent) return endpoint_independent;
    return filtering == by_address ? address_dependent : address_and_port_dependent;
  }
};

TEST_P(EveryNat, LetsInWhomItsFilteringBehaviourSays) {
  const auto mapped = world.sends(x, y1);
  ASSERT_TRUE(mapped);
  const Entry table[] = {
      {"the endpoint that X:x sent to", y1, true, true, true},
      {"its address, another port", y1_other_port, true, true, false},
      {"another address", y2, true, false, false},
      {"another address, the same port", "198.51.100.7:3478"_endpoint, true, false, false},
  };
  for (const Entry& row : table) {
    const auto reached = world.arrives(row.sender, *mapped);
    if (row.by(GetParam().filtering)) {
      EXPECT_THAT(reached, Optional(x)) << row.sentence;
    } else {
      EXPECT_FALSE(reached) << row.sentence;
      EXPECT_EQ(world.drop().reason, DropReason::filtered) << row.sentence;
    }
  }
}

TEST_P(EveryNat, LetsNobodyInBeforeAnythingWasSent) {
  EXPECT_FALSE(world.arrives(y1, {external, 5000}));
  EXPECT_THAT(world.drop(), dropped(DropReason::no_mapping, "203.0.113.21:5000 is not mapped"));
}

TEST_P(EveryNat, IsNotOpenedByAPacketThatItDropped) {
  const auto mapped = world.sends(x, y1);
  for (int i = 0; i < 3; ++i) world.arrives(y2, *mapped);
  EXPECT_EQ(world.arrives(y2, *mapped).has_value(), GetParam().filtering == independent);
}

TEST_P(EveryNat, TreatsTcpLikeUdp) {  // RFC 5382 REQ-1, REQ-3
  const auto mapped = world.sends_tcp(x, y1, syn);
  ASSERT_TRUE(mapped);
  const auto towards_other_port = world.sends_tcp(x, y1_other_port, syn);
  const auto towards_other_address = world.sends_tcp(x, y2, syn);
  EXPECT_EQ(towards_other_port == mapped, GetParam().mapping != by_address_and_port);
  EXPECT_EQ(towards_other_address == mapped, GetParam().mapping == independent);

  const Endpoint stranger = "192.0.2.99:80"_endpoint;
  EXPECT_EQ(world.arrives_tcp(stranger, *mapped, syn).has_value(),
            GetParam().filtering == independent);
  const Endpoint same_host = "203.0.113.10:80"_endpoint;
  EXPECT_EQ(world.arrives_tcp(same_host, *mapped, syn).has_value(),
            GetParam().filtering != by_address_and_port);
}

TEST_P(EveryNat, ReturnsThePingsReply) {  // RFC 5508 REQ-1
  const auto mapped =
      world.outbound(echo_packet(Echo::request, x.address, y1.address, 77, "ping")).endpoint;
  ASSERT_TRUE(mapped);
  const auto reached =
      world.inbound(echo_packet(Echo::reply, y1.address, external, mapped->port, "ping")).endpoint;
  EXPECT_THAT(reached, Optional(Endpoint{x.address, 77}));
}

// What the other mapping was sent to does not open this one.
TEST(Nat, OpensOnlyTheMappingThatWasSentThrough) {
  NatWorld world({.mapping = by_address_and_port, .filtering = by_address_and_port});
  const auto towards_y1 = world.sends(x, y1);
  const auto towards_y2 = world.sends(x, y2);
  EXPECT_THAT(world.arrives(y2, *towards_y2), Optional(x));
  EXPECT_FALSE(world.arrives(y2, *towards_y1));
  EXPECT_THAT(world.drop(),
              dropped(DropReason::mapping_mismatch,
                      "10.0.2.2:5000 sends to 198.51.100.7:9000 from " + towards_y2->to_string() +
                          "; 198.51.100.7:9000 aimed at 203.0.113.21:5000, which is "
                          "for 203.0.113.10:3478"));
}

// RFC 4787 section 4.2: port assignment.

TEST(Nat, KeepsThePortWhereItIsFree) {
  NatWorld world;
  EXPECT_THAT(world.sends(x, y1), Optional(Endpoint{external, 5000}));
  EXPECT_THAT(world.sends({x.address, 53}, y1), Optional(Endpoint{external, 53}));
}

TEST(Nat, GivesAnUnprivilegedPortOnAClash) {
  NatWorld world;
  ASSERT_THAT(world.sends(x, y1), Optional(Endpoint{external, 5000}));
  const auto clashing = world.sends(another_x, y1);
  ASSERT_TRUE(clashing);
  EXPECT_NE(clashing->port, 5000);
  EXPECT_GE(clashing->port, 1024);
  EXPECT_THAT(world.arrives(y1, *clashing), Optional(another_x));
  EXPECT_THAT(world.arrives(y1, {external, 5000}), Optional(x));
}

TEST(Nat, ChoosesTheSamePortsForTheSameSeed) {
  const auto clash = [](std::uint64_t seed) {
    NatWorld world({}, seed);
    world.sends(x, y1);
    return world.sends(another_x, y1).value().port;
  };
  EXPECT_EQ(clash(5), clash(5));
  EXPECT_NE(clash(5), clash(6));
}

TEST(Nat, LendsOnePortOnceForEachProtocol) {
  NatWorld world;
  EXPECT_EQ(world.sends(x, y1)->port, 5000);
  EXPECT_EQ(world.sends_tcp(x, y1, syn)->port, 5000);
  EXPECT_EQ(world.outbound(echo_packet(Echo::request, x.address, y1.address, 5000)).endpoint->port,
            5000);
  EXPECT_EQ(world.live(), 3U);
}

TEST(Nat, MapsASourcePortOfZeroToAPort) {
  NatWorld world;
  EXPECT_GE(world.sends({x.address, 0}, y1)->port, 1024);
}

TEST(Nat, SaysWhenNoPortIsLeftAndLendsThemAgainWhenTheyAreFree) {
  NatWorld world({.mapping_lifetime = 5min});
  for (std::uint32_t port = 1024; port < 65536; ++port)
    ASSERT_TRUE(world.sends({x.address, static_cast<std::uint16_t>(port)}, y1));
  EXPECT_FALSE(world.sends(another_x, y1));
  EXPECT_THAT(world.drop(), dropped(DropReason::port_exhausted,
                                    "no external port of 203.0.113.21 is left for 10.0.2.3:5000"));
  EXPECT_TRUE(world.sends_tcp(another_x, y1, syn)) << "TCP has ports of its own";
  world.wait(5min);
  EXPECT_THAT(world.sends(another_x, y1), Optional(Endpoint{external, 5000}));
}

TEST(Nat, ForgetsTheOldestOfTooManyPermissions) {
  NatWorld world({.filtering = by_address_and_port});
  const auto mapped = world.sends(x, y1);
  for (std::size_t i = 0; i < MappingTable::max_sessions_per_mapping; ++i) {
    world.wait(1ms);
    world.sends(x, {y2.address, static_cast<std::uint16_t>(1000 + i)});
  }
  EXPECT_FALSE(world.arrives(y1, *mapped));
  EXPECT_TRUE(world.arrives({y2.address, 1000}, *mapped));
  EXPECT_EQ(world.live(), 1U);
}

// RFC 4787 section 4.3: lifetimes.

TEST(Nat, KeepsAUdpMappingUntilItsLifetimeIsOver) {
  NatWorld world({.mapping_lifetime = 2min});
  const auto mapped = world.sends(x, y1);
  world.wait(2min - 1ns);
  EXPECT_THAT(world.arrives(y1, *mapped), Optional(x));
  EXPECT_EQ(world.live(), 1U);
  world.wait(1ns);
  EXPECT_FALSE(world.arrives(y1, *mapped));
  EXPECT_THAT(world.drop(),
              dropped(DropReason::mapping_expired,
                      "203.0.113.21:5000 was mapped to 10.0.2.2:5000 until 0.0 s ago"));
  EXPECT_EQ(world.live(), 0U);
}

TEST(Nat, RenewsAUdpMappingByOutboundPackets) {  // REQ-6
  NatWorld world({.mapping_lifetime = 2min});
  const auto mapped = world.sends(x, y1);
  for (int i = 0; i < 5; ++i) {
    world.wait(1min + 59s);
    EXPECT_EQ(world.sends(x, y1), mapped);
  }
  EXPECT_THAT(world.arrives(y1, *mapped), Optional(x));
}

TEST(Nat, DoesNotRenewAUdpMappingByInboundPackets) {
  NatWorld world({.mapping_lifetime = 2min});
  const auto mapped = world.sends(x, y1);
  world.wait(119s);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  world.wait(2s);
  EXPECT_FALSE(world.arrives(y1, *mapped));
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
}

TEST(Nat, RenewsAMappingForEveryoneButAPermissionOnlyForItsRemote) {
  NatWorld world({.filtering = by_address_and_port, .mapping_lifetime = 2min});
  const auto mapped = world.sends(x, y1);
  world.wait(90s);
  EXPECT_EQ(world.sends(x, y2), mapped);
  world.wait(90s);
  EXPECT_THAT(world.arrives(y2, *mapped), Optional(x)) << "the mapping outlives its first session";
  EXPECT_FALSE(world.arrives(y1, *mapped));
  EXPECT_THAT(world.drop(),
              dropped(DropReason::filtered, "the last permission for it ended 60.0 s ago"));
}

// As Linux's connection tracking does: nf_conntrack-sysctl.rst, nf_conntrack_udp_timeout.

const NatBehavior linux_like{.filtering = by_address_and_port,
                             .mapping_lifetime = 2min,
                             .unanswered_lifetime = 30s,
                             .refresh = Refresh::both};

TEST(Nat, GivesAConversationItsFullLifeOnceItWasAnsweredAndIsTwoSecondsOld) {
  NatWorld world(linux_like);
  const auto mapped = world.sends(x, y1);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  world.wait(2s);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  world.wait(1ms);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  world.wait(2min - 1ms);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  world.wait(2min);
  EXPECT_FALSE(world.arrives(y1, *mapped));
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
}

TEST(Nat, SoonForgetsAConversationThatNobodyAnswersHoweverOldItIs) {
  NatWorld world(linux_like);
  const auto mapped = world.sends(x, y1);
  for (int i = 0; i < 10; ++i) {
    world.wait(29s);
    EXPECT_EQ(world.sends(x, y1), mapped);
  }
  world.wait(30s);
  EXPECT_FALSE(world.arrives(y1, *mapped));
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
}

TEST(Nat, SoonForgetsAConversationThatWasAnsweredInItsFirstTwoSecondsOnly) {
  NatWorld world(linux_like);
  const auto mapped = world.sends(x, y1);
  world.wait(1s);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  world.wait(30s);
  EXPECT_FALSE(world.arrives(y1, *mapped));
}

TEST(Nat, KeepsAMappingAsLongAsTheOldestOfItsConversations) {
  NatWorld world(linux_like);
  const auto mapped = world.sends(x, y1);
  world.wait(3s);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  EXPECT_EQ(world.sends(x, y2), mapped);  // which does not shorten the mapping's life
  world.wait(1min);
  EXPECT_TRUE(world.arrives(y1, *mapped));
  EXPECT_FALSE(world.arrives(y2, *mapped));
  EXPECT_EQ(world.drop().reason, DropReason::filtered);
  EXPECT_EQ(world.sends(x, y2), mapped);
}

TEST(Nat, TellsAnExpiredMappingFromOneThatNeverWas) {
  NatWorld world({.mapping_lifetime = 2min});
  world.sends(x, y1);
  world.wait(10min);
  EXPECT_FALSE(world.arrives(y1, {external, 5000}));
  EXPECT_THAT(world.drop(), dropped(DropReason::mapping_expired, "until 480.0 s ago"));
  EXPECT_FALSE(world.arrives(y1, {external, 5001}));
  EXPECT_EQ(world.drop().reason, DropReason::no_mapping);
}

TEST(Nat, RemembersAnExpiredMappingWhenItsHostHasAnotherOne) {
  NatWorld world({.mapping_lifetime = 2min});
  world.sends(another_x, y1);
  const auto old = world.sends(x, y1);  // not 5000: that is taken
  world.wait(2min);
  const auto renewed = world.sends(x, y1);
  ASSERT_THAT(renewed, Optional(Endpoint{external, 5000}));
  EXPECT_FALSE(world.arrives(y1, *old));
  EXPECT_THAT(world.drop(),
              dropped(DropReason::mapping_expired, "10.0.2.2:5000 is mapped to 203.0.113.21:5000"));
}

TEST(Nat, GivesAnExpiredMappingsPortAwayAndForgetsIt) {
  NatWorld world({.mapping_lifetime = 2min});
  world.sends(x, y1);
  world.wait(2min);
  EXPECT_THAT(world.sends(another_x, y1), Optional(Endpoint{external, 5000}));
  EXPECT_THAT(world.arrives(y1, {external, 5000}), Optional(another_x));
}

TEST(Nat, KeepsAPingsMappingForAMinute) {
  NatWorld world;
  const auto mapped =
      world.outbound(echo_packet(Echo::request, x.address, y1.address, 77)).endpoint;
  world.wait(59s);
  EXPECT_TRUE(world.inbound(echo_packet(Echo::reply, y1.address, external, mapped->port)).endpoint);
  world.wait(1s);
  EXPECT_FALSE(
      world.inbound(echo_packet(Echo::reply, y1.address, external, mapped->port)).endpoint);
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
}

// TCP: RFC 5382.

TEST(NatTcp, DropsAnUnsolicitedSynSilently) {
  NatWorld world({.filtering = by_address_and_port});
  EXPECT_FALSE(world.arrives_tcp(y1, {external, 5000}, syn));
  EXPECT_EQ(world.drop().reason, DropReason::no_mapping);
  const auto mapped = world.sends_tcp(x, y1, syn);
  EXPECT_FALSE(world.arrives_tcp(y2, *mapped, syn));
  EXPECT_EQ(world.drop().reason, DropReason::filtered);
}

TEST(NatTcp, LetsASimultaneousOpenThrough) {  // REQ-2
  NatWorld world({.filtering = by_address_and_port});
  const auto mapped = world.sends_tcp(x, y1, syn);
  EXPECT_THAT(world.arrives_tcp(y1, *mapped, syn), Optional(x));
  EXPECT_EQ(world.sends_tcp(x, y1, syn_ack), mapped);
  EXPECT_THAT(world.arrives_tcp(y1, *mapped, ack), Optional(x));
  world.wait(2h);
  EXPECT_THAT(world.arrives_tcp(y1, *mapped, ack), Optional(x));
}

TEST(NatTcp, LetsAnAcceptedConnectionInAndItsAnswerOut) {
  NatWorld world({.filtering = independent});
  const auto mapped = world.sends_tcp(x, y1, syn);
  EXPECT_THAT(world.arrives_tcp(y2, *mapped, syn), Optional(x));
  EXPECT_EQ(world.sends_tcp(x, y2, syn_ack), mapped);
  EXPECT_THAT(world.arrives_tcp(y2, *mapped, ack), Optional(x));
  world.wait(2h);
  EXPECT_THAT(world.arrives_tcp(y2, *mapped, ack), Optional(x)) << "established";
}

TEST(NatTcp, BeginsAConnectionWithASynOnly) {
  NatWorld world({.filtering = independent});
  EXPECT_FALSE(world.sends_tcp(x, y1, ack));
  EXPECT_THAT(world.drop(), dropped(DropReason::no_mapping, "only a SYN opens one"));
  EXPECT_EQ(world.live(), 0U);
  const auto mapped = world.sends_tcp(x, y1, syn);
  EXPECT_FALSE(world.arrives_tcp(y2, *mapped, ack));
  EXPECT_THAT(world.drop(), dropped(DropReason::filtered, "only a SYN opens one"));
  EXPECT_FALSE(world.arrives_tcp(y2, *mapped, syn_ack));
  EXPECT_FALSE(world.arrives_tcp(y2, *mapped, rst));
}

TEST(NatTcp, KeepsAHalfOpenConnectionForFourMinutes) {
  NatWorld world;
  const auto mapped = world.sends_tcp(x, y1, syn);
  world.wait(4min - 1s);
  EXPECT_EQ(world.live(), 1U);
  world.wait(1s);
  EXPECT_FALSE(world.arrives_tcp(y1, *mapped, syn_ack));
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
}

TEST(NatTcp,
     KeepsAnEstablishedConnectionForTwoHoursAndFourMinutesFromEitherSidesLastPacket) {  // REQ-5
  NatWorld world({.filtering = by_address_and_port});
  const auto mapped = world.connects(x, y1);
  world.wait(124min - 1s);
  EXPECT_TRUE(world.arrives_tcp(y1, mapped, ack));
  world.wait(124min - 1s);
  EXPECT_TRUE(world.sends_tcp(x, y1, ack));
  world.wait(124min - 1s);
  EXPECT_TRUE(world.arrives_tcp(y1, mapped, ack));
  world.wait(124min);
  EXPECT_FALSE(world.arrives_tcp(y1, mapped, ack));
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
}

TEST(NatTcp, KeepsAHalfClosedConnection) {
  NatWorld world;
  const auto mapped = world.connects(x, y1);
  EXPECT_TRUE(world.sends_tcp(x, y1, fin));
  world.wait(1h);
  EXPECT_TRUE(world.arrives_tcp(y1, mapped, ack));
}

TEST(NatTcp, EndsAConnectionFourMinutesAfterBothSidesSaidFin) {
  NatWorld world;
  const auto mapped = world.connects(x, y1);
  EXPECT_TRUE(world.sends_tcp(x, y1, fin));
  EXPECT_TRUE(world.arrives_tcp(y1, mapped, fin));
  world.wait(3min);
  EXPECT_TRUE(world.sends_tcp(x, y1, ack)) << "the last ACK, once more";
  world.wait(1min);
  EXPECT_FALSE(world.arrives_tcp(y1, mapped, fin)) << "what follows the end renews nothing";
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
}

TEST(NatTcp, EndsAConnectionFourMinutesAfterAReset) {
  for (const bool from_inside : {true, false}) {
    NatWorld world;
    const auto mapped = world.connects(x, y1);
    EXPECT_TRUE(from_inside ? world.sends_tcp(x, y1, rst) : world.arrives_tcp(y1, mapped, rst));
    world.wait(4min - 1s);
    EXPECT_EQ(world.live(), 1U);
    world.wait(1s);
    EXPECT_EQ(world.live(), 0U);
  }
}

TEST(NatTcp, OpensTheSameEndpointsAgainAfterTheEnd) {
  NatWorld world;
  const auto mapped = world.connects(x, y1);
  world.sends_tcp(x, y1, rst);
  EXPECT_EQ(world.connects(x, y1), mapped);
  world.wait(2h);
  EXPECT_TRUE(world.arrives_tcp(y1, mapped, ack));
}

TEST(NatTcp, EndsOneConnectionAndKeepsTheOthersOfTheSameMapping) {
  NatWorld world({.filtering = by_address_and_port});
  const auto mapped = world.connects(x, y1);
  EXPECT_EQ(world.connects(x, y2), mapped);
  EXPECT_TRUE(world.arrives_tcp(y1, mapped, rst));
  world.wait(5min);
  EXPECT_FALSE(world.arrives_tcp(y1, mapped, syn));
  EXPECT_EQ(world.drop().reason, DropReason::filtered);
  EXPECT_THAT(world.arrives_tcp(y2, mapped, ack), Optional(x));
}

TEST(NatTcp, IsNotKeptOpenByStrangers) {
  NatWorld world({.filtering = independent});
  const auto mapped = world.sends_tcp(x, y1, syn);
  for (int i = 0; i < 5; ++i) {
    world.wait(50s);
    world.arrives_tcp(y2, *mapped, syn);
  }
  EXPECT_EQ(world.live(), 0U);
}

// ICMP: RFC 5508.

Packet unreachable(const IpAddress& from, const IpAddress& to, const Packet& about,
                   std::size_t shown = 28) {
  return icmp_packet(icmp_unreachable, from, to, about.bytes(), shown);
}

const IpAddress router = "198.51.100.1"_address;

TEST(NatIcmp, BringsAnErrorAboutAPacketBackToItsSender) {
  for (const std::size_t shown : {std::size_t{28}, std::size_t{576}}) {
    NatWorld world({.mapping = by_address_and_port, .filtering = by_address_and_port});
    world.sends(another_x, y1);
    world.sends(x, y1);
    const auto reached = world.inbound(unreachable(router, external, world.last(), shown)).endpoint;
    EXPECT_THAT(reached, Optional(Endpoint{x.address, 0}));
    EXPECT_EQ(world.last().source().address, router) << "who complains stays visible";
    EXPECT_EQ(world.last().quoted()->source, x);
    EXPECT_EQ(world.last().quoted()->destination, y1);
  }
}

TEST(NatIcmp, BringsAnErrorAboutTcpAndAboutPingsBackToo) {
  NatWorld world;
  world.sends_tcp(x, y1, syn);
  EXPECT_TRUE(world.inbound(unreachable(router, external, world.last(), 40)).endpoint);
  EXPECT_EQ(world.last().quoted()->source, x);
  world.outbound(echo_packet(Echo::request, another_x.address, y1.address, 5000));
  world.outbound(echo_packet(Echo::request, x.address, y1.address, 5000));
  EXPECT_TRUE(world.inbound(unreachable(router, external, world.last())).endpoint);
  EXPECT_EQ(world.last().quoted()->source, (Endpoint{x.address, 5000}));
}

TEST(NatIcmp, HidesTheInsideInAnErrorThatLeaves) {
  NatWorld world;
  world.sends(another_x, y1);
  const auto mapped = world.sends(x, y1);
  world.arrives(y1, *mapped);
  const auto seen = world.outbound(unreachable(x.address, y1.address, world.last())).endpoint;
  EXPECT_THAT(seen, Optional(Endpoint{external, 0}));
  EXPECT_EQ(world.last().quoted()->source, y1);
  EXPECT_EQ(world.last().quoted()->destination, *mapped);
}

TEST(NatIcmp, RenewsNothingByErrors) {
  NatWorld world({.mapping_lifetime = 2min});
  world.sends(x, y1);
  const Packet sent = world.last();
  world.wait(119s);
  EXPECT_TRUE(world.inbound(unreachable(router, external, sent)).endpoint);
  EXPECT_TRUE(world.outbound(unreachable(x.address, y1.address, udp_packet(y1, x))).endpoint);
  world.wait(1s);
  EXPECT_FALSE(world.inbound(unreachable(router, external, sent)).endpoint);
  EXPECT_EQ(world.drop().reason, DropReason::mapping_expired);
  EXPECT_FALSE(world.outbound(unreachable(x.address, y1.address, udp_packet(y1, x))).endpoint);
  EXPECT_EQ(world.drop().reason, DropReason::no_mapping);
}

TEST(NatIcmp, DropsAnErrorAboutAPacketThatWasNotSent) {
  NatWorld world;
  const auto mapped = world.sends(x, y1);
  world.inbound(unreachable(router, external, udp_packet({external, 4999}, y1)));
  EXPECT_EQ(world.drop().reason, DropReason::no_mapping);
  world.inbound(unreachable(router, external, udp_packet(*mapped, y2)));
  EXPECT_THAT(world.drop(), dropped(DropReason::filtered, "has sent only to 203.0.113.10:3478"));
  world.inbound(unreachable(router, external, udp_packet({router, 5000}, y1)));
  EXPECT_EQ(world.drop().reason, DropReason::no_mapping);
}

TEST(NatIcmp, DropsAnErrorThatQuotesTooLittle) {
  NatWorld world;
  world.sends(x, y1);
  const Packet sent = world.last();
  world.inbound(unreachable(router, external, sent, 24));
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "does not quote enough"));
  world.outbound(unreachable(x.address, y1.address, udp_packet(y1, x), 24));
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "does not quote enough"));
}

TEST(NatIcmp, PassesNoRedirectAndNoOtherType) {
  NatWorld world;
  world.sends(x, y1);
  const Packet sent = world.last();
  world.inbound(icmp_packet(icmp_redirect_type, router, external, sent.bytes()));
  EXPECT_THAT(world.drop(),
              dropped(DropReason::blocked, "ICMP type 5 from 198.51.100.1 to 203.0.113.21"));
  constexpr std::uint8_t timestamp_request = 13;
  world.outbound(icmp_packet(timestamp_request, x.address, y1.address, Bytes(12)));
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "ICMP type 13"));
}

TEST(NatIcmp, MapsOnlyQueriesThatComeFromInside) {
  NatWorld world;
  world.outbound(echo_packet(Echo::request, x.address, y1.address, 77));
  world.inbound(echo_packet(Echo::request, y1.address, external, 77));
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "an echo request from 203.0.113.10:77"));
  world.outbound(echo_packet(Echo::reply, x.address, y1.address, 77));
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "an echo reply"));
}

// Drops, in words.

TEST(NatDrop, OfAFilteredPacketNamesTheRuleAndEveryoneInIt) {
  NatWorld world({.filtering = by_address_and_port});
  world.sends(x, y1);
  world.arrives("203.0.113.22:40001"_endpoint, {external, 5000});
  EXPECT_EQ(world.drop().detail,
            "address-and-port-dependent filtering: 203.0.113.22:40001 may enter 203.0.113.21:5000 "
            "only after "
            "10.0.2.2:5000 sent to 203.0.113.22:40001; it has sent to 203.0.113.10:3478");
}

TEST(NatDrop, OfAnAddressFilteredPacketAsksForTheAddressOnly) {
  NatWorld world({.filtering = by_address});
  world.sends(x, y1);
  for (std::uint16_t port = 1; port <= 4; ++port) world.sends(x, {y2.address, port});
  world.arrives("203.0.113.22:40001"_endpoint, {external, 5000});
  EXPECT_EQ(
      world.drop().detail,
      "address-dependent filtering: 203.0.113.22:40001 may enter 203.0.113.21:5000 only after "
      "10.0.2.2:5000 sent to 203.0.113.22; it has sent to 203.0.113.10:3478, 198.51.100.7:1, "
      "198.51.100.7:2 and 2 more");
}

TEST(NatDrop, OfAHairpinnedPacketSaysSo) {
  NatWorld world;
  const auto mapped = world.sends(x, y1);
  world.sends(another_x, *mapped);
  EXPECT_THAT(world.drop(), dropped(DropReason::hairpin_unsupported,
                                    "10.0.2.3:5000 aimed at 203.0.113.21:5000, this NAT's own"));
  world.outbound(echo_packet(Echo::request, x.address, external, 1));
  EXPECT_EQ(world.drop().reason, DropReason::hairpin_unsupported);
}

TEST(NatDrop, OfAPacketThatStraysIsUnroutable) {
  NatWorld world;
  world.sends(x, y1);
  world.arrives(y1, x);
  EXPECT_THAT(world.drop(),
              dropped(DropReason::unroutable, "10.0.2.2 is not this NAT's external address"));
  for (const char* destination :
       {"224.0.0.251:5353", "255.255.255.255:67", "127.0.0.1:80", "0.0.0.0:80", "240.0.0.1:1"}) {
    world.sends(x, Endpoint::parse(destination).value());
    EXPECT_EQ(world.drop().reason, DropReason::unroutable) << destination;
  }
  EXPECT_EQ(world.live(), 1U);
}

TEST(NatDrop, OfAPacketWithOurOwnAddressAsItsSourceIsBlocked) {
  NatWorld world;
  const auto mapped = world.sends(x, y1);
  world.arrives({external, 99}, *mapped);
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "came from outside"));
  world.sends({external, 99}, y1);
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "came from inside"));
}

TEST(NatDrop, OfFragmentsAndOtherProtocolsSaysWhatIsMissing) {
  NatWorld world;
  const Bytes data{0x13, 0x88, 0x0d, 0x96, 0, 12, 0, 0, 1, 2, 3, 4};
  for (const std::uint16_t fragment : {0x2000, 0x2010, 0x0010}) {
    world.outbound(Packet::parse(ip_bytes(17, x.address, y1.address, data, fragment)).value());
    EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "a fragment from 10.0.2.2"));
    world.inbound(Packet::parse(ip_bytes(1, y1.address, external, data, fragment)).value());
    EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "a fragment from 203.0.113.10"));
  }
  constexpr std::uint8_t gre = 47;
  world.outbound(Packet::parse(ip_bytes(gre, x.address, y1.address, data)).value());
  EXPECT_THAT(world.drop(),
              dropped(DropReason::blocked, "neither UDP, TCP nor ICMP from 10.0.2.2 to"));
  world.inbound(Packet::parse(ip_bytes(gre, y1.address, external, data)).value());
  EXPECT_THAT(world.drop(), dropped(DropReason::blocked, "neither UDP, TCP nor ICMP"));
}

}  // namespace
}  // namespace icelab
