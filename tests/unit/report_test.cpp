#include "reports/report.h"

#include "reports/json.h"
#include "reports/junit.h"
#include "reports/text.h"
#include "src/base/error.h"
#include "src/base/json.h"
#include "src/base/text.h"
#include "src/base/utf8.h"
#include "tests/support/golden.h"
#include "tests/support/sample_report.h"

#include <fmt/format.h>
#include <glib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icelab {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

constexpr TextStyle narrow = {.width = 60, .color = false, .utf8 = true};
constexpr TextStyle wide = {.width = 120, .color = false, .utf8 = true};

Report only(const RunReport& run) {
  Report report = sample_report();
  report.runs = {run};
  return report;
}

std::vector<size_t> line_widths(const std::string& text) {
  std::vector<size_t> widths;
  for (const auto& line : split(text, '\n')) widths.push_back(count_code_points(line));
  return widths;
}

TEST(Report, SumsUpItsVerdicts) {
  const auto summary = sample_report().summary();
  EXPECT_EQ(summary.runs, 26);
  EXPECT_EQ(summary.as_expected, 24);
  EXPECT_EQ(summary.unexpected, 1);
  EXPECT_EQ(summary.errors, 1);
}

TEST(Report, EveryWordIsReadBackAsWhatItWasWrittenFrom) {
  for (const auto path : {Path::direct, Path::relay, Path::none})
    EXPECT_EQ(parse_path(to_string(path)), path);
  for (const auto verdict : {RunVerdict::as_expected, RunVerdict::unexpected, RunVerdict::error}) {
    EXPECT_EQ(parse_verdict(to_string(verdict)), verdict);
  }
  for (const auto outcome : {PairOutcome::succeeded, PairOutcome::failed, PairOutcome::abandoned,
                             PairOutcome::unchecked}) {
    EXPECT_EQ(parse_outcome(to_string(outcome)), outcome);
  }
  EXPECT_EQ(parse_path("relayed"), std::nullopt);
}

TEST(TextReport, ReadsWellAt60Columns) {
  expect_golden("report-60.txt", render_text(sample_report(), narrow));
}

TEST(TextReport, ReadsWellAt120Columns) {
  expect_golden("report-120.txt", render_text(sample_report(), wide));
}

TEST(TextReport, ReadsWellInPlainAscii) {
  const auto text = render_text(sample_report(), {.width = 80, .color = false, .utf8 = false});
  EXPECT_THAT(text, Each(testing::AllOf(testing::Ge(0), testing::Ne('\x1b'))));
  expect_golden("report-80-ascii.txt", text);
}

TEST(TextReport, KeepsToItsWidth) {
  for (const size_t width : {60, 80, 100, 120}) {
    EXPECT_THAT(line_widths(render_text(sample_report(), {.width = width})),
                Each(testing::Le(width)))
        << width;
  }
}

