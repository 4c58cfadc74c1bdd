#include "reports/compare.h"

#include <gmock/gmock.h>

namespace icelab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

struct Sample {
  RunVerdict verdict = RunVerdict::as_expected;
  Path path = Path::direct;
  std::optional<double> seconds = 0.2;
  std::string cause{};  // of a pair that failed at bob.nat
};

/// A cell's repeats.
Report report_of(const std::string& name, const std::vector<Sample>& samples) {
  Report report;
  for (const auto& sample : samples) {
    RunReport run;
    run.scenario = "s";
    run.name = name;
    run.repeat = static_cast<int>(report.runs.size());
    run.verdict = sample.verdict;
    run.path = sample.path;
    run.seconds.connected = sample.seconds;
    if (!sample.cause.empty()) {
      PairReport pair;
      pair.agent = "alice";
      pair.local.type = "host";
      pair.remote.type = "srflx";
      pair.cause = {sample.cause, "bob.nat", "at 203.0.113.21:" + std::to_string(run.repeat)};
      run.pairs.push_back(pair);
    }
    report.runs.push_back(std::move(run));
  }
  return report;
}

std::vector<Change> changes(const std::vector<Sample>& before, const std::vector<Sample>& after) {
  const auto cells = compare(report_of("a", before), report_of("a", after));
  return cells.empty() ? std::vector<Change>{} : cells.at(0).changes;
}

auto change(Change::Kind kind, bool is_regression, const std::string& before,
            const std::string& after) {
  return AllOf(Field(&Change::kind, kind), Field(&Change::is_regression, is_regression),
               Field(&Change::before, before), Field(&Change::after, after));
}

constexpr auto unexpected = RunVerdict::unexpected;

TEST(Comparison, OfAReportWithItselfIsEmpty) {
  const Sample sample{.cause = "filtered"};
  EXPECT_THAT(changes({sample, sample}, {sample, sample}), IsEmpty());
}

TEST(Comparison, TakesACellThatIsNotAsExpectedAnyMoreForARegression) {
  EXPECT_THAT(changes({{}}, {{.verdict = unexpected}}),
              ElementsAre(change(Change::Kind::verdict, true, "as expected", "not as expected")));
  EXPECT_THAT(changes({{.verdict = unexpected}}, {{}}),
              ElementsAre(change(Change::Kind::verdict, false, "not as expected", "as expected")));
  EXPECT_THAT(
      changes({{}}, {{.verdict = RunVerdict::error, .path = Path::none, .seconds = {}}}),
      ElementsAre(change(Change::Kind::verdict, true, "as expected", "could not be judged")));
}

TEST(Comparison, TakesChanceForNoChange) {
  std::vector<Sample> before(20), after(20);
  before[0].verdict = after[0].verdict = after[1].verdict = after[2].verdict = unexpected;
  EXPECT_THAT(changes(before, after), IsEmpty());
}

TEST(Comparison, TellsThatAPassRateFellBeyondChance) {
  std::vector<Sample> before(20), after(20);
  before[0].verdict = unexpected;
  for (size_t i = 0; i < 12; ++i) after[i].verdict = unexpected;
  EXPECT_THAT(changes(before, after),
              ElementsAre(change(Change::Kind::verdict, true, "19 of 20 as expected",
                                 "8 of 20 as expected")));
}

TEST(Comparison, TakesARelayInThePlaceOfADirectPathForARegression) {
  EXPECT_THAT(changes({{}}, {{.path = Path::relay}}),
              ElementsAre(change(Change::Kind::path, true, "direct", "relay")));
  EXPECT_THAT(changes({{.path = Path::relay}}, {{}}),
              ElementsAre(change(Change::Kind::path, false, "relay", "direct")));
  EXPECT_THAT(changes({{}, {}}, {{}, {.path = Path::relay}}),
              ElementsAre(change(Change::Kind::path, true, "direct", "direct or relay")));
}

TEST(Comparison, TellsAnotherCauseAndThatItIsNoRegressionByItself) {
  EXPECT_THAT(
      changes({{.cause = "filtered"}}, {{.cause = "blocked"}}),
      ElementsAre(change(Change::Kind::cause, false, "alice: host to srflx: filtered at bob.nat",
                         "alice: host to srflx: blocked at bob.nat")));
}

std::vector<Sample> taking(const std::vector<double>& seconds) {
  std::vector<Sample> samples;
  samples.reserve(seconds.size());
  for (const double each : seconds) samples.push_back({.seconds = each});
  return samples;
}

TEST(Comparison, TellsThatConnectingTakesLongerWhereAllOfFiveTookLonger) {
  const auto before = taking({0.2, 0.21, 0.22, 0.23, 0.24});
  EXPECT_THAT(changes(before, taking({0.3, 0.31, 0.32, 0.33, 0.34})),
              ElementsAre(change(Change::Kind::time, true, "0.22 s", "0.32 s")));
  EXPECT_THAT(changes(taking({0.3, 0.31, 0.32, 0.33, 0.34}), before),
              ElementsAre(change(Change::Kind::time, false, "0.32 s", "0.22 s")));
  EXPECT_THAT(changes(before, taking({0.23, 0.31, 0.32, 0.33, 0.34})), IsEmpty()) << "they overlap";
  EXPECT_THAT(changes(before, taking({0.241, 0.241, 0.241, 0.241, 0.241})), IsEmpty())
      << "less than a tenth";
  EXPECT_THAT(changes(taking({0.2}), taking({2})), IsEmpty()) << "once proves nothing";
}

TEST(Comparison, TellsCellsThatAreNewAndTakesThoseThatAreGoneForARegression) {
  const auto cells = compare(report_of("old", {{}}), report_of("new", {{}}));
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].name, "new");
  EXPECT_THAT(cells[0].changes,
              ElementsAre(change(Change::Kind::presence, false, "not there", "new")));
  EXPECT_THAT(cells[1].changes,
              ElementsAre(change(Change::Kind::presence, true, "as expected", "gone")));
  EXPECT_TRUE(has_regression(cells));
}

TEST(Comparison, TakesACellThatWasSkippedForOneThatIsNotThere) {
  EXPECT_THAT(changes({{}}, {{.verdict = RunVerdict::skipped}}),
              ElementsAre(change(Change::Kind::presence, true, "as expected", "gone")));
  EXPECT_THAT(changes({{.verdict = RunVerdict::skipped}}, {{}}),
              ElementsAre(change(Change::Kind::presence, false, "not there", "new")));
}

TEST(Comparison, IsShownCellByCell) {
  const auto before = report_of("a", {{}}), after = report_of("a", {{.path = Path::relay}});
  const auto text = render_comparison(compare(before, after), before, after, {.utf8 = false});
  EXPECT_THAT(text, HasSubstr("s/a\n  path: direct -> relay, worse\n\n"
                              "1 cell before, 1 after: 1 changed, 1 change for the worse"));
}

}  // namespace
}  // namespace icelab
