#pragma once

#include "harness/scenario/scenario.h"
#include "src/base/json_reader.h"

#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// Reads a scenario's text: one plan a cell of its matrix, in file order, neither filtered nor
/// seeded. `name` is the scenario's. Without meaning if there are faults.
std::vector<RunPlan> read_scenario(std::string_view text, const std::string& name,
                                   JsonFaults& faults);

}  // namespace icelab
