#include "reports/junit.h"

#include "reports/run_text.h"
#include "src/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

/// A suite's runs, in the report's order.
struct Suite {
  std::string name;
  Report runs;  // as a report of its own, for its summary
  double seconds = 0;
};

std::vector<Suite> split_suites(const Report& report) {
  std::vector<Suite> suites;
  for (const auto& run : report.runs) {
    auto suite = std::ranges::find(suites, run.scenario, &Suite::name);
    if (suite == suites.end()) suite = suites.insert(suites.end(), {run.scenario, {}, 0});
    suite->runs.runs.push_back(run);
    suite->seconds += run.seconds.total;
  }
  return suites;
}

/// XML 1.0 section 2.2: the characters that may stand in a document at all.
bool is_xml(char32_t value) {
  return value == '\t' || value == '\n' || value == '\r' || (value >= 0x20 && value <= 0xD7FF) ||
         (value >= 0xE000 && value <= 0xFFFD) || value >= 0x10000;
}

/// White space of an attribute is normalised to blanks unless it is a reference (section 3.3.3); in
/// text only the carriage return needs one (section 2.11).
std::string_view reference(char32_t value, bool in_attribute) {
  switch (value) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\r':
      return "&#13;";
    case '\n':
      return in_attribute ? "&#10;" : "";
    case '\t':
      return in_attribute ? "&#9;" : "";
    default:
      return "";
  }
}

std::string escape(std::string_view text, bool in_attribute) {
  std::string escaped;
  while (!text.empty()) {
    const char32_t value = take_code_point(text);
    const auto name = reference(value, in_attribute);
    if (name.empty()) {
      append_code_point(escaped, is_xml(value) ? value : 0xFFFD);
    } else {
      escaped += name;
    }
  }
  return escaped;
}

std::string attribute(std::string_view name, std::string_view value) {
  return fmt::format(" {}=\"{}\"", name, escape(value, true));
}

std::string attributes(const Summary& summary, double seconds) {
  return fmt::format(R"( tests="{}" failures="{}" errors="{}" skipped="{}" time="{:.3f}")",
                     summary.runs, summary.unexpected, summary.errors, summary.skipped, seconds);
}

std::string describe_failed_pairs(const RunReport& run) {
  RunReport failed = run;
  std::erase_if(failed.pairs,
                [](const PairReport& pair) { return pair.outcome != PairOutcome::failed; });
  return render_pairs(failed, {.width = 120, .color = false, .utf8 = true});
}

/// The <skipped>, <failure> or <error> of a run that is not as expected.
std::string render_verdict(const RunReport& run) {
  const auto message = attribute("message", fmt::format("{}", fmt::join(run.reasons, "; ")));
  if (run.verdict == RunVerdict::skipped) return fmt::format("      <skipped{}/>\n", message);
  const auto* const element = run.verdict == RunVerdict::error ? "error" : "failure";
  return fmt::format("      <{}{}{}>\n{}      </{}>\n", element, message,
                     attribute("type", to_string(run.verdict)),
                     escape(describe_failed_pairs(run), false), element);
}

std::string render_case(const RunReport& run, bool is_repeated) {
  const auto start =
      fmt::format("    <testcase{}{} time=\"{:.3f}\"", attribute("classname", run.scenario),
                  attribute("name", run_label(run, is_repeated)), run.seconds.total);
  if (run.verdict == RunVerdict::as_expected) return start + "/>\n";
  return fmt::format("{}>\n{}    </testcase>\n", start, render_verdict(run));
}

std::string render_suite(const Suite& suite) {
  const bool repeated = is_repeated(suite.runs.runs);
  auto text = fmt::format("  <testsuite{}{}>\n", attribute("name", suite.name),
                          attributes(suite.runs.summary(), suite.seconds));
  for (const auto& run : suite.runs.runs) text += render_case(run, repeated);
  return text + "  </testsuite>\n";
}

}  // namespace

std::string render_junit(const Report& report) {
  auto text =
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"icelab\"{}>\n",
                  attributes(report.summary(), report.wall_seconds));
  for (const auto& suite : split_suites(report)) text += render_suite(suite);
  return text + "</testsuites>\n";
}

}  // namespace icelab
