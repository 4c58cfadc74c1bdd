#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/observe/sightings.h"

namespace icelab {

/// Which pair a check belongs to: where it leaves from (the base: a host's own endpoint, or the relayed one) and
/// where it is aimed. The protocol is the pair's, so udp for a relayed candidate however its server is reached.
struct PairKey {
  Protocol protocol = Protocol::udp;
  Endpoint local;
  Endpoint remote;
  auto operator<=>(const PairKey&) const = default;
};

/// One STUN transaction of an agent's connectivity check (RFC 8445 section 7.2): a Binding request, as
/// often as it was sent, and what came back.
struct CheckTransaction {
  std::vector<const Sighting*> requests;  // as they left the agent's host, in order
  struct Answer {
    Instant time;
    std::optional<int> error;  // nothing: success
    std::optional<Endpoint> mapped;
  };
  std::optional<Answer> answer;
};

/// All that one agent did about one pair.
struct PairChecks {
  std::vector<CheckTransaction> transactions;  // by first request
  bool sent_nomination = false;                // a request with USE-CANDIDATE that succeeded
  bool received_nomination = false;            // the other side's, on this pair
  [[nodiscard]] int sent() const;
  [[nodiscard]] bool succeeded() const;
  /// From the last request to the answer, of transactions whose request was sent once: with a
  /// retransmission nobody knows which request was answered (Karn's rule, RFC 6298 section 3).
  [[nodiscard]] std::optional<Duration> rtt() const;
};

/// Gathers the checks of the agent whose host's packets are first seen at `interface`.
std::map<PairKey, PairChecks> collect_checks(const Sightings& sightings, const std::string& interface);

}  // namespace icelab
