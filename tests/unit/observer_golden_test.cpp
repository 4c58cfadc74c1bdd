// Runs of the lab, made once by bin/observer_recordings, and the table of pairs in each: looked at
// row by row and found right. ICELAB_UPDATE_GOLDEN=1 writes the tables anew.

#include "harness/observe/judge.h"
#include "src/base/file.h"
#include "tests/support/golden.h"
#include "tests/support/pair_lines.h"
#include "tests/support/run_record_json.h"

#include <algorithm>

namespace icelab {
namespace {

RunRecord read_recording(const std::string& name) {
  const std::string folder = ICELAB_SOURCE "/tests/golden/observer/" + name;
  const auto plans = plan_scenarios({folder + "/scenario.json"}, {});
  EXPECT_TRUE(plans.faults.empty());
  return read_run_record(read_file(folder + "/recording.json", 1 << 20), plans.runs.at(0));
}

class ObserverGolden : public testing::TestWithParam<std::string> {};

TEST_P(ObserverGolden, TellsEveryPairOfTheRun) {
  const RunReport report = judge(read_recording(GetParam()));
  EXPECT_EQ(report.verdict, RunVerdict::as_expected) << testing::PrintToString(report.reasons);
  expect_golden("observer/" + GetParam() + "/pairs.txt", pair_lines(report.pairs));
}

std::string title(const testing::TestParamInfo<std::string>& recording) {
  std::string title = recording.param;
  std::ranges::replace(title, '-', '_');
  return title;
}

INSTANTIATE_TEST_SUITE_P(Recording, ObserverGolden,
                         testing::Values("direct", "relay", "turn-over-tcp", "ice-tcp",
                                         "ice-tcp-behind-nats", "ice-tcp-behind-nats",
                                         "regular-nomination", "no-way", "force-relay"),
                         title);

}  // namespace
}  // namespace icelab
