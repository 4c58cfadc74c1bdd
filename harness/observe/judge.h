#pragma once

#include "harness/observe/run_record.h"
#include "reports/report.h"

namespace icelab {

/// Turns a run's evidence into its report: every pair from the wire, the path, and whether what was
/// expected came true. Pure.
RunReport judge(const RunRecord& record);

}  // namespace icelab
