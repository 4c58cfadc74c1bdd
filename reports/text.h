#pragma once

#include "reports/painter.h"
#include "reports/report.h"

#include <string>

namespace icelab {

/// The report for a terminal: each scenario as a matrix or a list, then each run that is not as
/// expected with its reasons and every candidate pair, then one line that sums up.
std::string render_text(const Report& report, const TextStyle& style);

/// That last line: "25 runs: 24 as expected, 1 unexpected (9.1 s)".
std::string render_summary(const Report& report, const TextStyle& style);

}  // namespace icelab
