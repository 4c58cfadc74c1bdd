#pragma once

#include "reports/report.h"

#include <cstddef>
#include <string>

namespace icelab {

/// Tells on standard error how far the runs have come: on a terminal one line that is drawn over,
/// elsewhere, in a CI job's log, a line a run.
class Progress {
 public:
  explicit Progress(size_t runs);
  void ended(const RunReport& run);
  /// Takes the live line away.
  void finish() const;

 private:
  void draw(const std::string& line) const;

  size_t runs_;
  size_t ended_ = 0;
  size_t not_as_expected_ = 0;
  bool live_;
  size_t width_;
};

}  // namespace icelab
