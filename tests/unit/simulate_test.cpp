#include "harness/simulate/simulate.h"

#include "tests/support/packets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace icelab {
namespace {

constexpr std::array dependences = {Dependence::endpoint_independent, Dependence::address_dependent,
                                    Dependence::address_and_port_dependent};

/// alice and bob, each behind one box, and a TURN server.
Topology behind(const BoxBehavior& alice, const BoxBehavior& bob) {
  Topology topology;
  topology.servers = {{.name = "relay"}};
  topology.peers = {{.name = "alice",
                     .agent = {},
                     .uplinks = {{.way = {.boxes = {{"alice.nat", alice}}, .network = {}}}}},
                    {.name = "bob",
                     .agent = {},
                     .uplinks = {{.way = {.boxes = {{"bob.nat", bob}}, .network = {}}}}}};
  return topology;
}

/// The rule in closed form, from the words of RFC 4787: x sends to the endpoint that y's STUN
/// server saw, and each follows the other to wherever its NAT now has it.
bool lets_in_and_follows(const NatBehavior& x, const NatBehavior& y) {
  return y.filtering == Dependence::endpoint_independent &&
         x.filtering != Dependence::address_and_port_dependent &&
         (x.mapping == Dependence::address_dependent || y.mapping == Dependence::address_dependent);
}

bool direct_is_possible(const NatBehavior& a, const NatBehavior& b) {
  const bool a_is_found = a.mapping == Dependence::endpoint_independent;
  const bool b_is_found = b.mapping == Dependence::endpoint_independent;
  if (a_is_found && b_is_found) return true;
  if (a_is_found) return a.filtering != Dependence::address_and_port_dependent;
  if (b_is_found) return b.filtering != Dependence::address_and_port_dependent;
  return lets_in_and_follows(a, b) || lets_in_and_follows(b, a);
}

std::string describe(const NatBehavior& nat) {
  return fmt::format("mapping {}, filtering {}", static_cast<int>(nat.mapping),
                     static_cast<int>(nat.filtering));
}

TEST(Simulation, AgreesWithTheClosedFormOnEveryPairOfTheNineCells) {
  std::vector<NatBehavior> cells;
  for (const auto mapping : dependences) {
    for (const auto filtering : dependences) {
      NatBehavior cell;
      cell.mapping = mapping;
      cell.filtering = filtering;
      cells.push_back(cell);
    }
  }
  for (const auto& a : cells) {
    for (const auto& b : cells) {
      const Possibility possible = simulate(behind(a, b), 1);
      EXPECT_TRUE(possible.connected);
      EXPECT_EQ(possible.direct, direct_is_possible(a, b)) << describe(a) << " / " << describe(b);
    }
  }
}

TEST(Simulation, GivesTheSameEachTime) {
  NatBehavior random;
  random.mapping = Dependence::address_and_port_dependent;
  random.port_assignment = PortAssignment::random;
  const auto once = simulate(behind(random, random), 7);
  const auto again = simulate(behind(random, random), 7);
  ASSERT_EQ(once.pairs.size(), again.pairs.size());
  for (const auto& [pair, works] : once.pairs) EXPECT_EQ(again.works(pair), works);
}

TEST(Simulation, TellsWhichPairsWorkAndWhichDoNot) {
  NatBehavior restricted;
  restricted.filtering = Dependence::address_and_port_dependent;
  NatBehavior symmetric = restricted;
  symmetric.mapping = Dependence::address_and_port_dependent;
  const Possibility possible = simulate(behind(restricted, symmetric), 1);
  const auto alices = [&](CandidateType remote, const char* address) {
    return possible.works(
        {"alice", CandidateType::host, "10.0.1.2"_address, remote, *IpAddress::parse(address)});
  };
  EXPECT_EQ(alices(CandidateType::host, "10.0.2.2"), false);
  EXPECT_EQ(alices(CandidateType::server_reflexive, "203.0.113.22"), false);
  EXPECT_EQ(alices(CandidateType::relayed, "203.0.113.10"), true);
  EXPECT_EQ(alices(CandidateType::relayed, "203.0.113.99"), std::nullopt);
}

TEST(Simulation, KnowsThatWithoutARelayTwoSymmetricNatsDoNotMeet) {
  NatBehavior symmetric;
  symmetric.mapping = symmetric.filtering = Dependence::address_and_port_dependent;
  Topology topology = behind(symmetric, symmetric);
  for (auto& peer : topology.peers) peer.agent.turn.clear();
  EXPECT_FALSE(simulate(topology, 1).connected);
}

TEST(Simulation, ReachesTheRelayOverTcpWhereUdpIsBlocked) {
  FirewallBehavior no_udp;
  no_udp.udp.all = false;
  Topology topology = behind(no_udp, no_udp);
  EXPECT_FALSE(simulate(topology, 1).connected);
  for (auto& peer : topology.peers) peer.agent.turn = {TurnTransport::tcp};
  EXPECT_TRUE(simulate(topology, 1).connected);
  EXPECT_FALSE(simulate(topology, 1).direct);
}

TEST(Simulation, GoesThroughAProxyWhereNothingElseIsAllowed) {
  FirewallBehavior proxy_only;
  proxy_only.udp.all = false;
  proxy_only.tcp = {.all = false, .some = {8888}};
  Topology topology = behind(proxy_only, proxy_only);
  topology.servers.push_back({.name = "proxy", .kind = ServerKind::tinyproxy});
  for (auto& peer : topology.peers) peer.agent.turn = {TurnTransport::tcp_443};
  EXPECT_FALSE(simulate(topology, 1).connected);
  for (auto& peer : topology.peers) peer.agent.proxy = "proxy";
  EXPECT_TRUE(simulate(topology, 1).connected);
  for (auto& peer : topology.peers) peer.agent.turn = {TurnTransport::tcp};
  EXPECT_FALSE(simulate(topology, 1).connected);  // it opens tunnels to port 443 only
}

TEST(Simulation, LetsTheOneGoFirstWhomAnEarlyPacketWouldShutOut) {
  const KernelRouterBehavior open{.input = RouterInput::accept};
  const KernelRouterBehavior firewalled{.input = RouterInput::drop};
  EXPECT_TRUE(simulate(behind(open, firewalled), 1).direct);
  EXPECT_TRUE(simulate(behind(firewalled, open), 1).direct);
  EXPECT_FALSE(simulate(behind(open, open), 1).direct);
}

}  // namespace
}  // namespace icelab
