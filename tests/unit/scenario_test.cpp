#include "harness/scenario/plan.h"
#include "tests/support/profiles.h"
#include "tests/support/scenario_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace icelab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

const std::string scenarios = ICELAB_SOURCE "/scenarios";

TEST(Scenario, WithoutMatrixIsOneRunNamedLikeTheFile) {
  const auto runs = plan(with_peers(R"({"agent": "libnice"})"));
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].scenario, "x");
  EXPECT_EQ(runs[0].name, "x");
  EXPECT_EQ(runs[0].full_name(), "x");
  EXPECT_EQ(runs[0].title, "x");
  EXPECT_THAT(runs[0].parameters, IsEmpty());
  EXPECT_EQ(runs[0].deadline, std::chrono::seconds(30));
  EXPECT_EQ(runs[0].topology.peers[0].name, "alice");
  EXPECT_EQ(runs[0].topology.peers[1].name, "bob");
  EXPECT_EQ(runs[0].topology.servers[0].name, "relay");
  EXPECT_EQ(runs[0].topology.servers[0].kind, ServerKind::coturn);
}

TEST(Scenario, ExpandsItsMatrixInFileOrderTheLastParameterFastest) {
  const auto runs =
      plan(with(R"("matrix": {"a": ["symmetric", "none"], "n": [1, true]}, "expect": [])"));
  EXPECT_THAT(names(runs), ElementsAre("symmetric/1", "symmetric/true", "none/1", "none/true"));
  EXPECT_THAT(runs[1].parameters, ElementsAre(Pair("a", "symmetric"), Pair("n", "true")));
  EXPECT_EQ(runs[1].full_name(), "x/symmetric/true");
  EXPECT_EQ(std::get<NatBehavior>(runs[1].topology.peers[0].uplinks[0].way.boxes.at(0).behavior),
            nat_behavior("symmetric"));
  EXPECT_THAT(runs[2].topology.peers[0].uplinks[0].way.boxes, IsEmpty());
}

TEST(Scenario, ParameterThatIsAWholeStringBecomesTheValueItself) {
  const auto runs = plan(
      R"({"matrix": {"t": [20, 50], "relay": [true], "agent": [{"name": "mine", "command": ["a", "b"]}],
                                        "nat": [{"name": "short", "mapping": "address-dependent", "mapping_lifetime_s": 0.5}]},
    "servers": {"s": {"kind": "coturn"}},
    "peers": {"alice": {"agent": {"kind": "libnice", "pacing_ms": "${t}", "force_relay": "${relay}"}, "behind": [{"nat": "${nat}"}]},
              "bob": {"agent": "${agent}"}}, "expect": []})");
  EXPECT_THAT(names(runs), ElementsAre("20/true/mine/short", "50/true/mine/short"));
  EXPECT_EQ(runs[1].topology.peers[0].agent.pacing_ms, 50);
  EXPECT_TRUE(runs[1].topology.peers[0].agent.force_relay);
  EXPECT_THAT(runs[1].topology.peers[1].agent.command, ElementsAre("a", "b"));
  EXPECT_EQ(runs[1].topology.peers[1].agent.kind, "");
  const auto& nat =
      std::get<NatBehavior>(runs[1].topology.peers[0].uplinks[0].way.boxes.at(0).behavior);
  EXPECT_EQ(nat.mapping, Dependence::address_dependent);
  EXPECT_EQ(nat.filtering, NatBehavior().filtering);
  EXPECT_EQ(nat.mapping_lifetime, std::chrono::milliseconds(500));
}

TEST(Scenario, ParameterInsideAStringIsPutInAsText) {
  const auto runs =
      plan(with_peers(
               R"({"agent": {"command": ["${p}-agent", "--n=${n}${n}"]}, "behind": ["${p}-cone"]})")
               .insert(1, R"("matrix": {"p": ["full"], "n": [7]},)"));
  EXPECT_THAT(runs.at(0).topology.peers[0].agent.command, ElementsAre("full-agent", "--n=77"));
  EXPECT_EQ(std::get<NatBehavior>(runs.at(0).topology.peers[0].uplinks[0].way.boxes.at(0).behavior),
            nat_behavior("full-cone"));
}

