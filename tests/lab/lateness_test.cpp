#include "src/base/file.h"
#include "tests/lab/program.h"
#include "tests/lab/scenario_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <vector>

namespace icelab {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;

std::string is_starved() {
  return fmt::format(R"({{
    "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "peers": {{ "alice": {{ "agent": {{ "command": ["{}/is-starved"] }} }}, "bob": {{ "agent": "libnice" }} }},
    "expect": [ {{ "connected": true }} ],
    "deadline_s": 2 }})",
                     ICELAB_TEST_AGENTS);
}

TEST(Lateness, IsAnErrorOfTheMachineAndNotAVerdictOnTheNetwork) {
  REQUIRE_LABS();
  ScenarioRun run(is_starved());
  ASSERT_EQ(run.wait(), 1) << run.outcome().err;
  const Json result = run.only_run();
  EXPECT_EQ(result.at("verdict"), "error");
  EXPECT_THAT(result.at("reasons").at(0).get<std::string>(),
              MatchesRegex("machine too busy: .+ waited .+ for a processor"));
  EXPECT_THAT(
      result.at("notes").get<std::vector<std::string>>(),
      Contains(MatchesRegex("made again: the first time machine too busy: .+ waited .+ for a "
                            "processor; expected connected, was not connected .+")));
}

/// Of 250 runs beside four busy loops, those that are not as expected must say that the machine was
/// busy, and there may not be many.
TEST(Lateness, LeavesTheClassicMatrixWithoutAWrongVerdictOnABusyMachine) {
  REQUIRE_LABS();
  Program rivals({"stress-ng", "--cpu", "4", "--timeout", "100", "--quiet"});
  ScenarioRun run(read_file(std::string(ICELAB_SOURCE) + "/scenarios/classic.json", 1U << 20),
                  {"--repeat", "10"});
  run.wait();
  rivals.signal_group(SIGTERM);
  const auto runs = run.runs();
  ASSERT_EQ(runs.size(), 250U);
  size_t undecided = 0;
  for (const auto& each : runs) {
    EXPECT_NE(each.at("verdict"), "unexpected") << each.dump(2);
    if (each.at("verdict") != "error") continue;
    ++undecided;
    EXPECT_THAT(each.at("reasons").at(0).get<std::string>(), HasSubstr("machine too busy"));
  }
  EXPECT_LE(undecided, runs.size() / 20);
}

}  // namespace
}  // namespace icelab
