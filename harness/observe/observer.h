#pragma once

#include "harness/observe/run_record.h"
#include "harness/observe/trace.h"
#include "reports/report.h"

#include <vector>

namespace icelab {

/// The table of every candidate pair of a run, judged from the packets alone: an agent is a black
/// box. What it says itself stands beside it. Pairs are RFC 8445's check-list pairs: a
/// server-reflexive local candidate is its base. One row a pair and agent; checked ones first, by
/// their first check. After an ICE
/// restart it is the table of the checks since. Pure.
std::vector<PairReport> observe(const RunRecord& record, const std::vector<Trip>& trips);

}  // namespace icelab
