#pragma once

#include "harness/observe/checks.h"
#include "harness/observe/crossings.h"
#include "harness/observe/run_record.h"

#include <map>
#include <string>
#include <vector>

namespace icelab {

/// Tells what happened to candidate pairs, a line a packet.
class Explainer {
 public:
  using Checks = std::map<PairKey, PairChecks>;

  /// What it is given must outlive it.
  Explainer(const RunRecord& record, const std::vector<Trip>& trips, const Sightings& sightings);

  /// The checks of a pair, those of the other agent on the same pair, and their answers: who opened
  /// which box for whom, and where packets ended. Up to the first answer that came back, if one
  /// did; what was tried again to the same end is told once. `others`: the other agent's checks.
  [[nodiscard]] std::vector<std::string> explain(const PairKey& pair, const PairChecks& checks,
                                                 const PeerRecord& self, const PeerRecord& other,
                                                 const Checks& others) const;

 private:
  [[nodiscard]] std::string describe(const Sighting& sighting) const;
  [[nodiscard]] std::string describe(const Crossing& crossing) const;

  const RunRecord& record_;
  const Sightings& sightings_;
  Crossings crossings_;
  std::map<TransactionId, std::vector<const Sighting*>> by_transaction_;
};

}  // namespace icelab