TEST(TextReport, HasColoursOnlyWhereAsked) {
  EXPECT_THAT(render_text(sample_report(), wide), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(render_text(sample_report(), {.width = 120, .color = true}), HasSubstr("\x1b["));
}

TEST(TextReport, ShowsNoControlCharacterThatAnAgentPrinted) {
  auto run = sample_unexpected();
  run.reasons = {"\x1b[2Jgone\r\n\a"};
  run.peers[0].second.state = "\xff\x1b";
  EXPECT_THAT(render_text(only(run), wide),
              testing::AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\a")), HasSubstr("?[2Jgone")));
}

TEST(TextReport, OfRepeatsShowsHowManyWereAsExpected) {
  Report report = only(sample_run("none", "symmetric", 0.2));
  for (int repeat = 1; repeat < 3; ++repeat) {
    auto run = repeat == 1 ? sample_unexpected() : sample_run("none", "symmetric", 0.4);
    run.name = "none/symmetric";
    run.parameters = {{"a", "none"}, {"b", "symmetric"}};
    run.repeat = repeat;
    report.runs.push_back(run);
  }
  const auto text = render_text(report, wide);
  EXPECT_THAT(text, HasSubstr("mixed 2/3 ✗"));
  EXPECT_THAT(text, HasSubstr("✗ classic/none/symmetric #2"));
}

TEST(TextReport, OfAnInterruptedRunSaysSo) {
  Report report = only(sample_run("none", "none", 0.2));
  report.interrupted = true;
  EXPECT_EQ(render_summary(report, wide),
            "Interrupted. Of what had ended, 1 run: 1 as expected (9.1 s)\n");
  report.runs.clear();
  EXPECT_EQ(render_text(report, wide),
            "Interrupted. Of what had ended, 0 runs: 0 as expected (9.1 s)\n");
}

TEST(TextReport, SaysOnceWhyRunsWereSkippedAndHasNoMarksForThem) {
  Report report = only(sample_run("none", "none", 0.2));
  for (const auto* column : {"full-cone", "symmetric"}) {
    auto run = sample_run("none", column, 0);
    run.verdict = RunVerdict::skipped;
    run.seconds = {};
    run.reasons = {"there is no browser: install one"};
    report.runs.push_back(run);
  }
  const auto text = render_text(report, wide);
  const std::string why = "Skipped: there is no browser: install one\n";
  ASSERT_THAT(text, HasSubstr("none  direct 0.20  skipped    skipped"));
  EXPECT_EQ(text.find(why), text.rfind(why));
  EXPECT_THAT(text, HasSubstr(why + "\n3 runs: 1 as expected, 2 skipped"));
  EXPECT_THAT(text, Not(HasSubstr("could not be judged")));
}

TEST(TextReport, SaysWhatFlowedBetweenThoseWhoWereConnected) {
  auto run = sample_run("none", "none", 0.2);
  run.level = Level::media;
  auto style = wide;
  style.explained = true;
  EXPECT_THAT(render_text(only(run), style), HasSubstr(", connected as far as media"));
}

TEST(JsonReport, HasTheShapeThatOtherToolsRelyOn) {
  expect_golden("report.json", render_json(only(sample_unexpected())));
}

TEST(JsonReport, ReadBackIsTheSame) {
  auto report = sample_report();
  report.interrupted = true;
  const auto text = render_json(report);
  EXPECT_EQ(render_json(parse_report(text, "report.json")), text);
  EXPECT_EQ(render_text(parse_report(text, "report.json"), wide), render_text(report, wide));
}

TEST(JsonReport, ReadBackIsTheSameWhereANumberIsTooLargeToBeRounded) {
  Report report = sample_report();
  report.wall_seconds = 1e306;
  EXPECT_EQ(parse_report(render_json(report), "r").wall_seconds, 1e306);
}

TEST(JsonReport, TellsTheSeedOfTheWholeBesideThatOfEachRun) {
  const auto report = parse_report(render_json(only(sample_unexpected())), "report.json");
  EXPECT_EQ(report.seed, 4294967295U);
  EXPECT_EQ(report.runs.at(0).seed, 2166136261U);
}

TEST(JsonReport, ReplacesWhatIsNotUtf8) {
  auto run = sample_unexpected();
  run.reasons = {"\xff"};
  EXPECT_EQ(parse_report(render_json(only(run)), "x").runs.at(0).reasons.at(0), "\xEF\xBF\xBD");
}

std::string fault_after(const std::function<void(Json&)>& change) {
  auto json = Json::parse(render_json(only(sample_unexpected())));
  change(json);
  try {
    parse_report(json.dump(), "r.json");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(JsonReport, ThatIsDamagedIsRefusedWithWhereAndWhy) {
  EXPECT_EQ(fault_after([](Json&) {}), "");
  EXPECT_EQ(fault_after([](Json& json) { json["later"] = 1; }), "");
  EXPECT_EQ(fault_after([](Json& json) { json = 5; }),
            "r.json: expected an object, found the number 5");
  EXPECT_EQ(fault_after([](Json& json) { json["schema"] = "icelab-report/9"; }),
            "r.json: /schema: expected 'icelab-report/1', found 'icelab-report/9'");
  EXPECT_EQ(fault_after([](Json& json) { json.erase("runs"); }), "r.json: missing key 'runs'");
  EXPECT_EQ(fault_after([](Json& json) { json.erase("seed"); }), "r.json: missing key 'seed'");
  EXPECT_EQ(fault_after([](Json& json) { json["runs"][0]["verdict"] = "good"; }),
            "r.json: /runs/0/verdict: unknown verdict 'good'");
  EXPECT_EQ(
      fault_after([](Json& json) { json["runs"][0]["seed"] = -1; }),
      "r.json: /runs/0/seed: expected a number above -1 and up to 4294967295, found the number -1");
  EXPECT_EQ(fault_after([](Json& json) {
              json["runs"][0]["pairs"][0]["local"] = Json::array();
              json["runs"][0]["pairs"][1]["rtt_ms"] = "fast";
            }),
            "r.json: /runs/0/pairs/0/local: expected an object, found an array\n"
            "r.json: /runs/0/pairs/1/rtt_ms: expected a number, found the string 'fast'");
  EXPECT_THROW(parse_report("{", "r.json"), UsageError);
}

/// Whether a parser that shares nothing with the renderer takes it.
bool is_well_formed(const std::string& xml) {
  const GMarkupParser parser = {};
  auto* context = g_markup_parse_context_new(&parser, {}, nullptr, nullptr);
  const bool parsed =
      g_markup_parse_context_parse(context, xml.data(), std::ssize(xml), nullptr) != FALSE &&
      g_markup_parse_context_end_parse(context, nullptr) != FALSE;
  g_markup_parse_context_free(context);
  return parsed;
}

TEST(JunitReport, HasACaseForEveryRun) {
  expect_golden("junit.xml", render_junit(sample_report()));
}

TEST(JunitReport, CountsEachSuiteAndTheWhole) {
  const auto xml = render_junit(sample_report());
  EXPECT_TRUE(is_well_formed(xml));
  EXPECT_FALSE(is_well_formed(xml.substr(0, xml.size() - 5)));
  EXPECT_THAT(
      xml,
      HasSubstr(
          R"(<testsuites name="icelab" tests="26" failures="1" errors="1" skipped="0" time="9.080">)"));
  EXPECT_THAT(
      xml,
      HasSubstr(R"(<testsuite name="classic" tests="25" failures="1" errors="1" skipped="0")"));
  EXPECT_THAT(
      xml, HasSubstr(R"(<testsuite name="single" tests="1" failures="0" errors="0" skipped="0")"));
}

TEST(JunitReport, CountsWhatWasSkippedAndSaysWhy) {
  auto run = sample_run("none", "none", 0);
  run.verdict = RunVerdict::skipped;
  run.reasons = {"there is no browser"};
  const auto xml = render_junit(only(run));
  EXPECT_TRUE(is_well_formed(xml));
  EXPECT_THAT(xml, HasSubstr(R"(tests="1" failures="0" errors="0" skipped="1")"));
  EXPECT_THAT(xml, HasSubstr(R"(<skipped message="there is no browser"/>)"));
}

TEST(JunitReport, EscapesMarkupAndReplacesWhatXmlForbids) {
  auto run = sample_error();
  run.name = "a\"b<c>&'d";
  run.reasons = {"bell \a, nul \0, escape \x1b, line\nbreak, bad \xff, \xEF\xBF\xBE noncharacter"s};
  const auto xml = render_junit(only(run));
  EXPECT_TRUE(is_well_formed(xml));
  EXPECT_THAT(xml, HasSubstr(R"(name="a&quot;b&lt;c&gt;&amp;'d")"));
  EXPECT_THAT(xml, HasSubstr("message=\"bell \xEF\xBF\xBD, nul \xEF\xBF\xBD, escape \xEF\xBF\xBD, "
                             "line&#10;break, bad \xEF\xBF\xBD, \xEF\xBF\xBD noncharacter\""));
}

TEST(JunitReport, TellsRepeatsApart) {
  Report report = only(sample_run("none", "none", 0.2));
  report.runs.push_back(report.runs[0]);
  report.runs[1].repeat = 1;
  EXPECT_THAT(render_junit(report), testing::AllOf(HasSubstr(R"(name="none/none #1")"),
                                                   HasSubstr(R"(name="none/none #2")")));
}

}  // namespace
}  // namespace icelab
