#pragma once

#include "harness/observe/run_record.h"
#include "harness/observe/sightings.h"

#include <map>
#include <optional>
#include <vector>

namespace icelab {

/// Which pair a check belongs to: where it leaves from (the base: a host's own endpoint, or the
/// relayed one) and where it is aimed. The protocol is the pair's, so udp for a relayed candidate
/// however its server is reached. An active TCP candidate's port is the discard port, whichever
/// port a connection left from.
struct PairKey {
  Protocol protocol = Protocol::udp;
  Endpoint local;
  Endpoint remote;
  auto operator<=>(const PairKey&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// One STUN transaction of an agent's connectivity check (RFC 8445 section 7.2): a Binding request,
/// as often as it was sent, and what came back.
struct CheckTransaction {
  std::vector<const Sighting*> requests;  // as they left the agent's host, in order; at least one
  struct Answer {
    Instant time;
    std::optional<int> error;  // nothing: success
    std::optional<Endpoint> mapped;
  };
  std::optional<Answer> answer;  // the first that counts
};

/// All that one agent did about one pair.
struct PairChecks {
  std::vector<const Trip*> connects;           // TCP's SYNs, before there can be a check
  std::vector<CheckTransaction> transactions;  // by first request
  bool sent_nomination = false;                // a request with USE-CANDIDATE that succeeded
  bool answered_nomination = false;            // the other side's, on this pair
  [[nodiscard]] int sent() const;
  [[nodiscard]] bool succeeded() const;
  [[nodiscard]] bool nominated() const;
  /// Of the first SYN or request.
  [[nodiscard]] Instant first_sent() const;
  /// From the request to the answer, the least of those transactions whose request was sent once:
  /// with a retransmission nobody knows which request was answered (Karn's rule, RFC 6298
  /// section 3).
  [[nodiscard]] std::optional<Duration> rtt() const;
};

/// Gathers the checks of one agent. TCP connections count where they lead to a candidate of the
/// other agent's: one to a TURN server is no check; `since`: if they began then or later. `trips`
/// and `sightings` must outlive the result.
std::map<PairKey, PairChecks> collect_checks(const std::vector<Trip>& trips,
                                             const Sightings& sightings, const PeerRecord& self,
                                             const PeerRecord& other, Instant since);

}  // namespace icelab
