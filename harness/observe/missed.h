#pragma once

#include "harness/observe/possibility.h"
#include "reports/report.h"

#include <string>
#include <vector>

namespace icelab {

/// Holds what became of each pair against what the network allows, and writes it beside the pair.
/// Returns what cannot be, a sentence each: a pair that worked although nothing lets it through is
/// a fault of icelab's own.
std::vector<std::string> hold_against(const Possibility& possible, std::vector<PairReport>& pairs);

}  // namespace icelab
