#include "harness/observe/candidates.h"

#include <algorithm>

namespace icelab {

Protocol protocol_of(CandidateTransport transport) {
  return transport == CandidateTransport::udp ? Protocol::udp : Protocol::tcp;
}

bool can_check(CandidateTransport local, CandidateTransport remote) {
  switch (local) {
    case CandidateTransport::udp:
      return remote == CandidateTransport::udp;
    case CandidateTransport::tcp_active:
      return remote == CandidateTransport::tcp_passive;
    case CandidateTransport::tcp_passive:
      return false;
    case CandidateTransport::tcp_simultaneous_open:
      return remote == CandidateTransport::tcp_simultaneous_open;
  }
  return false;
}

const Candidate* find_candidate(const std::vector<Candidate>& candidates, Protocol protocol,
                                const Endpoint& endpoint) {
  const auto found = std::ranges::find_if(candidates, [&](const Candidate& candidate) {
    return protocol_of(candidate.transport) == protocol && candidate.endpoint == endpoint;
  });
  return found == candidates.end() ? nullptr : &*found;
}

CandidateReport describe(const Candidate& candidate) {
  return {.type = std::string(to_string(candidate.type)),
          .transport = std::string(to_string(candidate.transport)),
          .address = candidate.endpoint.to_string()};
}

CandidateReport describe(CandidateType type, Protocol protocol, const Endpoint& endpoint) {
  const auto transport =
      protocol == Protocol::tcp ? CandidateTransport::tcp_active : CandidateTransport::udp;
  return {.type = std::string(to_string(type)),
          .transport = std::string(to_string(transport)),
          .address = endpoint.to_string()};
}

}  // namespace icelab
