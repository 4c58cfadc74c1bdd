#pragma once

#include "src/ice/candidate.h"
#include "src/net/address.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// A candidate pair as far as it is the same in every run of a scenario: ports are left to chance.
/// The local end is the base, from which checks leave: a host candidate or a relayed one.
struct PairClass {
  std::string agent;
  CandidateType local_type = CandidateType::host;
  IpAddress local;
  CandidateType remote_type = CandidateType::host;
  IpAddress remote;
  auto operator<=>(const PairClass&) const = default;  // NOLINT(modernize-use-nullptr)
};

struct PossiblePair {
  PairClass pair;
  bool works = false;
};

/// What a scenario's network lets through, by a simulation: which UDP pairs could be made to work
/// at all. A pair that it does not list, it says nothing of.
struct Possibility {
  std::vector<PossiblePair> pairs;
  bool connected = false;  // some pair works for either agent
  bool direct = false;     // and one that does not go through a relay

  [[nodiscard]] std::optional<bool> works(const PairClass& pair) const {
    const auto found = std::ranges::find(pairs, pair, &PossiblePair::pair);
    return found == pairs.end() ? std::nullopt : std::optional(found->works);
  }
};

}  // namespace icelab
