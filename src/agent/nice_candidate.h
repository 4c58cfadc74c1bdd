#pragma once

// Between libnice's types and ours. For the sources of this folder that talk to libnice, no others.

#include "src/ice/candidate.h"

#include <nice/agent.h>

#include <memory>

namespace icelab {

NiceAddress to_nice_address(const Endpoint& endpoint);
Endpoint to_endpoint(const NiceAddress& address);

/// With libnice's own foundation and priority. `related` is the base, where that is another
/// address; an active TCP candidate, which has no port, says 9 (RFC 6544 section 4.5).
Candidate to_candidate(const NiceCandidate& candidate);

struct NiceCandidateDeleter {
  void operator()(NiceCandidate* candidate) const { nice_candidate_free(candidate); }
};
using NiceCandidatePointer = std::unique_ptr<NiceCandidate, NiceCandidateDeleter>;

NiceCandidatePointer to_nice_candidate(const Candidate& candidate);

/// RFC 6544 section 4.5: the port that stands for none is 9.
Endpoint with_discard_port(Endpoint endpoint);

}  // namespace icelab
