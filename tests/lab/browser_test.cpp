// Chromium as an agent, behind NATs, as users of icelab run it.

#include "src/base/file.h"
#include "src/base/path.h"
#include "tests/lab/program.h"
#include "tests/lab/scenario_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace icelab {
namespace {

using testing::SizeIs;
using testing::StartsWith;

class Browsers : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_LABS();
    if (!std::filesystem::exists(ICELAB_SOURCE "/harness/agents/chromium/node_modules"))
      GTEST_SKIP() << "Chromium is not installed as an agent: ./dev browser";
  }
};

std::string scenario(const std::string& alice, const std::string& bob) {
  return fmt::format(R"({{ "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "peers": {{ "alice": {{ "agent": "{}", "behind": ["port-restricted-cone"] }},
               "bob": {{ "agent": "{}", "behind": ["port-restricted-cone"] }} }},
    "expect": [{{ "path": "direct" }}] }})",
                     alice, bob);
}

class BrowsersBehind : public Browsers, public testing::WithParamInterface<std::string> {};

TEST_P(BrowsersBehind, AClassicNatMeetThoseBehindEveryOther) {
  ScenarioRun row(read_file(ICELAB_SOURCE "/scenarios/browser-matrix.json", 1 << 20),
                  {"--filter", fmt::format("*/{}/*", GetParam())});
  EXPECT_EQ(row.wait(), 0) << row.outcome().out;
  ASSERT_THAT(row.runs(), SizeIs(5));
  for (const Json& run : row.runs()) EXPECT_EQ(run.at("level"), "data");
}

INSTANTIATE_TEST_SUITE_P(, BrowsersBehind,
                         testing::Values("none", "full-cone", "restricted-cone",
                                         "port-restricted-cone", "symmetric"));

class CallsBehind : public Browsers, public testing::WithParamInterface<std::string> {};

TEST_P(CallsBehind, ANetworkShowEachOtherTheirPictures) {
  ScenarioRun row(read_file(ICELAB_SOURCE "/scenarios/browser-call.json", 1 << 20),
                  {"--filter", fmt::format("*/{}/*", GetParam())});
  EXPECT_EQ(row.wait(), 0) << row.outcome().out;
  ASSERT_THAT(row.runs(), SizeIs(3));
  for (const Json& run : row.runs()) EXPECT_EQ(run.at("level"), "media");
}

INSTANTIATE_TEST_SUITE_P(, CallsBehind,
                         testing::Values("port-restricted-cone", "symmetric", "nat-behind-carrier",
                                         "udp-blocked"));

/// "host udp 10.0.1.2:5000", in the page's table, is what the packets show in the lab's.
TEST_F(Browsers, OnTheCallPageSeeThePairsThatThePacketsShow) {
  ScenarioRun call(read_file(ICELAB_SOURCE "/scenarios/browser-call.json", 1 << 20),
                   {"--filter", "*/port-restricted-cone/port-restricted-cone"});
  ASSERT_EQ(call.wait(), 0) << call.outcome().out;
  const Json run = call.only_run();
  for (const auto* name : {"alice", "bob"}) {
    const auto is_selected = [&](const Json& pair) {
      return pair.at("agent") == name && pair.at("selected") == true;
    };
    const auto pair = std::ranges::find_if(run.at("pairs"), is_selected);
    ASSERT_NE(pair, run.at("pairs").end()) << name;
    EXPECT_EQ(pair->at("outcome"), "succeeded");
    EXPECT_EQ(pair->at("agent_view"), "succeeded");
  }
}

TEST_F(Browsers, GoOnWithTheirCallWhereANetworkGetsAnotherAddress) {
  ScenarioRun moves(read_file(ICELAB_SOURCE "/scenarios/browser-moves.json", 1 << 20));
  EXPECT_EQ(moves.wait(), 0) << moves.outcome().out;
  EXPECT_THAT(moves.runs(), SizeIs(2));
}

TEST_F(Browsers, MeetLibniceAsEitherSide) {
  for (const auto& [alice, bob] : {std::pair("libnice", "chromium"), {"chromium", "libnice"}}) {
    ScenarioRun meeting(scenario(alice, bob));
    EXPECT_EQ(meeting.wait(), 0) << meeting.outcome().out;
    const Json run = meeting.only_run();
    EXPECT_EQ(run.at("level"), "ice");
    EXPECT_THAT(run.at("peers").at("alice").at("agent").get<std::string>(), StartsWith(alice));
    EXPECT_THAT(run.at("peers").at("bob").at("agent").get<std::string>(), StartsWith(bob));
  }
}

/// A PATH on which there is all that labs need, but no browser.
class NoBrowser : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_LABS();
    const auto server = find_program("turnserver");
    ASSERT_TRUE(server);
    std::filesystem::create_symlink(*server, folder_.path() + "/turnserver");
  }
  [[nodiscard]] Program::Variables environment() const { return {{"PATH", folder_.path()}}; }

 private:
  TemporaryFolder folder_;
};

TEST_F(NoBrowser, MeansThatRunsAreSkippedWithTheCommandThatMendsIt) {
  ScenarioRun skipped(scenario("chromium", "chromium"), {}, environment());
  EXPECT_EQ(skipped.wait(), 3);
  EXPECT_THAT(skipped.outcome().out, testing::HasSubstr("to install them: ./dev browser"));
  EXPECT_EQ(skipped.only_run().at("verdict"), "skipped");
}

TEST_F(NoBrowser, KeepsNobodyElseFromMeeting) {
  auto text = scenario("${who}", "libnice");
  text.insert(1, R"("matrix": { "who": ["libnice", "chromium"] },)");
  ScenarioRun mixed(text, {}, environment());
  EXPECT_EQ(mixed.wait(), 0) << mixed.outcome().out;
  EXPECT_EQ(mixed.run_named("libnice").at("verdict"), "as-expected");
  EXPECT_EQ(mixed.run_named("chromium").at("verdict"), "skipped");
}

TEST_F(Browsers, SayThatTheyHaveFailed) {
  auto text = scenario("chromium", "chromium");
  text.replace(text.find(R"("path": "direct")"), 16, R"("connected": false)");
  text.replace(text.find("port-restricted-cone"), 20, "udp-blocked");
  text.replace(text.find(R"("servers": { "relay": { "kind": "coturn" } },)"), 45, "");
  ScenarioRun apart(text);
  EXPECT_EQ(apart.wait(), 0) << apart.outcome().out;
}

/// The tester may have one too.
long browsers_running() {
  const auto is_browser = [](const std::filesystem::directory_entry& process) {
    std::error_code error;  // it may end meanwhile
    const auto program = std::filesystem::read_symlink(process.path() / "exe", error);
    return !error && program.filename() == "chromium";
  };
  return std::ranges::count_if(std::filesystem::directory_iterator("/proc"), is_browser);
}

TEST_F(Browsers, LeaveNothingBehind) {
  const auto profiles = [] {
    std::vector<std::string> found;
    for (const auto* folder : {"/tmp", "/dev/shm"}) {
      for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().filename().string().starts_with("puppeteer"))
          found.push_back(entry.path().string());
      }
    }
    return found;
  };
  const auto before = profiles();
  const auto processes = browsers_running();
  ScenarioRun meeting(scenario("chromium", "chromium"));
  ASSERT_TRUE(eventually([&] { return browsers_running() > processes; }))
      << "Chromium did not start";
  meeting.program().signal(SIGKILL);
  meeting.wait();
  EXPECT_TRUE(eventually([&] { return browsers_running() == processes; }));
  EXPECT_EQ(profiles(), before);
}

}  // namespace
}  // namespace icelab
