#include "harness/observe/exhaustive.h"

#include "harness/observe/candidates.h"

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

std::vector<CandidateClass> classes_of(const PeerRecord& peer) {
  std::vector<CandidateClass> classes;
  for (const auto& candidate : peer.candidates) {
    const CandidateClass its = class_of(candidate);
    if (std::ranges::find(classes, its) == classes.end()) classes.push_back(its);
  }
  return classes;
}

bool make_a_pair(const CandidateClass& one, const CandidateClass& other) {
  return one.address.is_v4() == other.address.is_v4() &&
         (can_check(one.transport, other.transport) || can_check(other.transport, one.transport));
}

bool is_of(const CandidateReport& end, const CandidateClass& its) {
  const auto endpoint = Endpoint::parse(end.address);
  return endpoint && endpoint->address == its.address && end.type == to_string(its.type) &&
         end.transport == to_string(its.transport);
}

/// Checks leave from a base, which a reflexive candidate shares with a host's own.
bool leaves_from(const CandidateReport& local, const CandidateClass& its) {
  const bool relayed = its.type == CandidateType::relayed;
  return (local.type == to_string(CandidateType::relayed)) == relayed &&
         local.transport == to_string(its.transport);
}

bool is_alike(const CandidateReport& one, const CandidateReport& other) {
  const auto first = Endpoint::parse(one.address), second = Endpoint::parse(other.address);
  return one.type == other.type && one.transport == other.transport && first && second &&
         first->address == second->address;
}

/// How much an outcome says of a pair.
int weight(PairOutcome outcome) {
  switch (outcome) {
    case PairOutcome::succeeded:
      return 3;
    case PairOutcome::failed:
      return 2;
    case PairOutcome::abandoned:
      return 1;
    case PairOutcome::unchecked:
      break;
  }
  return 0;
}

}  // namespace

std::vector<SignalledPair> pairs_to_signal(const RunRecord& record) {
  std::vector<SignalledPair> pairs;
  if (record.peers.size() != 2) return pairs;
  for (const auto& one : classes_of(record.peers[0])) {
    for (const auto& other : classes_of(record.peers[1])) {
      if (make_a_pair(one, other)) pairs.push_back({one, other});
    }
  }
  return pairs;
}

void add_part(RunReport& whole, const RunReport& part, const SignalledPair& signalled) {
  for (PairReport row : part.pairs) {
    const bool is_of_first = !part.peers.empty() && row.agent == part.peers.front().first;
    const auto& own = signalled[is_of_first ? 0 : 1];
    const auto& others = signalled[is_of_first ? 1 : 0];
    if (!is_of(row.remote, others) || !leaves_from(row.local, own)) continue;
    row.nominated = row.selected = false;  // which is about all pairs together
    const auto known = std::ranges::find_if(whole.pairs, [&](const PairReport& each) {
      return each.agent == row.agent && is_alike(each.local, row.local) &&
             is_alike(each.remote, row.remote);
    });
    if (known == whole.pairs.end()) {
      whole.pairs.push_back(std::move(row));
    } else if (weight(row.outcome) > weight(known->outcome)) {
      *known = std::move(row);
    }
  }
  if (part.verdict != RunVerdict::error) return;
  whole.verdict = RunVerdict::error;
  for (const auto& reason : part.reasons) {
    if (std::ranges::find(whole.reasons, reason) == whole.reasons.end())
      whole.reasons.push_back(reason);
  }
}

}  // namespace icelab
