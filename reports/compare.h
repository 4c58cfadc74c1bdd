#pragma once

#include "reports/painter.h"
#include "reports/report.h"

#include <string>
#include <vector>

namespace icelab {

/// One respect in which a cell is not what it was.
struct Change {
  enum class Kind { verdict, path, cause, time, presence };
  Kind kind = Kind::verdict;
  bool is_regression = false;
  std::string before, after;  // in words
};
std::string_view to_string(Change::Kind kind);

struct CellChange {
  std::string scenario, name;
  std::vector<Change> changes;
};

/// What changed from one report to a later one, cell by cell, in the order of the later one; cells
/// that are gone come last. Pure.
///
/// A regression is: a cell that was always as expected and is not any more, or one whose pass rate
/// fell beyond what chance explains (its 95% interval lies below the old one); a relay in the place
/// of a direct path; a cell that is gone; a connection that takes longer beyond noise, which is
/// where each of five repeats or more took longer than each of the old ones, and the median by a
/// tenth. A pair that fails for another cause is told, and is no regression by itself. A cell that
/// was skipped is not there.
std::vector<CellChange> compare(const Report& before, const Report& after);

bool has_regression(const std::vector<CellChange>& changes);

std::string render_comparison(const std::vector<CellChange>& changes, const Report& before,
                              const Report& after, const TextStyle& style);

}  // namespace icelab
