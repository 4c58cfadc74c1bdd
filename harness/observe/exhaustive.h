#pragma once

#include "harness/observe/run_record.h"
#include "reports/report.h"

#include <vector>

namespace icelab {

// Every pair by itself: a run of its own for each candidate of one side with each of the other's,
// in which the agents are told of no others.

/// The pairs that a run's candidates make: what each of its parts is to signal.
std::vector<SignalledPair> pairs_to_signal(const RunRecord& record);

/// Puts what became of a pair in a run of its own into the report of the run with all candidates,
/// where it says more: there the pair was pruned, given up, or lost to another.
void add_part(RunReport& whole, const RunReport& part, const SignalledPair& signalled);

}  // namespace icelab
