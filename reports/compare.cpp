#include "reports/compare.h"

#include "reports/cells.h"
#include "reports/run_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace icelab {
namespace {

using Runs = std::vector<const RunReport*>;
using Name = std::pair<std::string, std::string>;  // of a cell: its scenario's, and its own

/// A cell's repeats, and what they come to.
struct Cell {
  CellReport sum;
  Runs runs;
};

std::map<Name, Cell> by_name(const Report& report) {
  std::map<Name, Cell> cells;
  for (auto& sum : cells_of(report)) {
    const Name name{sum.scenario, sum.name};
    cells[name].sum = std::move(sum);
  }
  for (const auto& run : report.runs) cells[{run.scenario, run.name}].runs.push_back(&run);
  return cells;
}

Report without_skipped(Report report) {
  std::erase_if(report.runs,
                [](const RunReport& run) { return run.verdict == RunVerdict::skipped; });
  return report;
}

std::string describe_verdicts(const CellReport& cell) {
  if (cell.judged() == 0) return "could not be judged";
  if (cell.judged() == 1) return cell.as_expected == 1 ? "as expected" : "not as expected";
  return fmt::format("{} of {} as expected", cell.as_expected, cell.judged());
}

std::optional<Change> compare_verdicts(const CellReport& before, const CellReport& after) {
  const auto always = [](const CellReport& cell) { return cell.unexpected + cell.errors == 0; };
  const auto was = before.pass_rate(), is = after.pass_rate();
  const bool fell = (always(before) && !always(after)) || is.high < was.low;
  const bool rose = (!always(before) && always(after)) || was.high < is.low;
  if (!fell && !rose) return std::nullopt;
  return Change{Change::Kind::verdict, fell, describe_verdicts(before), describe_verdicts(after)};
}

/// "direct", or "direct or relay" where repeats differ.
std::string paths_of(const Runs& runs) {
  std::set<Path> paths;
  for (const auto* run : runs) {
    if (run->verdict != RunVerdict::error) paths.insert(run->path);
  }
  std::vector<std::string_view> words;
  words.reserve(paths.size());
  for (const Path path : paths) words.push_back(to_string(path));
  return fmt::format("{}", fmt::join(words, " or "));
}

Path worst_path(const Runs& runs) {
  Path worst = Path::direct;
  for (const auto* run : runs) {
    if (run->verdict != RunVerdict::error) worst = std::max(worst, run->path);
  }
  return worst;
}

std::optional<Change> compare_paths(const Runs& before, const Runs& after) {
  const std::string was = paths_of(before), is = paths_of(after);
  if (was == is || was.empty() || is.empty()) return std::nullopt;
  return Change{Change::Kind::path, worst_path(after) > worst_path(before), was, is};
}

/// Why pairs failed: "alice: host to srflx: filtered at bob.nat". Addresses differ from run to run.
std::set<std::string> causes_of(const Runs& runs) {
  std::set<std::string> causes;
  for (const auto* run : runs) {
    for (const auto& pair : run->pairs) {
      if (!pair.cause) continue;
      causes.insert(fmt::format("{}: {} to {}: {} at {}", pair.agent, pair.local.type,
                                pair.remote.type, pair.cause->code, pair.cause->at));
    }
  }
  return causes;
}

std::string only_in(const std::set<std::string>& these, const std::set<std::string>& those) {
  std::vector<std::string> own;
  std::ranges::set_difference(these, those, std::back_inserter(own));
  return own.empty() ? "nothing" : fmt::format("{}", fmt::join(own, "; "));
}

std::optional<Change> compare_causes(const Runs& before, const Runs& after) {
  const auto was = causes_of(before), is = causes_of(after);
  if (was == is) return std::nullopt;
  return Change{Change::Kind::cause, false, only_in(was, is), only_in(is, was)};
}

std::vector<double> times_of(const Runs& runs) {
  std::vector<double> times;
  for (const auto* run : runs) {
    if (run->seconds.connected) times.push_back(*run->seconds.connected);
  }
  return times;
}

/// By chance five times are above five others once in 252 comparisons.
std::optional<Change> compare_times(const Cell& before, const Cell& after) {
  constexpr size_t enough = 5;
  constexpr double clearly = 1.1;
  const auto was = times_of(before.runs), is = times_of(after.runs);
  if (was.size() < enough || is.size() < enough) return std::nullopt;
  const double old_median = *before.sum.median_connected, median = *after.sum.median_connected;
  const bool slower = std::ranges::min(is) > std::ranges::max(was) && median > clearly * old_median;
  const bool faster = std::ranges::max(is) < std::ranges::min(was) && old_median > clearly * median;
  if (!slower && !faster) return std::nullopt;
  return Change{Change::Kind::time, slower, format_seconds(old_median, " s"),
                format_seconds(median, " s")};
}

std::vector<Change> compare_cells(const Cell& before, const Cell& after) {
  std::vector<Change> changes;
  for (auto change :
       {compare_verdicts(before.sum, after.sum), compare_paths(before.runs, after.runs),
        compare_causes(before.runs, after.runs), compare_times(before, after)}) {
    if (change) changes.push_back(std::move(*change));
  }
  return changes;
}

std::string full_name(const CellChange& cell) {
  return cell.scenario == cell.name ? cell.name : fmt::format("{}/{}", cell.scenario, cell.name);
}

}  // namespace

