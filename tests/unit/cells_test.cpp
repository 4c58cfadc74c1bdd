#include "reports/cells.h"

#include "reports/repeats_text.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::AllOf;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

RunReport run(const std::string& name, int repeat, RunVerdict verdict,
              std::optional<double> connected = {}) {
  RunReport run;
  run.scenario = "s";
  run.name = name;
  run.repeat = repeat;
  run.verdict = verdict;
  run.seconds.connected = connected;
  return run;
}

auto near(double low, double high) {
  return AllOf(Field(&Interval::low, DoubleNear(low, 5e-4)),
               Field(&Interval::high, DoubleNear(high, 5e-4)));
}

// Figures of Brown, Cai and DasGupta, "Interval Estimation for a Binomial Proportion" (2001), and
// of the formula by hand.
TEST(WilsonInterval, IsThatOfTheFormula) {
  EXPECT_THAT(wilson_interval(0, 10), near(0, 0.2775));
  EXPECT_THAT(wilson_interval(10, 10), near(0.7225, 1));
  EXPECT_THAT(wilson_interval(5, 10), near(0.2366, 0.7634));
  EXPECT_THAT(wilson_interval(90, 100), near(0.8256, 0.9448));
}

TEST(WilsonInterval, OfNoTrialsIsEverything) {
  EXPECT_THAT(wilson_interval(0, 0), near(0, 1));
}

TEST(Cells, GatherTheRepeatsOfEachInTheirOrder) {
  Report report;
  report.runs = {run("b", 0, RunVerdict::as_expected, 0.2), run("a", 0, RunVerdict::unexpected),
                 run("b", 1, RunVerdict::as_expected, 0.4), run("b", 2, RunVerdict::error),
                 run("b", 3, RunVerdict::as_expected, 0.9)};
  const auto cells = cells_of(report);
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].name, "b");
  EXPECT_EQ(cells[0].as_expected, 3);
  EXPECT_EQ(cells[0].errors, 1);
  EXPECT_EQ(cells[0].judged(), 3);
  EXPECT_EQ(cells[0].median_connected, 0.4);
  EXPECT_EQ(cells[0].worst_connected, 0.9);
  EXPECT_EQ(cells[1].median_connected, std::nullopt);
}

TEST(Cells, TakeTheMiddleOfTwoForTheMedianOfAnEvenNumber) {
  Report report;
  report.runs = {run("a", 0, RunVerdict::as_expected, 0.2),
                 run("a", 1, RunVerdict::as_expected, 0.3)};
  EXPECT_EQ(cells_of(report).at(0).median_connected, 0.25);
}

TEST(Cells, AreFlakyIfTheyBothPassedAndFailed) {
  Report report;
  report.runs = {run("a", 0, RunVerdict::as_expected), run("a", 1, RunVerdict::unexpected),
                 run("b", 0, RunVerdict::unexpected),  run("b", 1, RunVerdict::error),
                 run("c", 0, RunVerdict::as_expected), run("c", 1, RunVerdict::error)};
  std::vector<bool> flaky;
  for (const auto& cell : cells_of(report)) flaky.push_back(cell.is_flaky());
  EXPECT_THAT(flaky, ElementsAre(true, false, false));
}

TEST(Cells, CountWhatWasSkippedNeitherWay) {
  Report report;
  report.runs.emplace_back().verdict = RunVerdict::skipped;
  const auto cell = cells_of(report).at(0);
  EXPECT_EQ(cell.skipped, 1);
  EXPECT_EQ(cell.judged(), 0);
}

TEST(RepeatsText, IsEmptyWhereNothingWasRepeated) {
  Report report;
  report.runs = {run("a", 0, RunVerdict::as_expected), run("b", 0, RunVerdict::unexpected)};
  EXPECT_EQ(render_repeats(report, {}), "");
}

TEST(RepeatsText, NamesTheFlakyCellsAndSaysHowSureOneMayBeOfTheOthers) {
  Report report;
  for (int i = 0; i < 10; ++i) {
    report.runs.push_back(
        run("a", i, i < 9 ? RunVerdict::as_expected : RunVerdict::unexpected, 0.2 + i / 10.0));
    report.runs.push_back(run("b", i, RunVerdict::as_expected, 0.3));
    report.runs.push_back(run("c", i, RunVerdict::unexpected));
  }
  const auto text = render_repeats(report, {.width = 100});
  EXPECT_THAT(text, HasSubstr("s/a       9 of 10    60% to 98%  0.65 s  1.10 s  flaky"));
  EXPECT_THAT(text,
              HasSubstr("s/c       0 of 10     0% to 28%                  never as expected"));
  EXPECT_THAT(text, Not(HasSubstr("s/b")));
  EXPECT_THAT(text, HasSubstr("As expected every time: 1 of 3 cells. By 10 runs of a cell that is "
                              "72% to 100% of the"));
}

}  // namespace
}  // namespace icelab
