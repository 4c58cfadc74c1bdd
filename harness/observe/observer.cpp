#include "harness/observe/observer.h"

#include "harness/observe/candidates.h"
#include "harness/observe/checks.h"
#include "harness/observe/explain.h"
#include "harness/observe/fate.h"
#include "harness/observe/host_drops.h"
#include "harness/observe/sightings.h"
#include "harness/observe/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace icelab {
namespace {

/// libnice sends a check this often before it gives up, unless it is told otherwise.
constexpr int usual_requests_per_check = 3;

bool is_relayed(const Endpoint& endpoint, const Sightings& sightings) {
  return std::ranges::any_of(sightings.allocations,
                             [&](const auto& each) { return each.second == endpoint; });
}

/// The recommended type preferences (RFC 8445 section 5.1.2.2), for an end that was never
/// signalled.
std::uint32_t usual_priority(const std::string& type) {
  constexpr std::uint32_t host = 126, peer_reflexive = 110;
  if (type == "host") return host << 24;
  return type == "prflx" ? peer_reflexive << 24 : 0;
}

/// The pairs of one agent.
class Observer {
 public:
  Observer(const RunRecord& record, const PeerRecord& self, const PeerRecord& other,
           const PeerSpec& spec, const std::vector<Trip>& trips, const Sightings& sightings)
      : record_(record),
        self_(self),
        other_(other),
        sightings_(sightings),
        checks_(collect_checks(trips, sightings, self, other,
                               record.restarted.value_or(record.started))),
        nominated_any_(std::ranges::any_of(
            checks_, [](const auto& entry) { return entry.second.nominated(); })),
        requests_per_check_(spec.agent.retransmissions.value_or(usual_requests_per_check)) {}

  [[nodiscard]] const std::map<PairKey, PairChecks>& checks() const { return checks_; }

  std::vector<PairReport> observe(const Explainer& explainer) {
    add_checked();
    const size_t peer = &self_ == record_.peers.data() ? 0 : 1;
    for (const auto& [key, checks] : checks_)
      rows_[known_.at(key)].explanation = explainer.explain(peer, key, checks);
    add_unchecked();
    add_agent_view();
    mark_selected();
    return std::move(rows_);
  }

 private:
  void add_checked() {
    std::vector<const std::pair<const PairKey, PairChecks>*> in_order;
    for (const auto& entry : checks_) in_order.push_back(&entry);
    std::ranges::stable_sort(in_order, {},
                             [](const auto* entry) { return entry->second.first_sent(); });
    for (const auto* entry : in_order) add_checked(entry->first, entry->second);
  }

  void add_checked(const PairKey& key, const PairChecks& checks) {
    PairReport& row = add_row(key, describe_local(key), describe_remote(key));
    row.outcome = judge(checks);
    row.checks = checks.sent();
    row.nominated = checks.nominated();
    if (const auto rtt = checks.rtt()) row.rtt_ms = milliseconds(*rtt);
    if (row.outcome == PairOutcome::failed) row.cause = find_cause(checks, sightings_, record_);
  }

  [[nodiscard]] PairOutcome judge(const PairChecks& checks) const {
    if (checks.succeeded()) return PairOutcome::succeeded;
    return was_cut_short(checks) && nominated_any_ ? PairOutcome::abandoned : PairOutcome::failed;
  }

  /// An agent that gives up sends all its requests and then waits for half the last interval at
  /// least (RFC 8489 section 6.2.1 waits longer); one that loses interest stops before. A busy
  /// machine's timers are late, which makes that interval look longer than it was meant to be. It
  /// matters: a run often ends with the very failure of its last pair.
  [[nodiscard]] bool was_cut_short(const PairChecks& checks) const {
    if (checks.transactions.empty()) return true;  // no TCP connection: the kernel goes on for long
    const CheckTransaction& transaction = checks.transactions.back();
    if (transaction.answer) return false;
    const auto& requests = transaction.requests;
    if (static_cast<int>(requests.size()) < requests_per_check_) return true;
    if (requests.size() < 2) return false;
    const Instant last = requests.back()->trip->sent;
    const Duration interval = last - requests[requests.size() - 2]->trip->sent;
    return record_.ended < last + interval * 2 / 5;
  }

