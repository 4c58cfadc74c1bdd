#include "src/base/file.h"
#include "tests/lab/program.h"
#include "tests/lab/scenario_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace icelab {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class IcelabRun : public testing::Test {
 protected:
  void SetUp() override { REQUIRE_LABS(); }
};

/// Both peers with the same agent, each behind its NATs, and one TURN server.
std::string scenario(const std::string& agent, const std::string& alice, const std::string& bob,
                     const std::string& expect, const std::string& more = "") {
  return fmt::format(R"({{
    "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "peers": {{ "alice": {{ "agent": {0}, "behind": {1} }}, "bob": {{ "agent": {0}, "behind": {2} }} }},
    "expect": [ {3} ]{4} }})",
                     agent, alice, bob, expect, more);
}

/// The transports, or types, of the candidates that a peer told.
std::vector<std::string> candidates(const Json& run, const std::string& peer,
                                    const std::string& member) {
  std::vector<std::string> found;
  for (const Json& candidate : run.at("peers").at(peer).at("candidates"))
    found.push_back(candidate.at(member));
  return found;
}

std::vector<Json> selected_pairs(const Json& run) {
  std::vector<Json> found;
  for (const Json& pair : run.at("pairs")) {
    if (pair.at("selected").get<bool>()) found.push_back(pair);
  }
  return found;
}

std::string end_type(const Json& pair, const std::string& end) {
  return pair.at(end).at("type");
}

TEST_F(IcelabRun, ConnectsDirectlyWhereTheNatsLetIt) {
  ScenarioRun icelab(scenario(R"("libnice")", R"(["port-restricted-cone"])",
                              R"(["port-restricted-cone"])", R"({ "path": "direct" })"));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  const Json run = icelab.only_run();
  EXPECT_EQ(run.at("verdict"), "as-expected");
  EXPECT_EQ(run.at("connected"), true);
  EXPECT_EQ(run.at("path"), "direct");
  EXPECT_THAT(selected_pairs(run), SizeIs(2));
  EXPECT_THAT(candidates(run, "alice", "type"), IsSupersetOf({"host", "srflx", "relay"}));
}

TEST_F(IcelabRun, RelaysBetweenSymmetricNatsAndSaysWhatElseWasTried) {
  ScenarioRun icelab(
      scenario(R"("libnice")", R"(["symmetric"])", R"(["symmetric"])", R"({ "path": "relay" })"));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  const Json run = icelab.only_run();
  EXPECT_EQ(run.at("path"), "relay");
  int explained = 0;
  for (const Json& pair : run.at("pairs")) {
    if (pair.contains("cause") && pair.at("cause").is_object()) ++explained;
  }
  EXPECT_GT(explained, 0);
}

TEST_F(IcelabRun, NominatesRegularlyExactlyOnePairOfEachAgent) {
  ScenarioRun icelab(scenario(R"({ "kind": "libnice", "nomination": "regular" })",
                              R"(["full-cone"])", R"([])", R"({ "path": "direct" })"));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  const Json run = icelab.only_run();
  std::vector<std::string> nominating;
  for (const Json& pair : run.at("pairs")) {
    if (pair.at("nominated").get<bool>()) nominating.push_back(pair.at("agent"));
  }
  EXPECT_THAT(nominating, testing::UnorderedElementsAre("alice", "bob"));
}

TEST_F(IcelabRun, RelaysWhatMayOnlyBeRelayed) {
  ScenarioRun icelab(scenario(R"({ "kind": "libnice", "force_relay": true })", "[]", "[]",
                              R"({ "path": "relay" })"));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  for (const Json& pair : selected_pairs(icelab.only_run()))
    EXPECT_EQ(end_type(pair, "local"), "relay") << pair;
}

TEST_F(IcelabRun, RelaysByTurnOverTcpAlone) {
  ScenarioRun icelab(scenario(R"({ "kind": "libnice", "turn": ["tcp"], "force_relay": true })",
                              R"(["symmetric"])", R"(["symmetric"])", R"({ "path": "relay" })"));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  const Json run = icelab.only_run();
  EXPECT_THAT(selected_pairs(run), SizeIs(2));
  EXPECT_THAT(candidates(run, "alice", "type"), Contains("relay"));
}

