#pragma once

#include "harness/observe/run_record.h"

#include <string>
#include <string_view>

namespace icelab {

// A run's evidence as a file, so that a run made once can be judged again and again: JSON, one
// observation a line. The plan is not in it; the scenario that was run lies beside it. What agents
// told is in the agent protocol's words. Of a packet that a box rewrote only the rewritten
// beginning is written ("head").

std::string write_run_record(const RunRecord& record);
/// Throws std::runtime_error or a Json exception if it is not such a file.
RunRecord read_run_record(std::string_view text, RunPlan plan);

}  // namespace icelab