  void add_unchecked() {
    for (const Candidate& local : self_.candidates) {
      if (is_pruned(local)) continue;
      for (const Candidate& remote : other_.candidates) {
        const PairKey key{protocol_of(local.transport), base_of(local), remote.endpoint};
        if (can_check(local.transport, remote.transport) && !known_.contains(key))
          add_row(key, describe(local), describe(remote));
      }
    }
  }

  /// A reflexive candidate makes no pairs beside those of its base (RFC 8445 section 6.1.2.4).
  [[nodiscard]] bool is_pruned(const Candidate& candidate) const {
    const Endpoint base = base_of(candidate);
    return base != candidate.endpoint &&
           find_candidate(self_.candidates, protocol_of(candidate.transport), base) != nullptr;
  }

  void add_agent_view() {
    for (const AgentPair& pair : self_.pairs) {
      const auto key = key_of(pair.local, pair.remote);
      if (!key) continue;
      if (!known_.contains(*key)) add_row(*key, pair.local, pair.remote);
      PairReport& row = rows_[known_.at(*key)];
      // A check that learned a new local candidate makes two pairs of one: the valid one speaks for
      // both.
      if (row.agent_view == "succeeded") continue;
      row.agent_view = pair.state;
      row.agrees = agree(*key, row);
      if (!row.agrees && row.outcome == PairOutcome::unchecked) excuse(row);
    }
  }

  /// The agent says that it checked a pair of which no check was seen: its own interface may have
  /// dropped them.
  void excuse(PairReport& row) const {
    const auto interface = dropping_interface(self_.name, record_.recording);
    if (!interface) return;
    row.agrees = true;
    row.cause = {
        .code = std::string(interface_dropped),
        .at = *interface,
        .detail = fmt::format("no check was seen; {} has dropped packets unseen", *interface)};
  }

  /// Whether the agent's own word for a pair's state fits what was seen of it.
  [[nodiscard]] bool agree(const PairKey& key, const PairReport& row) const {
    const std::string& view = row.agent_view;
    const bool is_idle = view == "frozen" || view == "waiting" || view == "cancelled";
    switch (row.outcome) {
      case PairOutcome::succeeded:
        return view == "succeeded";
      case PairOutcome::failed:
        return view == "failed" || (view == "in-progress" && was_cut_short(checks_.at(key)));
      case PairOutcome::abandoned:
        return is_idle || view == "in-progress";
      case PairOutcome::unchecked:
        return is_idle;
    }
    return false;
  }

  /// The pair that carries the data: of those nominated, the one of the highest priority (RFC 5245
  /// section 11.1.1). The agent's word decides where it nominated several and names one of them.
  void mark_selected() {
    PairReport* best = nullptr;
    std::uint64_t best_priority = 0;
    for (const auto& [key, index] : known_) {
      PairReport& row = rows_[index];
      const std::uint64_t priority = priority_of(key, row);
      if (!row.nominated || (best != nullptr && priority <= best_priority)) continue;
      best = &row;
      best_priority = priority;
    }
    if (PairReport* named = named_by_agent(); named != nullptr && named->nominated) best = named;
    if (best != nullptr) best->selected = true;
  }

  [[nodiscard]] std::uint64_t priority_of(const PairKey& key, const PairReport& row) const {
    const auto* local_candidate = find_candidate(self_.candidates, key.protocol, key.local);
    const auto* remote_candidate = find_candidate(other_.candidates, key.protocol, key.remote);
    const auto local = local_candidate ? local_candidate->priority : usual_priority(row.local.type);
    const auto remote =
        remote_candidate ? remote_candidate->priority : usual_priority(row.remote.type);
    return self_.controlling ? pair_priority(local, remote) : pair_priority(remote, local);
  }

