#pragma once

#include "reports/report.h"

#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// What a proportion may be, by a sample of it.
struct Interval {
  double low = 0;
  double high = 1;
};

/// Wilson's score interval of 95% (E. B. Wilson, 1927): it holds for few trials, and for all or
/// none of them, too.
Interval wilson_interval(int successes, int trials);

/// A cell's repeats taken together. A run that was skipped, or could not be judged, counts
/// neither way.
struct CellReport {
  std::string scenario, name;
  int as_expected = 0;
  int skipped = 0;
  int unexpected = 0;
  int errors = 0;
  // Seconds, of the runs that were connected.
  std::optional<double> median_connected{}, worst_connected{};

  [[nodiscard]] int judged() const { return as_expected + unexpected; }
  [[nodiscard]] Interval pass_rate() const { return wilson_interval(as_expected, judged()); }
  [[nodiscard]] bool is_flaky() const { return as_expected > 0 && unexpected > 0; }
};

/// In the order in which they first occur.
std::vector<CellReport> cells_of(const Report& report);

}  // namespace icelab
