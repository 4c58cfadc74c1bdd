#include "harness/observe/explain.h"

#include "harness/observe/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace icelab {
namespace {

constexpr size_t most_lines = 12;

/// Under which endpoints the other agent may know a base.
std::set<Endpoint> names_of(const Endpoint& base, const PeerRecord& self) {
  std::set<Endpoint> names{base};
  for (const auto& candidate : self.candidates) {
    if (base_of(candidate) == base) names.insert(candidate.endpoint);
  }
  return names;
}

bool came_from(const PairChecks& checks, const Endpoint& source) {
  return std::ranges::any_of(checks.transactions, [&](const CheckTransaction& transaction) {
    return std::ranges::any_of(transaction.requests, [&](const Sighting* request) {
      return request->trip->arrival && request->trip->arrival->packet.source() == source;
    });
  });
}

void add_transactions(const PairChecks& checks, std::set<TransactionId>& transactions) {
  for (const auto& transaction : checks.transactions)
    transactions.insert(transaction.requests.at(0)->message.transaction);
}

/// None of them could ever have arrived, whatever the other side did.
bool are_unroutable(const PairChecks& checks) {
  return std::ranges::all_of(checks.transactions, [](const CheckTransaction& transaction) {
    return std::ranges::all_of(transaction.requests, [](const Sighting* request) {
      const auto& loss = request->trip->loss;
      return loss && loss->drop.reason == DropReason::unroutable;
    });
  });
}

std::optional<Instant> first_success(const PairChecks& checks) {
  std::optional<Instant> first;
  for (const auto& transaction : checks.transactions) {
    if (transaction.answer && !transaction.answer->error)
      first = std::min(first.value_or(transaction.answer->time), transaction.answer->time);
  }
  return first;
}

Endpoint aim_of(const Sighting& sighting) {
  const bool is_for_relay = sighting.relayed && sighting.relayed->from_client;
  return is_for_relay ? sighting.relayed->peer : sighting.trip->departure.destination();
}

/// What is the same about packets that are tried again to the same end.
std::string kind_of(const Sighting& sighting) {
  const Trip& trip = *sighting.trip;
  const auto end = trip.arrival ? trip.arrival->at
                   : trip.loss
                       ? fmt::format("{} {}", trip.loss->at, to_string(trip.loss->drop.reason))
                       : "";
  return fmt::format("{} {} {} {}", trip.from, sighting.message.is_response(),
                     aim_of(sighting).to_string(), end);
}

std::string describe_end(const Trip& trip) {
  if (trip.arrival) return fmt::format("it arrives at {}", host_of(trip.arrival->at));
  if (!trip.loss) return "the run ended while it was on its way";
  return fmt::format("dropped at {}: {}: {}", trip.loss->at, to_string(trip.loss->drop.reason),
                     trip.loss->drop.detail);
}

}  // namespace

Explainer::Explainer(const RunRecord& record, const std::vector<Trip>& trips,
                     const Sightings& sightings, const std::array<const Checks*, 2>& checks)
    : record_(record),
      sightings_(sightings),
      crossings_(record.recording, trips, record.plan.topology) {
  for (const auto& sighting : sightings_.messages) {
    if (sighting.message.method == StunMethod::binding)
      by_transaction_[sighting.message.transaction].push_back(&sighting);
  }
  for (const size_t peer : {0U, 1U}) {
    for (const auto& pair : *checks[peer]) aimed_at_[peer].emplace(pair.first.remote, &pair);
  }
}

std::set<TransactionId> Explainer::transactions_of(size_t peer, const PairKey& pair,
                                                   const PairChecks& checks) const {
  std::set<TransactionId> transactions;
  add_transactions(checks, transactions);
  if (are_unroutable(checks)) return transactions;
  const Candidate* remote =
      find_candidate(record_.peers[1 - peer].candidates, pair.protocol, pair.remote);
  for (const Endpoint& name : names_of(pair.local, record_.peers[peer])) {
    const auto [first, last] = aimed_at_[1 - peer].equal_range(name);
    for (auto each = first; each != last; ++each) {
      const auto& [theirs, their_checks] = *each->second;
      if (remote != nullptr ? theirs.local == base_of(*remote)
                            : came_from(their_checks, pair.remote))
        add_transactions(their_checks, transactions);
    }
  }
  return transactions;
}

std::vector<std::string> Explainer::explain(size_t peer, const PairKey& pair,
                                            const PairChecks& checks) const {
  const auto until = first_success(checks);
  std::vector<const Sighting*> legs;
  for (const auto& transaction : transactions_of(peer, pair, checks)) {
    for (const Sighting* leg : by_transaction_.at(transaction)) {
      if (!until || leg->trip->sent <= *until) legs.push_back(leg);
    }
  }
  std::ranges::stable_sort(legs, {}, [](const Sighting* leg) { return leg->trip->sent; });

  std::vector<std::string> lines;
  std::set<std::string> told;
  for (const Sighting* leg : legs) {
    if (!told.insert(kind_of(*leg)).second) continue;
    if (lines.size() == most_lines) {
      lines.emplace_back("and more, which the capture has");
      break;
    }
    lines.push_back(
        fmt::format("{:.3f} s  {}", seconds(leg->trip->sent - record_.started), describe(*leg)));
  }
  return lines;
}

/// "alice's check to 203.0.113.22:5002: alice.nat sends it from 203.0.113.21:5001; it arrives at
/// bob"
std::string Explainer::describe(const Sighting& sighting) const {
  const Trip& trip = *sighting.trip;
  auto text = fmt::format("{}: {} to {}", host_of(trip.from),
                          sighting.message.is_response() ? "answer" : "check",
                          aim_of(sighting).to_string());
  if (sighting.relayed) {
    text += sighting.relayed->from_client
                ? ", through the TURN server"
                : fmt::format(", for its client, from {}", sighting.relayed->peer.to_string());
  }
  text += ": ";
  for (const auto& crossing : crossings_.of(trip.packet)) text += describe(crossing) + "; ";
  return text + describe_end(trip);
}

std::string Explainer::describe(const Crossing& crossing) const {
  if (crossing.direction == Direction::outbound) {
    if (crossing.before == crossing.after)
      return fmt::format("{} opens for {}", crossing.box, crossing.after.destination.to_string());
    return fmt::format("{} opens {} for {}", crossing.box, crossing.after.source.to_string(),
                       crossing.after.destination.to_string());
  }
  const auto opening = crossings_.opening_for(crossing);
  if (!opening) return fmt::format("{} lets it in unasked", crossing.box);
  return fmt::format("{} lets it in, opened by {}'s packet to {} at {:.3f} s", crossing.box,
                     opening->host, opening->remote.to_string(),
                     seconds(opening->time - record_.started));
}

}  // namespace icelab