TEST_F(IcelabRun, ConnectsOverIceTcp) {
  ScenarioRun icelab(
      scenario(R"({ "kind": "libnice", "ice_udp": false, "ice_tcp": true, "turn": [] })",
               R"(["port-restricted-cone"])", "[]", R"({ "path": "direct" })"));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  const Json run = icelab.only_run();
  EXPECT_THAT(candidates(run, "alice", "transport"), Each(StartsWith("tcp")));
  for (const Json& pair : selected_pairs(run))
    EXPECT_THAT(pair.at("local").at("transport").get<std::string>(), StartsWith("tcp"));
}

constexpr const char* without_turn = R"({ "kind": "libnice", "turn": [], "retransmissions": 1 })";

TEST_F(IcelabRun, TakesAFailureThatWasExpectedAsExpected) {
  ScenarioRun icelab(scenario(without_turn, R"(["symmetric"])", R"(["symmetric"])",
                              R"({ "connected": false, "path": "none" })"));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  EXPECT_EQ(icelab.only_run().at("verdict"), "as-expected");
}

TEST_F(IcelabRun, ExitsWithOneWhenWhatHappensWasNotExpectedAndSaysWhy) {
  ScenarioRun icelab(
      scenario(without_turn, R"(["symmetric"])", R"(["symmetric"])", R"({ "connected": true })"));
  EXPECT_EQ(icelab.wait(), 1);
  const Json run = icelab.only_run();
  EXPECT_EQ(run.at("verdict"), "unexpected");
  EXPECT_EQ(run.at("reasons"), Json::array({"expected connected, was not connected (/expect/0)"}));
  EXPECT_EQ(run.at("path"), "none");
  EXPECT_THAT(icelab.outcome().out, HasSubstr("expected connected, was not connected"));
  std::vector<std::string> causes;
  for (const Json& pair : run.at("pairs")) {
    if (pair.at("cause").is_object()) causes.push_back(pair.at("cause").at("code"));
  }
  EXPECT_THAT(causes, Not(IsEmpty()));
}

TEST_F(IcelabRun, WritesAReportForMachinesAndEveryLogItNames) {
  ScenarioRun icelab(
      scenario(R"("libnice")", "[]", R"(["symmetric"])", R"({ "connected": true })"));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  const Json report = icelab.report();
  EXPECT_EQ(report.at("schema"), "icelab-report/1");
  EXPECT_EQ(report.at("interrupted"), false);
  EXPECT_EQ(report.at("summary").at("runs"), 1);
  EXPECT_EQ(report.at("environment").at("rootless"), geteuid() != 0);
  EXPECT_THAT(report.at("environment").at("versions").at("libnice").get<std::string>(),
              StartsWith("0.1."));
  EXPECT_THAT(read_file(icelab.out_folder() + "/junit.xml", 1 << 20),
              AllOf(StartsWith("<?xml"), HasSubstr("</testsuites>")));
  const Json& artifacts = report.at("runs")[0].at("artifacts");
  EXPECT_TRUE(artifacts.contains("relay log")) << artifacts;
  for (const auto& [what, file] : artifacts.items()) {
    EXPECT_TRUE(
        std::filesystem::is_regular_file(icelab.out_folder() + "/" + file.get<std::string>()))
        << what;
  }
}

TEST_F(IcelabRun, KeepsWhatAnAgentTellsForItsLog) {
  ScenarioRun icelab(fmt::format(R"({{
    "peers": {{ "alice": {{ "agent": {{ "command": ["{0}/tells-its-log"] }} }},
               "bob": {{ "agent": {{ "command": ["{0}/gathers-nothing"] }} }} }},
    "expect": [ {{ "connected": false }} ], "deadline_s": 0.5 }})",
                                 ICELAB_TEST_AGENTS));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  const Json artifacts = icelab.only_run().at("artifacts");
  const std::string file = artifacts.at("alice log");
  EXPECT_EQ(read_file(icelab.out_folder() + "/" + file, 1 << 20),
            "warning: no interface is up\ngood night\n");
  EXPECT_FALSE(artifacts.contains("bob log"));
}

