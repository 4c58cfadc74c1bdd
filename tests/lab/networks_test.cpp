// Networks other than the classic NATs, as users of icelab run them.

#include "harness/lab/name_server.h"
#include "src/base/file.h"
#include "tests/lab/program.h"
#include "tests/lab/scenario_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>

namespace icelab {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

class Networks : public testing::Test {
 protected:
  void SetUp() override { REQUIRE_LABS(); }
};

/// Two libnice agents with a relay in reach of TCP to port 443.
std::string scenario(const std::string& alice, const std::string& bob, const std::string& expect) {
  constexpr std::string_view agent = R"({"kind": "libnice", "turn": ["udp", "tcp", "tcp-443"]})";
  return fmt::format(R"({{ "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "peers": {{ "alice": {{ "agent": {0}, "behind": [{1}] }},
               "bob": {{ "agent": {0}, "behind": [{2}] }} }},
    "expect": [{3}] }})",
                     agent, alice, bob, expect);
}

TEST_F(Networks, AreAllAsExpectedTenAgainstTen) {
  ScenarioRun ten(read_file(ICELAB_SOURCE "/scenarios/ten-networks.json", 1 << 20));
  EXPECT_EQ(ten.wait(), 0) << ten.outcome().out;
  EXPECT_THAT(ten.runs(), SizeIs(100));
}

/// The nine cells of RFC 4787, mapping with filtering, each against each.
std::string nine_cells() {
  std::string cells;
  for (const std::string mapping :
       {"endpoint-independent", "address-dependent", "address-and-port-dependent"}) {
    for (const std::string filtering :
         {"endpoint-independent", "address-dependent", "address-and-port-dependent"}) {
      cells += fmt::format(
          R"({}{{ "name": "{}, {}", "nat": {{ "mapping": "{}", "filtering": "{}" }} }})",
          cells.empty() ? "" : ", ", mapping, filtering, mapping, filtering);
    }
  }
  return fmt::format(R"({{ "matrix": {{ "a": [{0}], "b": [{0}] }},
    "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "peers": {{ "alice": {{ "agent": "libnice", "behind": ["${{a}}"] }},
               "bob": {{ "agent": "libnice", "behind": ["${{b}}"] }} }},
    "expect": "possible", "deadline_s": 10 }})",
                     cells);
}

TEST_F(Networks, OfTheNineCellsLetThroughWhatTheSimulationFindsPossible) {
  ScenarioRun nine(nine_cells());
  const int status = nine.wait();
  // Two NATs that give every answer another port, and let everybody in: each check is answered from
  // yet another port, which is one more candidate to libnice, and so on until its relays have had
  // their turn. How often that is before the deadline is the machine's to say; icelab says what
  // came.
  const std::string endless =
      "address-and-port-dependent, endpoint-independent/"
      "address-and-port-dependent, endpoint-independent";
  const bool comes_to_an_end = nine.run_named(endless).at("verdict") == "as-expected";
  EXPECT_EQ(status, comes_to_an_end ? 0 : 1);
  const auto runs = nine.runs();
  EXPECT_THAT(runs, SizeIs(81));
  for (const auto& run : runs) {
    if (run.at("name") == endless && !comes_to_an_end) {
      EXPECT_THAT(run.at("reasons").get<std::vector<std::string>>(),
                  Contains(HasSubstr("expected path relay, which the network allows")));
      continue;
    }
    EXPECT_EQ(run.at("verdict"), "as-expected") << run.at("name") << run.at("reasons");
    EXPECT_EQ(run.at("path"), run.at("possible")) << run.at("name");
  }
}

/// The agents' own choice leaves most pairs of these untried.
TEST_F(Networks, AreTriedPairByPairWhereThatIsAskedFor) {
  ScenarioRun exhaustive(R"({ "servers": { "relay": { "kind": "coturn" } },
    "peers": { "alice": { "agent": "libnice", "behind": ["port-restricted-cone"] },
               "bob": { "agent": "libnice", "behind": ["port-restricted-cone"] } },
    "pairs": "exhaustive", "expect": [{ "path": "direct" }] })");
  EXPECT_EQ(exhaustive.wait(), 0) << exhaustive.outcome().out;
  const auto pairs = exhaustive.only_run().at("pairs");
  EXPECT_THAT(pairs, SizeIs(12));  // host and relay, each with host, srflx and relay, both ways
  for (const auto& pair : pairs) {
    // One that cannot work is abandoned where a peer-reflexive pair works before it has failed.
    const std::string outcome = pair.at("outcome");
    if (pair.at("possible") == true) {
      EXPECT_EQ(outcome, "succeeded") << pair;
    } else {
      EXPECT_THAT(outcome, AnyOf("failed", "abandoned")) << pair;
    }
    EXPECT_EQ(pair.at("agrees"), true) << pair;
  }
}

