#pragma once

#include "reports/report.h"
#include "src/ice/candidate.h"
#include "src/net/packet.h"

#include <string_view>
#include <vector>

namespace icelab {

// Candidates as signalled beside endpoints as seen on the wire.

Protocol protocol_of(CandidateTransport transport);

/// Whether two candidates make a pair on which the local side sends checks (RFC 8445 section
/// 6.1.2.2, RFC 6544 section 6.2): a passive TCP candidate waits for the other side's.
bool can_check(CandidateTransport local, CandidateTransport remote);

/// The candidate of this address; null if none was signalled.
const Candidate* find_candidate(const std::vector<Candidate>& candidates, Protocol protocol,
                                const Endpoint& endpoint);

CandidateReport describe(const Candidate& candidate);
/// An end of a pair that was never signalled. Over TCP it is an active one: whoever connects to a
/// passive candidate does so from a port that nobody was told.
CandidateReport describe(CandidateType type, Protocol protocol, const Endpoint& endpoint);

}  // namespace icelab
