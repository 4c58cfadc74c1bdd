#pragma once

#include "harness/scenario/scenario.h"
#include "src/base/json_reader.h"

#include <vector>

namespace icelab {

/// What is to happen in a run, and to what of its topology. An event that passes by itself
/// (`for_ms`) becomes two. One that could not come before the deadline is a fault.
std::vector<EventSpec> read_events(const JsonReader& reader, const Topology& topology,
                                   Duration deadline);

}  // namespace icelab
