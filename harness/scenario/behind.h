#pragma once

#include "harness/scenario/scenario.h"

#include <string>
#include <vector>

namespace icelab {

/// Reads a chain of boxes as on the command line of `icelab behind`: each word is a profile's name,
/// an inline JSON object as in `behind`, or @FILE holding one. Throws UsageError.
std::vector<BoxSpec> parse_behind(const std::vector<std::string>& words, const std::string& peer);

}  // namespace icelab
