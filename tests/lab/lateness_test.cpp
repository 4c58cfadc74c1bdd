#include "src/base/file.h"
#include "tests/lab/family.h"
#include "tests/lab/program.h"
#include "tests/lab/scenario_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>

#include <csignal>
#include <string>
#include <vector>

namespace icelab {
namespace {

/// For twice as long as a stall is that goes without saying, and the time between two looks at it.
void stand_still() {
  poll(nullptr, 0, 200);
}

using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;

/// As a report says it, of a program or of icelab itself.
const std::string too_late =
    "(machine too busy: .+ waited .+ for a processor|icelab was late: its own loop stood still for "
    ".+)";

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
  EXPECT_THAT(result.at("reasons").at(0).get<std::string>(), MatchesRegex(too_late));
  EXPECT_THAT(result.at("notes").get<std::vector<std::string>>(),
              Contains(MatchesRegex("made again: the first time " + too_late +
                                    "; expected connected, was not connected .+")));
}

/// icelab itself is stopped while two agents wait for their deadline.
TEST(Lateness, OfIcelabItselfIsNotedInTheRunThatItTouchedAndHeldAgainstNobody) {
  REQUIRE_LABS();
  const Family family;
  ScenarioRun run(fmt::format(R"({{
    "peers": {{ "alice": {{ "agent": {{ "command": ["{0}/says-nothing"] }} }},
               "bob": {{ "agent": {{ "command": ["{0}/says-nothing"] }} }} }},
    "expect": [], "deadline_s": 3 }})",
                              ICELAB_TEST_AGENTS),
                  {}, family.environment());
  ASSERT_TRUE(eventually([&] { return family.processes_of("says-nothing").size() == 2; }));
  const pid_t icelab = only_child(only_child(run.program().pid()));
  kill(icelab, SIGSTOP);
  stand_still();
  kill(icelab, SIGCONT);
  run.wait();
  EXPECT_THAT(run.only_run().at("notes").get<std::vector<std::string>>(),
              Contains(MatchesRegex("icelab was late: its own loop stood still for [0-9]+ ms")));
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
    EXPECT_THAT(each.at("reasons").at(0).get<std::string>(), MatchesRegex(too_late));
  }
  EXPECT_LE(undecided, runs.size() / 20);
}

}  // namespace
}  // namespace icelab
