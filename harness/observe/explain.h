#pragma once

#include "harness/observe/checks.h"
#include "harness/observe/crossings.h"
#include "harness/observe/run_record.h"

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace icelab {

/// Tells what happened to candidate pairs, a line a packet.
class Explainer {
 public:
  using Checks = std::map<PairKey, PairChecks>;

  /// What it is given must outlive it. `checks`: of both agents, in the order of the record's
  /// peers.
  Explainer(const RunRecord& record, const std::vector<Trip>& trips, const Sightings& sightings,
            const std::array<const Checks*, 2>& checks);

  /// The checks of a pair, those of the other agent on the same pair, and their answers: who opened
  /// which box for whom, and where packets ended. Up to the first answer that came back, if one
  /// did; what was tried again to the same end is told once. `peer`: whose pair it is.
  [[nodiscard]] std::vector<std::string> explain(size_t peer, const PairKey& pair,
                                                 const PairChecks& checks) const;

 private:
  /// Those of the pair in either direction.
  [[nodiscard]] std::set<TransactionId> transactions_of(size_t peer, const PairKey& pair,
                                                        const PairChecks& checks) const;
  [[nodiscard]] std::string describe(const Sighting& sighting) const;
  [[nodiscard]] std::string describe(const Crossing& crossing) const;

  const RunRecord& record_;
  const Sightings& sightings_;
  Crossings crossings_;
  std::map<TransactionId, std::vector<const Sighting*>> by_transaction_;
  /// Each agent's checks, by where they are aimed.
  std::array<std::multimap<Endpoint, Checks::const_pointer>, 2> aimed_at_;
};

}  // namespace icelab