TEST_F(Networks, ThatPeersShareAreAllAsExpected) {
  ScenarioRun shared(read_file(ICELAB_SOURCE "/scenarios/shared-networks.json", 1 << 20));
  EXPECT_EQ(shared.wait(), 0) << shared.outcome().out;
  EXPECT_THAT(shared.runs(), SizeIs(9));
}

/// The outcomes of a run's pairs of two link-local addresses, and why they are so.
std::set<std::string> link_local_outcomes(const Json& run) {
  const auto is_link_local = [](const Json& pair, const char* end) {
    return pair.at(end).at("address").get<std::string>().starts_with("[fe80:");
  };
  std::set<std::string> outcomes;
  for (const Json& pair : run.at("pairs")) {
    if (!is_link_local(pair, "local") || !is_link_local(pair, "remote")) continue;
    const Json& cause = pair.at("cause");
    outcomes.insert(pair.at("outcome").get<std::string>() +
                    (cause.is_null() ? "" : ": " + cause.at("detail").get<std::string>()));
  }
  return outcomes;
}

TEST_F(Networks, KeepLinkLocalAddressesToThemselves) {
  ScenarioRun run(read_file(ICELAB_SOURCE "/scenarios/link-local.json", 1 << 20));
  EXPECT_EQ(run.wait(), 0) << run.outcome().out;
  EXPECT_THAT(run.runs(), SizeIs(6));
  for (const std::string addresses : {"router-advertisement", "static-and-link-local"}) {
    EXPECT_THAT(link_local_outcomes(run.run_named(addresses + "/same-home")),
                ElementsAre("succeeded"));
    EXPECT_THAT(link_local_outcomes(run.run_named(addresses + "/same-home-by-wifi")),
                ElementsAre("succeeded"));
    const std::string stays = " is a link-local address, which does not leave its network";
    EXPECT_THAT(link_local_outcomes(run.run_named(addresses + "/elsewhere")),
                ElementsAre("failed: fe80::1:2" + stays, "failed: fe80::2:2" + stays));
  }
}

TEST_F(Networks, ResolveServersByName) {
  if (!find_unbound()) GTEST_SKIP() << "unbound is not installed";
  ScenarioRun run(read_file(ICELAB_SOURCE "/scenarios/dns64.json", 1 << 20));
  EXPECT_EQ(run.wait(), 0) << run.outcome().out;
  EXPECT_THAT(run.runs(), SizeIs(4));
  // A peer of IPv6 alone that was told nothing but a name of IPv4.
  const Json alice = run.run_named("nat64").at("peers").at("alice");
  EXPECT_THAT(alice.at("candidates").dump(), HasSubstr(R"("type":"relay")"));
}

TEST_F(Networks, ThatChangeInMidRunAreAllAsExpected) {
  ScenarioRun events(read_file(ICELAB_SOURCE "/scenarios/events.json", 1 << 20));
  EXPECT_EQ(events.wait(), 0) << events.outcome().out;
  EXPECT_THAT(events.runs(), SizeIs(14));
}

TEST_F(Networks, BehindAnHttpProxyMeetThroughTheRelayByATunnel) {
  ScenarioRun proxies(read_file(ICELAB_SOURCE "/scenarios/proxies.json", 1 << 20));
  EXPECT_EQ(proxies.wait(), 0) << proxies.outcome().out;
  EXPECT_THAT(proxies.runs(), SizeIs(10));
  // The check that leaves in the tunnel is recognised where it leaves the relay.
  for (const Json& run : proxies.runs()) {
    if (run.at("path") != "relay") continue;
    const auto selected = std::ranges::count_if(run.at("pairs"), [](const Json& pair) {
      return pair.at("agent") == "alice" && pair.at("selected") == true &&
             pair.at("outcome") == "succeeded" && pair.at("agrees") == true;
    });
    EXPECT_EQ(selected, 1) << run.at("name");
  }
}

TEST_F(Networks, BehindACaptivePortalOpenWhenSomeoneSignsIn) {
  ScenarioRun portal(read_file(ICELAB_SOURCE "/scenarios/captive-portal.json", 1 << 20));
  EXPECT_EQ(portal.wait(), 0) << portal.outcome().out;
  EXPECT_THAT(portal.runs(), SizeIs(6));
}

