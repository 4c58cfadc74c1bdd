#pragma once

#include "harness/observe/checks.h"
#include "harness/observe/run_record.h"
#include "reports/report.h"

namespace icelab {

/// Why a transaction was not answered: how far its last request got, and if it got all the way, what
/// became of the response. `sightings` are all of the run's.
CauseReport find_cause(const CheckTransaction& transaction, const Sightings& sightings,
                       const RunRecord& record);

}  // namespace icelab