/// Four runs of a second each: agents without candidates never connect, which is as expected here.
std::string four_slow_runs() {
  return fmt::format(R"({{
    "matrix": {{ "n": [1, 2, 3, 4] }},
    "peers": {{ "alice": {{ "agent": {{ "command": ["{0}/gathers-nothing"] }} }},
               "bob": {{ "agent": {{ "command": ["{0}/gathers-nothing"] }}, "behind": [] }} }},
    "expect": [ {{ "connected": false }} ], "deadline_s": 1 }})",
                     ICELAB_TEST_AGENTS);
}

double seconds_of_runs(const ScenarioRun& icelab) {
  double sum = 0;
  for (const Json& run : icelab.runs()) sum += run.at("seconds").at("total").get<double>();
  return sum;
}

TEST_F(IcelabRun, MakesOneRunAfterTheOtherWithOneJob) {
  ScenarioRun icelab(four_slow_runs(), {"--jobs", "1"});
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  EXPECT_THAT(icelab.runs(), SizeIs(4));
  EXPECT_GE(icelab.report().at("wall_seconds").get<double>(), seconds_of_runs(icelab) - 0.1);
  const std::string& progress = icelab.outcome().err;
  EXPECT_LT(progress.find("1/4  scenario/1"), progress.find("2/4  scenario/2"));
  EXPECT_LT(progress.find("3/4  scenario/3"), progress.find("4/4  scenario/4"));
}

TEST_F(IcelabRun, MakesRunsAtTheSameTimeWithSeveralJobs) {
  ScenarioRun icelab(four_slow_runs(), {"--jobs", "4"});
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  EXPECT_LT(icelab.report().at("wall_seconds").get<double>(), seconds_of_runs(icelab));
}

TEST_F(IcelabRun, RepeatsRunsEachWithASeedOfItsOwn) {
  ScenarioRun icelab(scenario(R"("libnice")", "[]", "[]", R"({ "path": "direct" })"),
                     {"--repeat", "3", "--seed", "42"});
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  EXPECT_EQ(icelab.report().at("seed"), 42);
  std::vector<int> repeats;
  std::vector<unsigned> seeds;
  for (const Json& run : icelab.runs()) {
    repeats.push_back(run.at("repeat"));
    seeds.push_back(run.at("seed"));
  }
  EXPECT_THAT(repeats, ElementsAre(0, 1, 2));
  std::ranges::sort(seeds);
  EXPECT_EQ(std::ranges::adjacent_find(seeds), seeds.end());
}

/// The port that alice's NAT gives her, which is left to chance.
std::string mapped_port(const std::string& seed) {
  ScenarioRun icelab(R"({
    "servers": { "relay": { "kind": "coturn" } },
    "peers": { "alice": { "agent": "libnice", "behind": [{ "nat": { "port_assignment": "random" } }] },
               "bob": { "agent": "libnice", "behind": ["port-restricted-cone"] } },
    "expect": [{ "connected": true }] })",
                     {"--seed", seed});
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  const Json run = icelab.only_run();
  for (const Json& candidate : run.at("peers").at("alice").at("candidates")) {
    if (candidate.at("type") == "srflx") return candidate.at("address");
  }
  ADD_FAILURE() << "alice has no server-reflexive candidate";
  return "";
}

TEST_F(IcelabRun, GivesTheSamePortsWithTheSameSeed) {
  const std::string port = mapped_port("7");
  EXPECT_EQ(mapped_port("7"), port);
  EXPECT_NE(mapped_port("8"), port);
}

TEST_F(IcelabRun, CannotTellFromAgentsThatHadHardlyBegun) {
  ScenarioRun icelab(fmt::format(R"({{
    "peers": {{ "alice": {{ "agent": {{ "command": ["{0}/says-nothing"] }} }},
               "bob": {{ "agent": {{ "command": ["{0}/gathers-nothing"] }} }} }},
    "expect": [ {{ "connected": false }} ], "deadline_s": 0.5 }})",
                                 ICELAB_TEST_AGENTS));
  EXPECT_EQ(icelab.wait(), 1);
  EXPECT_EQ(icelab.only_run().at("verdict"), "error");
  EXPECT_THAT(icelab.only_run().at("reasons").get<std::vector<std::string>>(),
              ElementsAre("alice's agent had not gathered its candidates within 0.5 s"));
}