/// Skips the test where this machine's kernel cannot be a router.
class KernelRouters : public Networks {
 protected:
  void SetUp() override {
    Networks::SetUp();
    const Outcome doctor = run(icelab_command({"doctor"}));
    if (doctor.out.find("--  kernel routers") != std::string::npos) GTEST_SKIP() << doctor.out;
  }
};

TEST_F(KernelRouters, AreAllAsExpectedAgainstEachOtherAndIcelabsNats) {
  ScenarioRun routers(read_file(ICELAB_SOURCE "/scenarios/kernel-routers.json", 1 << 20));
  EXPECT_EQ(routers.wait(), 0) << routers.outcome().out;
  EXPECT_THAT(routers.runs(), SizeIs(49));
}

TEST_F(KernelRouters, AreReportedToHaveLostAPortToAnEarlyPacket) {
  ScenarioRun run(scenario(R"({"link": {"delay_ms": 100}}, "port-restricted-cone")",
                           R"("linux-kernel-masquerade")", R"({"path": "relay"})"));
  EXPECT_EQ(run.wait(), 0) << run.outcome().out;
  std::vector<std::string> details;
  const Json result = run.only_run();
  for (const Json& pair : result.at("pairs")) {
    if (pair.at("outcome") == "failed" && pair.at("cause").at("at") == "bob.nat")
      details.push_back(pair.at("cause").at("detail"));
  }
  EXPECT_THAT(details, Contains(HasSubstr("had come before anybody sent to it")));
}

TEST_F(Networks, LoseARelayedPathForGoodWithTheServersMemory) {
  ScenarioRun run(
      scenario(R"("symmetric")", R"("symmetric")",
               R"({"path": "relay"}, {"after": "crash", "recovered": false})")
          .insert(1, R"("deadline_s": 6, "events": [{"name": "crash", "after": "connected",
                                     "stop": "relay", "for_ms": 100}],)"));
  EXPECT_EQ(run.wait(), 0) << run.outcome().out;
  const Json result = run.only_run();
  EXPECT_THAT(result.at("events"), SizeIs(2));
}

TEST_F(Networks, OfAHostWithTwoUplinksBothAppearInTheTable) {
  ScenarioRun run(R"({ "servers": { "relay": { "kind": "coturn" } },
    "peers": { "alice": { "agent": "libnice", "uplinks": {
                 "wlan0": { "behind": ["udp-blocked"] }, "lte0": { "behind": ["symmetric"] } } },
               "bob": { "agent": "libnice", "behind": ["restricted-cone"] } },
    "expect": [{ "path": "direct" }] })");
  EXPECT_EQ(run.wait(), 0) << run.outcome().out;
  const Json result = run.only_run();
  std::map<std::string, std::set<std::string>> outcomes;  // by alice's address
  for (const Json& pair : result.at("pairs")) {
    const auto address = pair.at("local").at("address").get<std::string>();
    if (pair.at("agent") == "alice" && pair.at("local").at("type") == "host")
      outcomes[address.substr(0, address.find(':'))].insert(pair.at("outcome"));
  }
  EXPECT_THAT(outcomes, ElementsAre(Pair("10.0.11.2", Contains("succeeded")),
                                    Pair("203.0.113.21", Not(Contains("succeeded")))));
}

TEST_F(Networks, OfIpv6AreAllAsExpectedEachAgainstEach) {
  ScenarioRun ipv6(read_file(ICELAB_SOURCE "/scenarios/ipv6.json", 1 << 20));
  EXPECT_EQ(ipv6.wait(), 0) << ipv6.outcome().out;
  EXPECT_THAT(ipv6.runs(), SizeIs(49));
}

TEST_F(Networks, OfIpv6AloneHaveRoomForSeveralSubscribers) {
  ScenarioRun run(R"({ "servers": { "relay": { "kind": "coturn" } },
    "networks": { "isp": { "behind": ["nat64"] } },
    "peers": { "alice": { "agent": "libnice", "ip": "dual-stack", "behind": ["clat"], "network": "isp" },
               "bob": { "agent": "libnice", "ip": "ipv6", "network": "isp" } },
    "expect": [{ "path": "direct" }] })");
  EXPECT_EQ(run.wait(), 0) << run.outcome().out;
}

