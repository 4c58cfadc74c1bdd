#pragma once

#include "harness/scenario/scenario.h"
#include "src/base/json_reader.h"

#include <string>
#include <vector>

namespace icelab {

/// "none" and every box that has a name.
const std::vector<std::string>& box_names();

/// The chain of boxes that a "behind" says, from the host outwards, called after `prefix`; "none"
/// stands for no box.
std::vector<BoxSpec> read_boxes(const std::vector<JsonReader>& entries, const std::string& prefix);

}  // namespace icelab
