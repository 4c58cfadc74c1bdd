#include "harness/observe/checks.h"

#include "harness/observe/candidates.h"

#include <algorithm>

namespace icelab {
namespace {

/// A Binding request that is a connectivity check, not a question to a STUN server.
bool is_check(const StunMessage& message) {
  return message.method == StunMethod::binding && message.message_class == StunClass::request &&
         message.priority.has_value();
}

bool is_answer(const StunMessage& message) {
  return message.method == StunMethod::binding && message.is_response();
}

bool is_success(const StunMessage& message) {
  return message.message_class == StunClass::success;
}

class Collector {
 public:
  Collector(const Sightings& sightings, const PeerRecord& self)
      : sightings_(sightings), self_(self) {}

  void add_connects(const std::vector<Trip>& trips, const std::vector<Candidate>& remotes,
                    Instant since) {
    for (const Trip& trip : trips) {
      const Packet& packet = trip.departure;
      if (trip.sent < since || !self_.owns(trip.from) || packet.protocol() != Protocol::tcp ||
          !packet.has_ports() || !packet.tcp().syn || packet.tcp().ack ||
          find_candidate(remotes, Protocol::tcp, packet.destination()) == nullptr)
        continue;
      pairs_[direct(Protocol::tcp, packet.source(), packet.destination())].connects.push_back(
          &trip);
    }
  }

  void add_checks() {
    for (const Sighting& sighting : sightings_.messages) {
      const StunMessage& message = sighting.message;
      if (self_.owns(sighting.trip->from)) {
        if (is_check(message)) add_request(sighting);
        if (is_answer(message)) add_own_answer(sighting);
      }
      if (sighting.trip->arrival && self_.owns(sighting.trip->arrival->at)) {
        if (is_check(message) && message.use_candidate)
          asked_nominations_.insert_or_assign(message.transaction, arriving(sighting));
        if (is_answer(message)) add_answer(sighting);
      }
    }
  }

  std::map<PairKey, PairChecks> take() {
    // The other side's nomination may come before this side has checked the pair.
    for (const PairKey& key : answered_nominations_) {
      const auto pair = pairs_.find(key);
      if (pair != pairs_.end()) pair->second.answered_nomination = true;
    }
    return std::move(pairs_);
  }

 private:
  /// The pair by which a message left this host.
  [[nodiscard]] PairKey departing(const Sighting& sighting) const {
    if (sighting.relayed) return through_relay(sighting);
    const Packet& packet = sighting.trip->departure;
    return direct(sighting.protocol, packet.source(), packet.destination());
  }

  /// The pair by which a message came to this host.
  [[nodiscard]] PairKey arriving(const Sighting& sighting) const {
    if (sighting.relayed) return through_relay(sighting);
    const Packet& packet = sighting.trip->arrival->packet;
    return direct(sighting.protocol, packet.destination(), packet.source());
  }

  [[nodiscard]] PairKey direct(Protocol protocol, Endpoint local, const Endpoint& remote) const {
    const bool is_active =
        protocol == Protocol::tcp && find_candidate(self_.candidates, protocol, local) == nullptr;
    if (is_active) local.port = discard_port;
    return {protocol, local, remote};
  }

  [[nodiscard]] PairKey through_relay(const Sighting& sighting) const {
    const auto& relayed = *sighting.relayed;
    const auto allocation = sightings_.allocations.find({sighting.protocol, relayed.client});
    const Endpoint local =
        allocation == sightings_.allocations.end() ? relayed.client : allocation->second;
    return {Protocol::udp, local, relayed.peer};
  }

  void add_request(const Sighting& sighting) {
    const PairKey key = departing(sighting);
    PairChecks& pair = pairs_[key];
    const auto [slot, is_new] =
        transactions_.try_emplace({sighting.message.transaction, key}, pair.transactions.size());
    if (is_new) pair.transactions.emplace_back();
    pair.transactions[slot->second].requests.push_back(&sighting);
  }

  /// An answer from elsewhere than the request went is none (RFC 8445 section 7.2.5.2.1).
  void add_answer(const Sighting& sighting) {
    const PairKey key = arriving(sighting);
    const auto slot = transactions_.find({sighting.message.transaction, key});
    if (slot == transactions_.end()) return;
    PairChecks& pair = pairs_[key];
    CheckTransaction& transaction = pair.transactions[slot->second];
    if (transaction.answer) return;
    const StunMessage& message = sighting.message;
    transaction.answer = {
        .time = sighting.trip->arrival->time,
        .error = is_success(message) ? std::nullopt : std::optional(message.error_code.value_or(0)),
        .mapped = message.mapped_address};
    if (is_success(message) && transaction.requests.back()->message.use_candidate)
      pair.sent_nomination = true;
  }

  /// A nomination that is refused, by a role conflict for one, is none (RFC 8445 section 7.3.1.1).
  void add_own_answer(const Sighting& sighting) {
    const auto asked = asked_nominations_.find(sighting.message.transaction);
    if (asked == asked_nominations_.end() || !is_success(sighting.message)) return;
    answered_nominations_.push_back(asked->second);
  }

  const Sightings& sightings_;
  const PeerRecord& self_;
  std::map<PairKey, PairChecks> pairs_;
  std::map<std::pair<TransactionId, PairKey>, size_t> transactions_;
  std::map<TransactionId, PairKey> asked_nominations_;
  std::vector<PairKey> answered_nominations_;
};

}  // namespace

int PairChecks::sent() const {
  size_t count = 0;
  for (const auto& transaction : transactions) count += transaction.requests.size();
  return static_cast<int>(count);
}

bool PairChecks::succeeded() const {
  return std::ranges::any_of(transactions, [](const auto& transaction) {
    return transaction.answer && !transaction.answer->error;
  });
}

bool PairChecks::nominated() const {
  return succeeded() && (sent_nomination || answered_nomination);
}

Instant PairChecks::first_sent() const {
  return connects.empty() ? transactions.at(0).requests.at(0)->trip->sent : connects[0]->sent;
}

std::optional<Duration> PairChecks::rtt() const {
  std::optional<Duration> best;
  for (const auto& transaction : transactions) {
    if (!transaction.answer || transaction.requests.size() != 1) continue;
    const Duration rtt = transaction.answer->time - transaction.requests[0]->trip->sent;
    if (!best || rtt < *best) best = rtt;
  }
  return best;
}

std::map<PairKey, PairChecks> collect_checks(const std::vector<Trip>& trips,
                                             const Sightings& sightings, const PeerRecord& self,
                                             const PeerRecord& other, Instant since) {
  Collector collector(sightings, self);
  collector.add_connects(trips, other.candidates, since);
  collector.add_checks();
  return collector.take();
}

}  // namespace icelab
