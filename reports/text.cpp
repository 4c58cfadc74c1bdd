#include "reports/text.h"

#include "reports/matrix_text.h"
#include "reports/repeats_text.h"
#include "reports/run_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace icelab {
namespace {

/// The runs of one scenario, in the report's order.
std::vector<std::vector<RunReport>> split_scenarios(const Report& report) {
  std::vector<std::vector<RunReport>> scenarios;
  for (const auto& run : report.runs) {
    auto scenario = std::ranges::find(scenarios, run.scenario,
                                      [](const auto& runs) { return runs.front().scenario; });
    if (scenario == scenarios.end()) scenario = scenarios.insert(scenarios.end(), {{}});
    scenario->push_back(run);
  }
  return scenarios;
}

std::string describe_axes(const RunReport& run) {
  return fmt::format("{} down, {} across; path and seconds to connect", run.parameters[0].first,
                     run.parameters[1].first);
}

std::string render_overview(const std::vector<RunReport>& runs, const TextStyle& style) {
  const auto title = paint({runs.front().scenario, Tone::strong}, style) + "\n";
  const auto matrix = render_matrix(runs, style);
  if (matrix.empty()) {
    return title + render_list(runs, style);
  }
  return title + paint_lines({describe_axes(runs.front()), Tone::faint}, 2, style) + "\n" + matrix;
}

std::string render_details(const std::vector<RunReport>& runs, const TextStyle& style) {
  const bool repeated = is_repeated(runs);
  std::string text;
  for (const auto& run : runs) {
    if (run.verdict == RunVerdict::skipped) continue;
    if (run.verdict != RunVerdict::as_expected || style.explained)
      text += "\n" + render_run(run, repeated, style);
  }
  return text;
}

/// What the marks mean, if there are any.
std::string render_key(const Report& report, const TextStyle& style) {
  const auto summary = report.summary();
  const auto [unexpected, error, differs, arrow] = symbols(style);
  std::vector<std::string> entries;
  if (summary.unexpected > 0) entries.push_back(fmt::format("{} not as expected", unexpected));
  if (summary.errors > 0) entries.push_back(fmt::format("{} could not be judged", error));
  if (entries.empty()) return "";
  return "\n" + paint_lines({fmt::format("{}", fmt::join(entries, ", ")), Tone::faint}, 2, style);
}

/// Once each, however many runs were skipped for it.
std::string render_skipped(const Report& report, const TextStyle& style) {
  std::set<std::string> reasons;
  for (const auto& run : report.runs) {
    if (run.verdict == RunVerdict::skipped) reasons.insert(run.reasons.begin(), run.reasons.end());
  }
  std::string text;
  for (const auto& reason : reasons)
    text += "\n" + paint_lines({"Skipped: " + reason, Tone::doubtful}, 0, style);
  return text;
}

/// Where an agent's word and the packets differ is worth knowing, whatever was expected.
std::string render_disagreements(const Report& report, const TextStyle& style) {
  long pairs = 0;
  long runs = 0;
  for (const auto& run : report.runs) {
    const auto count = std::ranges::count(run.pairs, false, &PairReport::agrees);
    pairs += count;
    runs += count > 0 ? 1 : 0;
  }
  if (pairs == 0) return "";
  const auto text =
      fmt::format("{} In {} run{} an agent's word on {} pair{} is not what the packets show.",
                  symbols(style).differs, runs, runs == 1 ? "" : "s", pairs, pairs == 1 ? "" : "s");
  return "\n" + paint_lines({text, Tone::doubtful}, 0, style);
}

}  // namespace

std::string render_summary(const Report& report, const TextStyle& style) {
  const auto summary = report.summary();
  auto text = fmt::format("{} run{}: {} as expected", summary.runs, summary.runs == 1 ? "" : "s",
                          summary.as_expected);
  if (summary.skipped > 0) text += fmt::format(", {} skipped", summary.skipped);
  if (summary.unexpected > 0) text += fmt::format(", {} unexpected", summary.unexpected);
  if (summary.errors > 0) {
    text += fmt::format(", {} error{}", summary.errors, summary.errors == 1 ? "" : "s");
  }
  text += fmt::format(" ({:.1f} s)", report.wall_seconds);
  if (report.interrupted) text = "Interrupted. Of what had ended, " + text;
  const bool is_good = summary.as_expected + summary.skipped == summary.runs && !report.interrupted;
  return paint_lines({text, is_good ? Tone::strong : Tone::bad}, 0, style);
}

std::string render_text(const Report& report, const TextStyle& style) {
  std::string text;
  const auto scenarios = split_scenarios(report);
  for (const auto& runs : scenarios) text += render_overview(runs, style) + "\n";
  if (!text.empty()) text.pop_back();
  text += render_repeats(report, style);
  text += render_key(report, style);
  for (const auto& runs : scenarios) text += render_details(runs, style);
  text += render_disagreements(report, style);
  text += render_skipped(report, style);
  return text + (text.empty() ? "" : "\n") + render_summary(report, style);
}

}  // namespace icelab
