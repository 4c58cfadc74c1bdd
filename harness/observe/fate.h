#pragma once

#include "harness/observe/checks.h"
#include "harness/observe/run_record.h"
#include "reports/report.h"

namespace icelab {

/// Why a pair did not work, by its last transaction: how far the last request got, and if it got
/// all the way, what became of the response. Where no check could be sent because no TCP connection
/// was made, how far the last SYN got. `sightings` are all of the run's.
CauseReport find_cause(const PairChecks& checks, const Sightings& sightings,
                       const RunRecord& record);

}  // namespace icelab
