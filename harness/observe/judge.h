#pragma once

#include "harness/observe/run_record.h"
#include "reports/report.h"

#include <optional>
#include <string>

namespace icelab {

/// Turns a run's evidence into its report: every pair from the wire, the path, and whether what was
/// expected came true. Pure.
RunReport judge(const RunRecord& record);

/// Of a run that was not made, and why.
RunReport skip(const RunPlan& plan, std::string why);

/// Who was late, if what is unwelcome about a run may be this machine's doing, or icelab's own, and
/// not the network's or an agent's: "machine too busy: alice's agent waited 83 ms for a processor",
/// "icelab was late: its own loop stood still for 83 ms". A connection as expected is never in
/// doubt.
std::optional<std::string> too_late(const RunRecord& record, const RunReport& report);

}  // namespace icelab