TEST(Scenario, ValueWithoutNameIsCalledByItsJson) {
  const auto runs =
      plan(with(R"("matrix": {"a": [{"nat": {"filtering": "address-dependent"}}]}, "expect": [])"));
  EXPECT_EQ(runs.at(0).name, R"({"nat":{"filtering":"address-dependent"}})");
}

TEST(Scenario, PeersShareNetworksThatLieInOneAnother) {
  const auto runs = plan(with_peers(R"({"agent": "libnice", "network": "home"})",
                                    R"({"agent": "libnice", "uplinks": {
                                          "wlan0": {"behind": ["symmetric"], "network": "isp"},
                                          "lte0": {}}})")
                             .insert(1, R"("networks": {"isp": {"behind": ["carrier-grade"]},
                                                        "home": {"network": "isp"}},)"));
  const Topology& topology = runs.at(0).topology;
  ASSERT_THAT(topology.networks, SizeIs(2));
  EXPECT_EQ(topology.networks[0].way.boxes.at(0).name, "isp.nat");
  EXPECT_EQ(topology.networks[1].way.network, "isp");
  EXPECT_EQ(topology.peers[0].uplinks.at(0).interface, "eth0");
  EXPECT_EQ(topology.peers[0].uplinks[0].way.network, "home");
  const auto& uplinks = topology.peers[1].uplinks;
  ASSERT_THAT(uplinks, SizeIs(2));
  EXPECT_EQ(uplinks[0].interface, "wlan0");
  EXPECT_EQ(uplinks[0].way.boxes.at(0).name, "bob.wlan0.nat");
  EXPECT_EQ(uplinks[1].interface, "lte0");
  EXPECT_EQ(uplinks[1].way.network, "");
}

TEST(Scenario, BoxesAreNamedAfterThePeerFromTheHostOutwards) {
  const auto runs = plan(with_peers(
      R"({"agent": "libnice", "behind": ["none", "symmetric", {"nat": "none"}]})",
      R"({"agent": "libnice", "behind": ["full-cone", {"nat": {"profile": "symmetric", "filtering": "endpoint-independent"}}]})"));
  const auto& [alice, bob] = std::tie(runs.at(0).topology.peers[0], runs.at(0).topology.peers[1]);
  ASSERT_THAT(alice.uplinks[0].way.boxes, SizeIs(1));
  EXPECT_EQ(alice.uplinks[0].way.boxes[0].name, "alice.nat");
  ASSERT_THAT(bob.uplinks[0].way.boxes, SizeIs(2));
  EXPECT_EQ(bob.uplinks[0].way.boxes[0].name, "bob.nat1");
  EXPECT_EQ(bob.uplinks[0].way.boxes[1].name, "bob.nat2");
  EXPECT_EQ(std::get<NatBehavior>(bob.uplinks[0].way.boxes[1].behavior).mapping,
            Dependence::address_and_port_dependent);
  EXPECT_EQ(std::get<NatBehavior>(bob.uplinks[0].way.boxes[1].behavior).filtering,
            Dependence::endpoint_independent);
}

TEST(Scenario, AgentSettingsAreRead) {
  const auto runs = plan(with_peers(
      R"({"agent": {"kind": "libnice", "nomination": "regular", "turn": ["tcp", "udp"], "stun": true,
      "force_relay": true, "ice_udp": false, "ice_tcp": true, "pacing_ms": 50.0, "retransmissions": 7}})"));
  const auto& agent = runs.at(0).topology.peers[0].agent;
  EXPECT_EQ(agent.kind, "libnice");
  EXPECT_EQ(agent.nomination, Nomination::regular);
  EXPECT_THAT(agent.turn, ElementsAre(TurnTransport::tcp, TurnTransport::udp));
  EXPECT_TRUE(agent.stun && agent.force_relay && !agent.ice_udp && agent.ice_tcp);
  EXPECT_EQ(agent.pacing_ms, 50);
  EXPECT_EQ(agent.retransmissions, 7);
}

