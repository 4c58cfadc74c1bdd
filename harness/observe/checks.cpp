#include "harness/observe/checks.h"

#include <algorithm>

namespace icelab {
namespace {

/// A Binding request that is a connectivity check, not a question to a STUN server.
bool is_check(const StunMessage& message) {
  return message.method == StunMethod::binding && message.message_class == StunClass::request &&
         message.priority.has_value();
}

class Collector {
 public:
  Collector(const Sightings& sightings, const std::string& interface)
      : sightings_(sightings), interface_(interface) {}

  std::map<PairKey, PairChecks> collect() {
    for (const Sighting& sighting : sightings_.messages) {
      const StunMessage& message = sighting.message;
      if (is_check(message) && sighting.trip->from == interface_) add_request(sighting);
      const bool arrived = sighting.trip->arrival && sighting.trip->arrival->at == interface_;
      if (!arrived) continue;
      if (is_check(message) && message.use_candidate) add_nomination(sighting);
      if (message.method == StunMethod::binding && message.is_response()) add_answer(sighting);
    }
    for (const PairKey& key : nominated_) {
      const auto pair = pairs_.find(key);
      if (pair != pairs_.end()) pair->second.received_nomination = true;
    }
    return std::move(pairs_);
  }

 private:
  struct Slot {
    PairKey pair;
    size_t transaction;
  };

  /// The pair by which a message left this host.
  [[nodiscard]] PairKey departing(const Sighting& sighting) const {
    if (sighting.relayed) return through_relay(sighting);
    const Packet& packet = sighting.trip->departure;
    return {sighting.protocol, packet.source(), packet.destination()};
  }

  /// The pair by which a message came to this host.
  [[nodiscard]] PairKey arriving(const Sighting& sighting) const {
    if (sighting.relayed) return through_relay(sighting);
    const Packet& packet = sighting.trip->arrival->packet;
    return {sighting.protocol, packet.destination(), packet.source()};
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
    const auto [slot, is_new] = transactions_.try_emplace(sighting.message.transaction,
                                                          Slot{key, pair.transactions.size()});
    if (is_new) pair.transactions.emplace_back();
    if (slot->second.pair != key) return;  // an id used twice: not a transaction of this pair
    pair.transactions[slot->second.transaction].requests.push_back(&sighting);
  }

  void add_answer(const Sighting& sighting) {
    const auto slot = transactions_.find(sighting.message.transaction);
    if (slot == transactions_.end()) return;
    const auto& [key, index] = slot->second;
    // An answer from elsewhere than the request went fails the check (RFC 8445 section 7.2.5.2.1).
    if (arriving(sighting) != key) return;
    PairChecks& pair = pairs_[key];
    CheckTransaction& transaction = pair.transactions[index];
    if (transaction.answer) return;
    const bool success = sighting.message.message_class == StunClass::success;
    transaction.answer = {
        .time = sighting.trip->arrival->time,
        .error = success ? std::nullopt : std::optional(sighting.message.error_code.value_or(0)),
        .mapped = sighting.message.mapped_address};
    if (success && transaction.requests.back()->message.use_candidate) pair.sent_nomination = true;
  }

  void add_nomination(const Sighting& sighting) { nominated_.push_back(arriving(sighting)); }

  const Sightings& sightings_;
  const std::string& interface_;
  std::map<PairKey, PairChecks> pairs_;
  std::map<TransactionId, Slot> transactions_;
  std::vector<PairKey> nominated_;
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

std::optional<Duration> PairChecks::rtt() const {
  std::optional<Duration> best;
  for (const auto& transaction : transactions) {
    if (!transaction.answer || transaction.requests.size() != 1) continue;
    const Duration rtt = transaction.answer->time - transaction.requests[0]->trip->sent;
    if (!best || rtt < *best) best = rtt;
  }
  return best;
}

std::map<PairKey, PairChecks> collect_checks(const Sightings& sightings,
                                             const std::string& interface) {
  return Collector(sightings, interface).collect();
}

}  // namespace icelab
