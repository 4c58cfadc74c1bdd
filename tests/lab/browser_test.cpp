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
  EXPECT_THAT(row.runs(), SizeIs(5));
}

INSTANTIATE_TEST_SUITE_P(, BrowsersBehind,
                         testing::Values("none", "full-cone", "restricted-cone",
                                         "port-restricted-cone", "symmetric"));

TEST_F(Browsers, MeetLibniceAsEitherSide) {
  for (const auto& [alice, bob] : {std::pair("libnice", "chromium"), {"chromium", "libnice"}}) {
    ScenarioRun meeting(scenario(alice, bob));
    EXPECT_EQ(meeting.wait(), 0) << meeting.outcome().out;
    const Json run = meeting.only_run();
    EXPECT_THAT(run.at("peers").at("alice").at("agent").get<std::string>(), StartsWith(alice));
    EXPECT_THAT(run.at("peers").at("bob").at("agent").get<std::string>(), StartsWith(bob));
  }
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
