#include "harness/observe/missed.h"

#include <fmt/format.h>

#include <array>

namespace icelab {
namespace {

std::optional<CandidateType> parse_type(std::string_view word) {
  using enum CandidateType;
  for (const auto type : {host, server_reflexive, peer_reflexive, relayed})
    if (word == to_string(type)) return type;
  return std::nullopt;
}

/// Nothing if the simulation has no such pairs.
std::optional<PairClass> class_of(const PairReport& pair) {
  if (pair.local.transport != "udp") return std::nullopt;
  const auto local = Endpoint::parse(pair.local.address);
  const auto remote = Endpoint::parse(pair.remote.address);
  const auto local_type = parse_type(pair.local.type);
  const auto remote_type = parse_type(pair.remote.type);
  if (!local || !remote || !local_type || !remote_type) return std::nullopt;
  return PairClass{pair.agent, *local_type, local->address, *remote_type, remote->address};
}

}  // namespace

std::vector<std::string> hold_against(const Possibility& possible, std::vector<PairReport>& pairs) {
  std::vector<std::string> impossible;
  for (auto& pair : pairs) {
    const auto its = class_of(pair);
    pair.possible = its ? possible.works(*its) : std::nullopt;
    if (pair.outcome != PairOutcome::succeeded || pair.possible != false) continue;
    impossible.push_back(
        fmt::format("a fault of icelab: {}'s pair {} to {} worked, and the simulation of this "
                    "network says that it cannot",
                    pair.agent, pair.local.address, pair.remote.address));
  }
  return impossible;
}

}  // namespace icelab
