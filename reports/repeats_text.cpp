#include "reports/repeats_text.h"

#include "reports/cells.h"
#include "reports/run_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr size_t indent = 2;

std::string percent(double share) {
  return fmt::format("{:.0f}%", 100 * share);
}

std::string describe(const CellReport& cell) {
  if (cell.is_flaky()) return "flaky";
  if (cell.errors > 0 && cell.unexpected == 0) return "not always judged";
  return "never as expected";
}

Table tabulate(const std::vector<CellReport>& cells) {
  Table table({{"cell"},
               {"as expected", true},
               {"95% interval", true},
               {"median", true},
               {"worst", true},
               {""}});
  for (const auto& cell : cells) {
    const auto [low, high] = cell.pass_rate();
    table.add({{{cell.scenario == cell.name ? cell.name : cell.scenario + "/" + cell.name},
                {fmt::format("{} of {}", cell.as_expected, cell.judged())},
                {fmt::format("{} to {}", percent(low), percent(high))},
                {format_seconds(cell.median_connected, " s")},
                {format_seconds(cell.worst_connected, " s")},
                {describe(cell), cell.is_flaky() ? Tone::doubtful : Tone::bad}},
               ""});
  }
  return table;
}

std::string summarize(const std::vector<CellReport>& steady, size_t all) {
  const auto fewest = std::ranges::min_element(steady, {}, &CellReport::judged);
  const auto slowest = std::ranges::max_element(steady, {}, &CellReport::worst_connected);
  auto text = fmt::format(
      "As expected every time: {} of {} cells. By {} runs of a cell that is {} to 100% of the time "
      "(95% Wilson interval).",
      steady.size(), all, fewest->judged(), percent(fewest->pass_rate().low));
  if (slowest->worst_connected) {
    text += fmt::format(" Slowest connection: {}, in {}.",
                        format_seconds(slowest->worst_connected, " s"), slowest->name);
  }
  return text;
}

}  // namespace

std::string render_repeats(const Report& report, const TextStyle& style) {
  if (!is_repeated(report.runs)) return "";
  const auto cells = cells_of(report);
  std::vector<CellReport> steady, others;
  for (const auto& cell : cells)
    (cell.unexpected + cell.errors == 0 ? steady : others).push_back(cell);
  std::string text = "\n";
  if (!others.empty()) text += tabulate(others).render(indent, style);
  if (!steady.empty())
    text += paint_lines({summarize(steady, cells.size()), Tone::plain}, indent, style);
  return text;
}

}  // namespace icelab