  [[nodiscard]] PairReport* named_by_agent() {
    if (!self_.selected) return nullptr;
    const auto key = key_of(self_.selected->local, self_.selected->remote);
    const auto row = key ? known_.find(*key) : known_.end();
    return row == known_.end() ? nullptr : &rows_[row->second];
  }

  /// The row of a pair in an agent's own words: its local candidate may be the reflexive one.
  [[nodiscard]] std::optional<PairKey> key_of(const CandidateReport& local,
                                              const CandidateReport& remote) const {
    const auto local_endpoint = Endpoint::parse(local.address);
    const auto remote_endpoint = Endpoint::parse(remote.address);
    if (!local_endpoint || !remote_endpoint) return std::nullopt;
    const Protocol protocol = local.transport == "udp" ? Protocol::udp : Protocol::tcp;
    return PairKey{protocol, find_base(protocol, *local_endpoint), *remote_endpoint};
  }

  /// The base of a local candidate that was signalled, or that a check's answer told of.
  [[nodiscard]] Endpoint find_base(Protocol protocol, const Endpoint& local) const {
    if (const Candidate* candidate = find_candidate(self_.candidates, protocol, local))
      return base_of(*candidate);
    for (const auto& [key, checks] : checks_) {
      for (const auto& transaction : checks.transactions) {
        if (key.protocol == protocol && transaction.answer && transaction.answer->mapped == local)
          return key.local;
      }
    }
    return local;
  }

  [[nodiscard]] CandidateReport describe_local(const PairKey& key) const {
    return describe_end(self_.candidates, key.protocol, key.local, CandidateType::host);
  }
  [[nodiscard]] CandidateReport describe_remote(const PairKey& key) const {
    return describe_end(other_.candidates, key.protocol, key.remote, CandidateType::peer_reflexive);
  }
  [[nodiscard]] CandidateReport describe_end(const std::vector<Candidate>& candidates,
                                             Protocol protocol, const Endpoint& endpoint,
                                             CandidateType otherwise) const {
    if (const auto* candidate = find_candidate(candidates, protocol, endpoint))
      return describe(*candidate);
    const bool relayed = is_relayed(endpoint, sightings_);
    return describe(relayed ? CandidateType::relayed : otherwise, protocol, endpoint);
  }

  PairReport& add_row(const PairKey& key, CandidateReport local, CandidateReport remote) {
    known_[key] = rows_.size();
    PairReport& row = rows_.emplace_back();
    row.agent = self_.name;
    row.local = std::move(local);
    row.remote = std::move(remote);
    return row;
  }

  const RunRecord& record_;
  const PeerRecord& self_;
  const PeerRecord& other_;
  const Sightings& sightings_;
  std::map<PairKey, PairChecks> checks_;
  bool nominated_any_;
  int requests_per_check_;
  std::vector<PairReport> rows_;
  std::map<PairKey, size_t> known_;
};

}  // namespace

std::vector<PairReport> observe(const RunRecord& record, const std::vector<Trip>& trips) {
  std::vector<PairReport> pairs;
  if (record.peers.size() != 2) return pairs;
  Sightings sightings = find_sightings(trips);
  if (record.restarted) {
    std::erase_if(sightings.messages, [&](const Sighting& sighting) {
      return sighting.trip->sent < *record.restarted;
    });
  }
  const auto observer_of = [&](size_t peer) {
    return Observer(record, record.peers[peer], record.peers[1 - peer],
                    record.plan.topology.peers.at(peer), trips, sightings);
  };
  std::array observers{observer_of(0), observer_of(1)};
  const Explainer explainer(record, trips, sightings,
                            {&observers[0].checks(), &observers[1].checks()});
  for (auto& observer : observers)
    std::ranges::move(observer.observe(explainer), std::back_inserter(pairs));
  return pairs;
}

}  // namespace icelab
