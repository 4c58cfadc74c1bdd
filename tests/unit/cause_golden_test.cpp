// Why pairs fail: of each cause code one run of a lab, made once by bin/observer_recordings, and
// what its report says. ICELAB_UPDATE_GOLDEN=1 writes the explanations anew.

#include "harness/observe/judge.h"
#include "tests/support/golden.h"
#include "tests/support/golden_recordings.h"
#include "tests/support/pair_lines.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

class CauseOfRecordings : public testing::TestWithParam<const char*> {};

/// Every pair that was checked, its cause, and what happened to it.
std::string explanations(const RunReport& report) {
  std::string text = report.parameters.empty() ? "" : report.name + "\n";
  for (const auto& pair : report.pairs) {
    if (pair.checks == 0) continue;
    text += pair_line(pair) + "\n";
    for (const auto& line : pair.explanation) text += "    " + line + "\n";
  }
  return text;
}

TEST_P(CauseOfRecordings, IsToldWithTheHopTheRuleAndThePacket) {
  const std::string code = GetParam();
  const RunReport report = judge(read_recording(cause_folder(code)));
  EXPECT_THAT(report.pairs, testing::Contains(testing::Field(
                                &PairReport::cause,
                                testing::Optional(testing::Field(&CauseReport::code, code)))));
  expect_golden(fmt::format("causes/{}/explanations.txt", code), explanations(report));
}

INSTANTIATE_TEST_SUITE_P(Recording, CauseOfRecordings, testing::ValuesIn(golden_causes),
                         recording_title);

}  // namespace
}  // namespace icelab
