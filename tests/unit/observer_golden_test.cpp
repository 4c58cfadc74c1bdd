// The table of pairs of each golden recording, looked at row by row and found right.
// ICELAB_UPDATE_GOLDEN=1 writes the tables anew.

#include "harness/observe/judge.h"
#include "tests/support/golden.h"
#include "tests/support/golden_recordings.h"
#include "tests/support/pair_lines.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

class ObserverOfRecordings : public testing::TestWithParam<const char*> {};

TEST_P(ObserverOfRecordings, TellsEveryPairOfTheRun) {
  const RunReport report = judge(read_golden_recording(GetParam()));
  EXPECT_EQ(report.verdict, RunVerdict::as_expected) << testing::PrintToString(report.reasons);
  EXPECT_THAT(report.pairs, testing::Each(testing::Field(&PairReport::agrees, true)));
  expect_golden(fmt::format("observer/{}/pairs.txt", GetParam()), pair_lines(report.pairs));
}

/// So that the file is all the evidence there is.
TEST_P(ObserverOfRecordings, AreWrittenAsTheyWereRead) {
  const RunRecord record = read_golden_recording(GetParam());
  const std::string text = write_run_record(record);
  EXPECT_EQ(write_run_record(read_run_record(text, record.plan)), text);
  EXPECT_EQ(text, read_file(golden_folder(GetParam()) + "/recording.json", 1 << 20));
}

INSTANTIATE_TEST_SUITE_P(Recording, ObserverOfRecordings, testing::ValuesIn(golden_recordings),
                         recording_title);

}  // namespace
}  // namespace icelab