TEST(Scenario, AgentHasTurnOverUdpIfThereIsAServerAndNoneElse) {
  EXPECT_THAT(plan(with_peers(R"({"agent": "libnice"})")).at(0).topology.peers[0].agent.turn,
              ElementsAre(TurnTransport::udp));
  const auto runs = plan(
      R"({"peers": {"alice": {"agent": "libnice"}, "bob": {"agent": "libnice"}}, "expect": []})");
  EXPECT_THAT(runs.at(0).topology.peers[0].agent.turn, IsEmpty());
}

TEST(Scenario, LaterExpectationsAddToEarlierOnes) {
  const auto runs =
      plan(with(R"("matrix": {"a": ["none", {"name": "sym", "nat": "symmetric"}], "n": [1, 2]},
      "expect": [{"connected": true}, {"when": {"a": "sym", "n": [2]}, "path": "relay"}, {"when": {"n": "1"}, "path": "direct"}])"));
  ASSERT_THAT(runs, SizeIs(4));
  ASSERT_THAT(runs[3].expectations, SizeIs(2));
  EXPECT_EQ(runs[3].expectations[0].pointer, "/expect/0");
  EXPECT_EQ(runs[3].expectations[0].connected, true);
  EXPECT_EQ(runs[3].expectations[0].path, std::nullopt);
  EXPECT_EQ(runs[3].expectations[1].pointer, "/expect/1");
  EXPECT_EQ(runs[3].expectations[1].path, Path::relay);
  EXPECT_THAT(runs[1].expectations, SizeIs(1));
  EXPECT_EQ(runs[0].expectations[1].path, Path::direct);
}

TEST(Scenario, FilterSelectsRunsByTheirFullNames) {
  const auto text =
      with(R"("matrix": {"a": ["none", "symmetric"], "b": ["none", "symmetric"]}, "expect": [])");
  EXPECT_THAT(names(plan(text, {.filter = "x/sym*"})),
              ElementsAre("symmetric/none", "symmetric/symmetric"));
  EXPECT_THAT(names(plan(text, {.filter = "*/none"})), ElementsAre("none/none", "symmetric/none"));
  EXPECT_THAT(faults_in(plan_scenario_text(text, "x.json", {.filter = "y*"})),
              ElementsAre("--filter: 'y*' matches none of the 4 cells, such as 'x/none/none'"));
}

TEST(Scenario, EveryRunHasASeedOfItsOwnThatOtherCellsDoNotChange) {
  const auto small = plan(with(R"("matrix": {"a": ["none", "symmetric"]}, "expect": [])"),
                          {.repeat = 3, .seed = 9});
  ASSERT_THAT(small, SizeIs(6));
  EXPECT_EQ(small[2].repeat, 2);
  std::set<unsigned> seeds;
  for (const auto& run : small) seeds.insert(run.seed);
  EXPECT_THAT(seeds, SizeIs(6));

  const auto large =
      plan(with(R"("matrix": {"a": ["full-cone", "symmetric", "none"]}, "expect": [])"),
           {.repeat = 1, .seed = 9});
  EXPECT_EQ(large[2].seed, small[0].seed);
  EXPECT_EQ(large[1].seed, small[3].seed);
  EXPECT_NE(
      plan(with(R"("matrix": {"a": ["none"]}, "expect": [])"), {.repeat = 1, .seed = 10})[0].seed,
      small[0].seed);
}

TEST(ShippedScenarios, ClassicExpectsTheRelayOnlyWhereSymmetricMeetsPortFiltering) {
  const auto runs = plan_scenarios({scenarios + "/classic.json"}, {}).runs;
  ASSERT_THAT(runs, SizeIs(25));
  const std::set<std::string> relayed = {"symmetric/symmetric", "symmetric/port-restricted-cone",
                                         "port-restricted-cone/symmetric"};
  for (const auto& run : runs) {
    std::set<Path> paths;
    bool connected = false;
    for (const auto& expectation : run.expectations) {
      connected = connected || expectation.connected == true;
      if (expectation.path) paths.insert(*expectation.path);
    }
    EXPECT_TRUE(connected) << run.name;
    EXPECT_THAT(paths, ElementsAre(relayed.contains(run.name) ? Path::relay : Path::direct))
        << run.name;
  }
}

}  // namespace
}  // namespace icelab
