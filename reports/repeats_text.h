#pragma once

#include "reports/painter.h"
#include "reports/report.h"

#include <string>

namespace icelab {

/// What repeats tell of the cells that were not always as expected, and how sure one may be of the
/// others; empty where nothing was repeated.
std::string render_repeats(const Report& report, const TextStyle& style);

}  // namespace icelab