TEST_F(IcelabRun, FindsThe25CellsOfTheClassicMatrixAsExpected) {
  ScenarioRun icelab(read_file(ICELAB_SOURCE "/scenarios/classic.json", 1 << 20));
  EXPECT_EQ(icelab.wait(), 0) << icelab.outcome().out;
  EXPECT_THAT(icelab.runs(), SizeIs(25));
  int pairs = 0;
  for (const Json& run : icelab.runs()) {
    for (const Json& pair : run.at("pairs")) {
      EXPECT_TRUE(pair.at("agrees")) << run.at("name") << pair;
      EXPECT_EQ(pair.at("cause").is_null(), pair.at("outcome") != "failed") << pair;
      ++pairs;
    }
  }
  EXPECT_GT(pairs, 25 * 2);
}

TEST_F(IcelabRun, RefusesAFilterThatMatchesNothing) {
  ScenarioRun icelab(four_slow_runs(), {"--filter", "nothing/*"});
  EXPECT_EQ(icelab.wait(), 2);
  EXPECT_THAT(icelab.outcome().err, HasSubstr("nothing/*"));
  EXPECT_FALSE(std::filesystem::exists(icelab.out_folder()));
}

/// A run that ends at once, and one that hangs until somebody interrupts it.
std::string one_that_hangs() {
  return fmt::format(R"({{
    "matrix": {{ "agent": [ "libnice", {{ "name": "hangs", "command": ["{0}/hangs"] }} ] }},
    "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "peers": {{ "alice": {{ "agent": "${{agent}}" }}, "bob": {{ "agent": "libnice" }} }},
    "expect": [ {{ "connected": true }} ], "deadline_s": 600 }})",
                     ICELAB_TEST_AGENTS);
}

class Interrupted : public IcelabRun {
 protected:
  static void expect_report_of_what_ended(ScenarioRun& icelab) {
    EXPECT_EQ(icelab.wait(), 1);
    EXPECT_EQ(icelab.report().at("interrupted"), true);
    EXPECT_EQ(icelab.only_run().at("name"), "libnice");
    EXPECT_EQ(icelab.only_run().at("verdict"), "as-expected");
    EXPECT_THAT(icelab.outcome().out, HasSubstr("nterrupted"));
  }
  static bool wait_for_first_end(ScenarioRun& icelab) {
    return eventually([&] { return icelab.program().err().find("1/2  ") != std::string::npos; });
  }
};

TEST_F(Interrupted, ByTheTerminalReportsTheRunsThatHadEnded) {
  ScenarioRun icelab(one_that_hangs());
  ASSERT_TRUE(wait_for_first_end(icelab)) << icelab.program().err();
  icelab.program().signal_group(SIGINT);
  expect_report_of_what_ended(icelab);
}

TEST_F(Interrupted, ByASupervisorReportsTheRunsThatHadEnded) {
  ScenarioRun icelab(one_that_hangs());
  ASSERT_TRUE(wait_for_first_end(icelab)) << icelab.program().err();
  icelab.program().signal(SIGTERM);
  expect_report_of_what_ended(icelab);
}

TEST_F(IcelabRun, ExitsWithThreeWithoutCoturnAndNamesThePackage) {
  ScenarioRun icelab(scenario(R"("libnice")", "[]", "[]", R"({ "connected": true })"), {},
                     {{"PATH", "/nonexistent"}});
  EXPECT_EQ(icelab.wait(), 3);
  EXPECT_THAT(icelab.outcome().err, HasSubstr("apt-get install coturn"));
}

TEST_F(IcelabRun, ExitsWithThreeForAnAgentThatIsNotExecutable) {
  ScenarioRun icelab(R"({ "peers": { "alice": { "agent": { "command": ["/etc/passwd"] } },
                                     "bob": { "agent": "libnice" } },
                          "expect": [ { "connected": true } ] })");
  EXPECT_EQ(icelab.wait(), 3);
  EXPECT_THAT(icelab.outcome().err, HasSubstr("'/etc/passwd' is not an executable file"));
}

}  // namespace
}  // namespace icelab