std::string_view to_string(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::verdict:
      return "verdict";
    case Change::Kind::path:
      return "path";
    case Change::Kind::cause:
      return "cause";
    case Change::Kind::time:
      return "time";
    case Change::Kind::presence:
      break;
  }
  return "cell";
}

std::vector<CellChange> compare(const Report& all_before, const Report& all_after) {
  const Report before = without_skipped(all_before), after = without_skipped(all_after);
  const auto old_cells = by_name(before), new_cells = by_name(after);
  std::vector<CellChange> changes;
  for (const auto& cell : cells_of(after)) {
    const Name name{cell.scenario, cell.name};
    const auto old = old_cells.find(name);
    auto found = old == old_cells.end()
                     ? std::vector<Change>{{Change::Kind::presence, false, "not there", "new"}}
                     : compare_cells(old->second, new_cells.at(name));
    if (!found.empty()) changes.push_back({cell.scenario, cell.name, std::move(found)});
  }
  for (const auto& cell : cells_of(before)) {
    if (new_cells.contains({cell.scenario, cell.name})) continue;
    changes.push_back({cell.scenario,
                       cell.name,
                       {{Change::Kind::presence, true, describe_verdicts(cell), "gone"}}});
  }
  return changes;
}

bool has_regression(const std::vector<CellChange>& changes) {
  return std::ranges::any_of(changes, [](const CellChange& cell) {
    return std::ranges::any_of(cell.changes, &Change::is_regression);
  });
}

std::string render_comparison(const std::vector<CellChange>& changes, const Report& before,
                              const Report& after, const TextStyle& style) {
  constexpr size_t indent = 2;
  std::string text;
  std::ptrdiff_t regressions = 0;
  for (const auto& cell : changes) {
    text += paint({full_name(cell), Tone::strong}, style) + "\n";
    for (const auto& change : cell.changes) {
      regressions += change.is_regression ? 1 : 0;
      const std::string line =
          fmt::format("{}: {} {} {}{}", to_string(change.kind), change.before, symbols(style).arrow,
                      change.after, change.is_regression ? ", worse" : "");
      text += paint_lines({line, change.is_regression ? Tone::bad : Tone::plain}, indent, style);
    }
  }
  const std::string summary =
      fmt::format("{} cell{} before, {} after: {} changed, {} change{} for the worse",
                  cells_of(before).size(), cells_of(before).size() == 1 ? "" : "s",
                  cells_of(after).size(), changes.size(), regressions, regressions == 1 ? "" : "s");
  return text + (text.empty() ? "" : "\n") +
         paint_lines({summary, regressions == 0 ? Tone::strong : Tone::bad}, 0, style);
}

}  // namespace icelab
