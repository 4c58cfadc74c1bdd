#pragma once

#include "harness/observe/run_record.h"
#include "reports/report.h"

#include <string>

namespace icelab {

/// Turns a run's evidence into its report: every pair from the wire, the path, and whether what was
/// expected came true. Pure.
RunReport judge(const RunRecord& record);

/// Whether what is unwelcome about a run may be this machine's doing, and not the network's or an
/// agent's. A connection as expected is never in doubt.
bool was_machine_too_busy(const RunRecord& record, const RunReport& report);
/// "alice's agent waited 83 ms for a processor"
std::string describe(const Lateness& lateness);

}  // namespace icelab
