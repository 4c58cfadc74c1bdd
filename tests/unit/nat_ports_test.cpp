// RFC 4787 section 4.2, RFC 6888 and RFC 7857: which external endpoint a mapping gets.

#include "tests/unit/nat_world.h"

#include <algorithm>
#include <set>

namespace icelab {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::Le;
using testing::Optional;
using testing::SizeIs;

Endpoint host(int number, std::uint16_t port) {
  return {IpAddress::v4(0x0a000200 + static_cast<std::uint32_t>(number)), port};
}

/// The external ports of as many mappings, one an internal port from 5000 on.
std::vector<int> ports_of_mappings(NatWorld& world, int count, int host_number = 2) {
  std::vector<int> ports;
  for (int i = 0; i < count; ++i) {
    const auto mapped = world.sends(host(host_number, static_cast<std::uint16_t>(5000 + i)), y1);
    ports.push_back(mapped ? mapped->port : 0);
  }
  return ports;
}

bool is_free_of_repetition(const std::vector<int>& ports) {
  return std::set<int>(ports.begin(), ports.end()).size() == ports.size();
}

// Port assignment.

TEST(NatPorts, AreThoseThatFollowWhereTheyArePreservedAndClash) {
  NatWorld world({.on_clash = PortClash::next});
  EXPECT_EQ(world.sends(host(2, 5000), y1)->port, 5000);
  EXPECT_EQ(world.sends(host(3, 5000), y1)->port, 5001);
  EXPECT_EQ(world.sends(host(4, 5000), y1)->port, 5002);
  EXPECT_EQ(world.sends(host(2, 5001), y1)->port, 5003) << "taken by then";
}

TEST(NatPorts, AreNextToEachOtherWhereSequential) {
  NatWorld world({.port_assignment = PortAssignment::sequential, .ports = PortRange{7000, 7004}});
  EXPECT_THAT(ports_of_mappings(world, 3), ElementsAre(7000, 7001, 7002));
  EXPECT_EQ(world.sends_tcp(x, y1, syn)->port, 7000) << "each protocol counts for itself";
}

TEST(NatPorts, BeginAgainAfterTheLastWhereSequentialAndSkipTheTakenOnes) {
  NatWorld world({.port_assignment = PortAssignment::sequential,
                  .ports = PortRange{7000, 7003},
                  .mapping_lifetime = 2min});
  EXPECT_THAT(ports_of_mappings(world, 3), ElementsAre(7000, 7001, 7002));
  world.wait(1min);
  world.sends(host(2, 5001), y1);  // renews 7001
  world.wait(1min);
  EXPECT_THAT(ports_of_mappings(world, 3, 3), ElementsAre(7003, 7000, 7002));
}

TEST(NatPorts, AreAnyOfTheRangeWhereRandom) {
  const NatBehavior behavior{.port_assignment = PortAssignment::random};
  NatWorld world(behavior, 1);
  const auto ports = ports_of_mappings(world, 200);
  EXPECT_THAT(ports, Each(AllOf(Ge(1024), Le(65535))));
  EXPECT_TRUE(is_free_of_repetition(ports));
  EXPECT_GT(std::ranges::max(ports) - std::ranges::min(ports), 30000) << "far and wide";
  EXPECT_FALSE(std::ranges::is_sorted(ports));

  NatWorld same(behavior, 1), other(behavior, 2);
  EXPECT_EQ(ports_of_mappings(same, 200), ports);
  EXPECT_NE(ports_of_mappings(other, 200), ports);
}

TEST(NatPorts, ArePreservedOutsideTheDefaultRangeButNotOutsideAGivenOne) {
  NatWorld any;
  EXPECT_EQ(any.sends(host(2, 53), y1)->port, 53);
  NatWorld given({.ports = PortRange{7000, 7999}});
  EXPECT_EQ(given.sends(host(2, 7500), y1)->port, 7500);
  EXPECT_THAT(given.sends(host(2, 53), y1)->port, AllOf(Ge(7000), Le(7999)));
  NatWorld next({.on_clash = PortClash::next, .ports = PortRange{7000, 7999}});
  EXPECT_EQ(next.sends(host(2, 53), y1)->port, 7000);
  EXPECT_EQ(next.sends(host(2, 7999), y1)->port, 7999);
  EXPECT_EQ(next.sends(host(3, 7999), y1)->port, 7001) << "the search goes on at the beginning";
}

TEST(NatPorts, AreAllGivenBeforeAnyIsMissed) {
  for (const auto assignment :
       {PortAssignment::preserve, PortAssignment::sequential, PortAssignment::random}) {
    NatWorld world({.port_assignment = assignment, .ports = PortRange{7000, 7019}});
    EXPECT_TRUE(is_free_of_repetition(ports_of_mappings(world, 20)));
    EXPECT_FALSE(world.sends(another_x, y1));
    EXPECT_THAT(world.drop(), dropped(DropReason::port_exhausted,
                                      "no external port of 203.0.113.21 is left for 10.0.2.3:5000"))
        << to_string(assignment);
    world.wait(5min);
    EXPECT_TRUE(world.sends(another_x, y1)) << to_string(assignment);
  }
}

TEST(NatPorts, KeepTheirParity) {  // RFC 4787 REQ-4
  for (const auto assignment :
       {PortAssignment::preserve, PortAssignment::sequential, PortAssignment::random}) {
    NatWorld world({.port_assignment = assignment, .port_parity = true});
    for (std::uint16_t port = 5000; port < 5040; ++port) {
      for (const int number : {2, 3}) {
        const auto mapped = world.sends(host(number, port), y1);
        EXPECT_EQ(mapped->port % 2, port % 2) << to_string(assignment);
      }
    }
  }
}

TEST(NatPorts, OfOneParityCanBeExhausted) {
  NatWorld world({.port_assignment = PortAssignment::random,
                  .port_parity = true,
                  .ports = PortRange{7000, 7002}});
  EXPECT_TRUE(world.sends(host(2, 5000), y1) && world.sends(host(3, 5000), y1));
  EXPECT_FALSE(world.sends(host(4, 5000), y1));
  EXPECT_THAT(world.drop(), dropped(DropReason::port_exhausted, "no even external port of"));
  EXPECT_TRUE(world.sends(host(4, 5001), y1));
}

// Port overloading: RFC 4787 section 4.2.1.

class OverloadedPort : public testing::Test {
 protected:
  OverloadedPort()
      : world({.filtering = by_address_and_port,
               .port_overloading = true,
               .refresh = Refresh::both}) {}
  NatWorld world;
};

TEST_F(OverloadedPort, ServesTwoHostsWhoseRemoteEndpointsDiffer) {
  EXPECT_THAT(world.sends(x, y1), Optional(Endpoint{external, 5000}));
  EXPECT_THAT(world.sends(another_x, y2), Optional(Endpoint{external, 5000}));
  EXPECT_THAT(world.arrives(y1, {external, 5000}), Optional(x));
  EXPECT_THAT(world.arrives(y2, {external, 5000}), Optional(another_x));
  EXPECT_EQ(world.live(), 2U);
  EXPECT_FALSE(world.arrives(y1_other_port, {external, 5000}));
  EXPECT_EQ(world.drop().reason, DropReason::filtered);
}

TEST_F(OverloadedPort, IsNotSharedTowardsOneRemoteEndpoint) {
  EXPECT_EQ(world.sends(x, y1)->port, 5000);
  const auto clashing = world.sends(another_x, y1);
  EXPECT_NE(clashing->port, 5000);
  EXPECT_THAT(world.arrives(y1, *clashing), Optional(another_x));
  EXPECT_THAT(world.arrives(y1, {external, 5000}), Optional(x));
}

// What a lone host takes for endpoint-independent mapping ends where somebody else is first.
TEST_F(OverloadedPort, LeavesAMappingOfItsOwnToWhomeverItCannotServe) {
  EXPECT_EQ(world.sends(x, y1)->port, 5000);
  EXPECT_EQ(world.sends(another_x, y2)->port, 5000);
  const auto apart = world.sends(x, y2);
  ASSERT_TRUE(apart);
  EXPECT_NE(apart->port, 5000);
  EXPECT_EQ(world.sends(x, y2), apart) << "and keeps it";
  EXPECT_THAT(world.arrives(y2, *apart), Optional(x));
  EXPECT_THAT(world.arrives(y2, {external, 5000}), Optional(another_x));
  EXPECT_EQ(world.sends(x, y1)->port, 5000);
  EXPECT_EQ(world.sends(x, y1_other_port)->port, 5000);
}

TEST_F(OverloadedPort, IsStillTakenWhenOneOfTheTwoIsGone) {
  world.sends(x, y1);
  world.wait(4min);
  world.sends(another_x, y2);
  world.wait(1min);
  EXPECT_FALSE(world.arrives(y1, {external, 5000}));
  EXPECT_THAT(world.arrives(y2, {external, 5000}), Optional(another_x));
  EXPECT_NE(world.sends(x, y2)->port, 5000);
  world.wait(5min);
  EXPECT_EQ(world.live(), 0U);
  EXPECT_EQ(world.sends(x, y2)->port, 5000);
}

// A stranger keeps the mapping alive, but not its permission, and so another host may come between.
TEST(NatPorts, AreExchangedForAnotherWhereSomebodyElseWasFaster) {
  NatWorld world({.port_overloading = true, .mapping_lifetime = 2min, .refresh = Refresh::inbound});
  const Endpoint stranger = "192.0.2.9:9"_endpoint;
  world.sends(x, y1);
  world.sends(another_x, y2);
  const auto apart = world.sends(x, y2).value();
  world.wait(90s);
  EXPECT_THAT(world.arrives(y1, {external, 5000}), Optional(x));
  EXPECT_THAT(world.arrives(stranger, apart), Optional(x));
  world.wait(40s);
  const Endpoint faster = host(4, apart.port);
  EXPECT_EQ(world.sends(faster, y2), apart);
  const auto exchanged = world.sends(x, y2);
  EXPECT_NE(exchanged->port, apart.port);
  EXPECT_EQ(world.sends(x, y2), exchanged) << "once";
  EXPECT_THAT(world.arrives(y2, apart), Optional(faster));
  EXPECT_THAT(world.arrives(y2, *exchanged), Optional(x));
}

TEST_F(OverloadedPort, BringsAnErrorBackToWhomItConcerns) {
  world.sends(x, y1);
  const Packet first = world.last();
  world.sends(another_x, y2);
  const Packet second = world.last();
  const auto error = [&](const Packet& about) {
    return world.inbound(icmp_packet(icmp_unreachable, y1.address, external, about.bytes()));
  };
  EXPECT_EQ(error(first).endpoint->address, x.address);
  EXPECT_EQ(error(second).endpoint->address, another_x.address);
}

TEST(NatPorts, StayDifferentForOneHostWhereTheyAreOverloaded) {
  NatWorld world({.mapping = by_address_and_port, .port_overloading = true});
  EXPECT_NE(world.sends(x, y1), world.sends(x, y2)) << "it would not be a mapping of its own";
}

TEST(NatPorts, AreSharedWhenNoneIsLeftWhereTheyAreOverloaded) {
  NatWorld world({.mapping = by_address_and_port,
                  .filtering = by_address_and_port,
                  .port_assignment = PortAssignment::random,
                  .port_overloading = true,
                  .ports = PortRange{7000, 7001}});
  std::set<Endpoint> towards_y1, towards_y2;
  for (const int number : {2, 3}) {
    towards_y1.insert(world.sends(host(number, 5000), y1).value());
    towards_y2.insert(world.sends(host(number + 2, 5000), y2).value());
  }
  EXPECT_THAT(towards_y1, SizeIs(2));
  EXPECT_THAT(towards_y2, SizeIs(2));
  EXPECT_FALSE(world.sends(host(6, 5000), y1));
  EXPECT_EQ(world.drop().reason, DropReason::port_exhausted);
}

// Port blocks: RFC 6888, RFC 7857.

NatBehavior in_blocks(int size, PortAssignment assignment = PortAssignment::random) {
  return {.port_assignment = assignment, .port_block = size, .ports = PortRange{10000, 10063}};
}

int block_of(int port, int size) {
  return (port - 10000) / size;
}

TEST(NatPorts, OfOneSubscriberLieInOneBlockUntilItIsFull) {
  NatWorld world(in_blocks(8));
  const auto mine = ports_of_mappings(world, 8, 2);
  const auto yours = ports_of_mappings(world, 8, 3);
  EXPECT_TRUE(is_free_of_repetition(mine));
  std::set<int> my_blocks, your_blocks;
  for (const int port : mine) my_blocks.insert(block_of(port, 8));
  for (const int port : yours) your_blocks.insert(block_of(port, 8));
  EXPECT_THAT(my_blocks, SizeIs(1));
  EXPECT_THAT(your_blocks, SizeIs(1));
  EXPECT_NE(my_blocks, your_blocks);

  const int ninth = world.sends(host(2, 6000), y1)->port;
  EXPECT_FALSE(my_blocks.contains(block_of(ninth, 8)));
  EXPECT_FALSE(your_blocks.contains(block_of(ninth, 8)));
  EXPECT_EQ(block_of(world.sends_tcp(host(2, 6000), y1, syn)->port, 8), *my_blocks.begin())
      << "a block is for every protocol";
}

TEST(NatPorts, FollowEachOtherInABlockWhereSequential) {
  NatWorld world(in_blocks(4, PortAssignment::sequential));
  EXPECT_THAT(ports_of_mappings(world, 2, 2), ElementsAre(10000, 10001));
  EXPECT_THAT(ports_of_mappings(world, 5, 3), ElementsAre(10004, 10005, 10006, 10007, 10008));
  EXPECT_EQ(world.sends(host(2, 6000), y1)->port, 10002);
}

TEST(NatPorts, AreExhaustedForASubscriberWhenTheBlocksAre) {
  NatWorld world(in_blocks(32));
  EXPECT_TRUE(world.sends(host(2, 5000), y1) && world.sends(host(3, 5000), y1));
  EXPECT_FALSE(world.sends(host(4, 5000), y1)) << "62 ports are free, but no block is";
  EXPECT_EQ(world.drop().reason, DropReason::port_exhausted);
  EXPECT_TRUE(world.sends(host(2, 5001), y1));
  world.wait(5min);
  EXPECT_TRUE(world.sends(host(4, 5000), y1)) << "a block is given back with its last port";
}

TEST(NatPorts, OfExpiredMappingsAreUsedBeforeAnotherBlockIs) {
  NatWorld world(in_blocks(4));
  const auto first = ports_of_mappings(world, 4);
  world.wait(4min);
  world.sends(host(2, 5000), y1);  // the block stays
  world.wait(1min);
  EXPECT_EQ(block_of(world.sends(host(2, 6000), y1)->port, 4), block_of(first[0], 4));
}

TEST(NatPorts, KeepTheirParityInBlocks) {
  NatBehavior behavior = in_blocks(4);
  behavior.port_parity = true;
  NatWorld world(behavior);
  for (std::uint16_t port = 5000; port < 5010; port += 2)
    EXPECT_EQ(world.sends(host(2, port), y1)->port % 2, 0);
}

// Limits: RFC 6888 REQ-4.

TEST(NatLimits, RefuseASubscriberMoreMappingsThanItMayHave) {
  NatWorld world({.mappings_per_subscriber = 3, .mapping_lifetime = 2min});
  EXPECT_TRUE(world.sends(host(2, 5000), y1));
  EXPECT_TRUE(world.sends_tcp(host(2, 5000), y1, syn));
  EXPECT_TRUE(
      world.outbound(echo_packet(Echo::request, host(2, 0).address, y1.address, 7)).endpoint)
      << "every protocol counts";
  EXPECT_FALSE(world.sends(host(2, 5001), y1));
  EXPECT_THAT(world.drop(), dropped(DropReason::port_exhausted, "10.0.2.2 has 3 mappings already"));
  EXPECT_TRUE(world.sends(host(2, 5000), y2)) << "a mapping that is there may be used";
  EXPECT_TRUE(world.sends(host(3, 5001), y1)) << "another subscriber has its own limit";
  world.wait(2min);
  EXPECT_TRUE(world.sends(host(2, 5001), y1)) << "what has expired does not count";
}

// Pools: RFC 4787 section 4.1, REQ-2.

std::set<IpAddress> addresses_of(NatWorld& world, int host_number) {
  std::set<IpAddress> addresses;
  for (std::uint16_t port = 5000; port < 5040; ++port)
    addresses.insert(world.sends(host(host_number, port), y1)->address);
  return addresses;
}

TEST(NatPool, GivesAHostOneAddressWherePaired) {
  NatWorld world({.external_addresses = 4});
  std::set<IpAddress> all;
  for (int number = 2; number < 30; ++number) {
    const auto addresses = addresses_of(world, number);
    EXPECT_THAT(addresses, SizeIs(1));
    all.insert(*addresses.begin());
  }
  EXPECT_THAT(all, SizeIs(4)) << "and different hosts different ones";
}

TEST(NatPool, GivesTheSamePairAgainWhenAllMappingsHaveEnded) {
  NatWorld world({.external_addresses = 4});
  const auto before = world.sends(x, y1)->address;
  world.wait(1h);
  EXPECT_EQ(world.sends(x, y1)->address, before);
  EXPECT_EQ(world.sends_tcp(x, y1, syn)->address, before);
}

TEST(NatPool, GivesAHostAnyAddressWhereArbitrary) {
  NatWorld world({.external_addresses = 4, .pooling = Pooling::arbitrary});
  EXPECT_THAT(addresses_of(world, 2), SizeIs(4));
}

TEST(NatPool, LeadsEveryAddressBackToItsHost) {
  NatWorld world(
      {.filtering = by_address_and_port, .external_addresses = 3, .pooling = Pooling::arbitrary});
  for (std::uint16_t port = 5000; port < 5020; ++port) {
    for (const int number : {2, 3, 4}) {
      const auto mapped = world.sends(host(number, port), y1);
      EXPECT_THAT(world.arrives(y1, *mapped), Optional(host(number, port)));
      EXPECT_EQ(world.last().source(), y1);
    }
  }
}

TEST(NatPool, IsExhaustedOnePairAtATimeWherePairedAndAllAtOnceElse) {
  for (const auto pooling : {Pooling::paired, Pooling::arbitrary}) {
    NatWorld world({.ports = PortRange{7000, 7003}, .external_addresses = 2, .pooling = pooling});
    const auto given = [&] {
      const auto ports = ports_of_mappings(world, 20);
      return std::ranges::count_if(ports, [](int port) { return port != 0; });
    }();
    EXPECT_EQ(given, pooling == Pooling::paired ? 4 : 8);
    EXPECT_THAT(world.drop(), dropped(DropReason::port_exhausted, "of 203.0.113.21, 203.0.113.22"));
  }
}

TEST(NatPool, AnswersToNoOtherAddress) {
  NatWorld world({.external_addresses = 2});
  world.sends(x, y1);
  world.arrives(y1, "203.0.113.23:5000"_endpoint);
  EXPECT_THAT(world.drop(), dropped(DropReason::unroutable, "203.0.113.21, 203.0.113.22"));
}

}  // namespace
}  // namespace icelab
