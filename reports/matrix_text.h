#pragma once

#include "reports/painter.h"
#include "reports/report.h"

#include <span>
#include <string>

namespace icelab {

/// The runs of one scenario with two parameters as a matrix, the first parameter down, the second
/// across: path and seconds to connect in each cell, and a mark where not all is as expected. Empty
/// if the runs have not two parameters, or the width does not allow it.
std::string render_matrix(std::span<const RunReport> runs, const TextStyle& style);

/// The same as a list, a line a run.
std::string render_list(std::span<const RunReport> runs, const TextStyle& style);

}  // namespace icelab
