#include "reports/cells.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace icelab {
namespace {

void add(CellReport& cell, const RunReport& run) {
  switch (run.verdict) {
    case RunVerdict::as_expected:
      ++cell.as_expected;
      break;
    case RunVerdict::skipped:
      ++cell.skipped;
      break;
    case RunVerdict::unexpected:
      ++cell.unexpected;
      break;
    case RunVerdict::error:
      ++cell.errors;
      break;
  }
}

void note_times(CellReport& cell, std::vector<double> seconds) {
  if (seconds.empty()) return;
  std::ranges::sort(seconds);
  const size_t middle = seconds.size() / 2;
  cell.median_connected =
      seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
  cell.worst_connected = seconds.back();
}

}  // namespace

Interval wilson_interval(int successes, int trials) {
  constexpr double z = 1.959963984540054;  // 97.5% of the normal distribution lie below
  if (trials == 0) return {};
  const double n = trials, share = successes / n;
  const double scale = 1 / (1 + z * z / n);
  const double center = share + z * z / (2 * n);
  const double spread = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return {std::max(0.0, scale * (center - spread)), std::min(1.0, scale * (center + spread))};
}

std::vector<CellReport> cells_of(const Report& report) {
  std::vector<CellReport> cells;
  std::vector<std::vector<double>> times;
  std::map<std::pair<std::string, std::string>, size_t> known;
  for (const auto& run : report.runs) {
    const auto [entry, is_new] = known.try_emplace({run.scenario, run.name}, cells.size());
    if (is_new) {
      cells.push_back({.scenario = run.scenario, .name = run.name});
      times.emplace_back();
    }
    add(cells[entry->second], run);
    if (run.seconds.connected) times[entry->second].push_back(*run.seconds.connected);
  }
  for (size_t i = 0; i < cells.size(); ++i) note_times(cells[i], std::move(times[i]));
  return cells;
}

}  // namespace icelab