TEST_F(Networks, WithoutUdpMeetThroughTheRelayAndSayWhereUdpWasBlocked) {
  ScenarioRun run(scenario(R"("web-only")", R"("none")", R"({"path": "relay"})"));
  EXPECT_EQ(run.wait(), 0) << run.outcome().out;
  std::vector<std::string> blocked;
  const Json result = run.only_run();
  for (const Json& pair : result.at("pairs")) {
    if (pair.at("outcome") != "failed" || !pair.contains("cause")) continue;
    const Json& cause = pair.at("cause");
    blocked.push_back(cause.at("code").get<std::string>() + " at " +
                      cause.at("at").get<std::string>());
  }
  EXPECT_THAT(blocked, Contains("blocked at alice.firewall"));
}

TEST_F(Networks, ConnectOverALinkThatLosesDelaysAndReorders) {
  const std::string rough =
      R"({"link": {"delay_ms": 30, "jitter_ms": 10, "loss": 0.1, "reorder": 0.05, "duplicate": 0.05}})";
  ScenarioRun run(scenario(rough + R"(, "port-restricted-cone")", R"("port-restricted-cone")",
                           R"({"connected": true})"));
  EXPECT_EQ(run.wait(), 0) << run.outcome().out;
  std::vector<double> times;
  const Json result = run.only_run();
  for (const Json& pair : result.at("pairs")) {
    if (pair.at("rtt_ms").is_number()) times.push_back(pair.at("rtt_ms"));
  }
  EXPECT_THAT(times, Not(testing::IsEmpty()));
}

/// The round trip times in milliseconds that ping prints.
std::vector<double> round_trips(const std::string& output) {
  std::vector<double> times;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find("time=");
    if (at != std::string::npos) times.push_back(std::stod(line.substr(at + 5)));
  }
  return times;
}

Outcome behind(const std::string& box, const std::vector<std::string>& program) {
  std::vector<std::string> arguments{"behind", box, "--"};
  arguments.insert(arguments.end(), program.begin(), program.end());
  return run(icelab_command(arguments));
}

TEST_F(Networks, DelayEveryPacketOfAnyProgram) {
  const auto ping = behind(R"({"link": {"up": {"delay_ms": 30}, "down": {"delay_ms": 20}}})",
                           {"ping", "-c3", "-i0.01", "203.0.113.10"});
  EXPECT_EQ(ping.status, 0) << ping.err;
  EXPECT_THAT(round_trips(ping.out), SizeIs(3));
  EXPECT_THAT(round_trips(ping.out), Each(testing::Ge(50)));
}

TEST_F(Networks, TellASenderThatItsPacketIsTooBigForALink) {
  const auto ping = behind(R"({"link": {"mtu": 1280}})",
                           {"ping", "-c1", "-w5", "-M", "do", "-s", "1400", "203.0.113.10"});
  EXPECT_THAT(ping.out + ping.err, HasSubstr("mtu = 1280"));
}

TEST_F(Networks, CarryFragmentsAcrossALinkThatIsTooSmall) {
  const auto ping = behind(R"({"link": {"mtu": 576}})",
                           {"ping", "-c1", "-w20", "-M", "dont", "-s", "1400", "203.0.113.10"});
  EXPECT_EQ(ping.status, 0) << ping.out;
}

TEST_F(Networks, RefuseALoudFirewallsTcpAtOnce) {
  const auto connection = behind(R"({"firewall": {"profile": "web-only", "refusal": "rejected"}})",
                                 {"bash", "-c", "exec 3<>/dev/tcp/203.0.113.10/3478"});
  EXPECT_THAT(connection.err, HasSubstr("Connection refused"));
}

TEST_F(Networks, AreCertifiedByName) {
  const auto certified = run(icelab_command({"certify", "symmetric", "--verbose"}));
  EXPECT_EQ(certified.status, 0) << certified.out;
  EXPECT_THAT(certified.out, HasSubstr("ok  symmetric"));
  EXPECT_THAT(certified.out,
              HasSubstr("UDP mapping              address-and-port-dependent   as measured"));
}

TEST_F(Networks, AreCertifiedForIpv6) {
  const auto certified =
      run(icelab_command({"certify", "nat64", "nptv6", "clat", "ipv6-firewall", "--verbose"}));
  EXPECT_EQ(certified.status, 0) << certified.out;
  EXPECT_THAT(certified.out, HasSubstr("prefix                   2001:db8:0:1::/64"));
  EXPECT_THAT(certified.out, HasSubstr("4 boxes: 4 are what they say"));
}

TEST_F(Networks, AreCertifiedLinkByLink) {
  const auto certified = run(icelab_command({"certify", "pppoe", "--verbose"}));
  EXPECT_EQ(certified.status, 0) << certified.out;
  EXPECT_THAT(certified.out, HasSubstr("up MTU                   1492 bytes"));
}

}  // namespace
}  // namespace icelab
