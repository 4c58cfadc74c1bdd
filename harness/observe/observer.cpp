#include "harness/observe/observer.h"

#include <algorithm>
#include <set>

#include "harness/observe/checks.h"
#include "harness/observe/fate.h"
#include "harness/observe/sightings.h"
#include "harness/observe/trace.h"

namespace icelab {
namespace {

/// libnice sends a check this often before it gives up, unless it is told otherwise.
constexpr int usual_requests_per_check = 3;

Protocol protocol_of(CandidateTransport transport) {
  return transport == CandidateTransport::udp ? Protocol::udp : Protocol::tcp;
}

/// RFC 8445 section 6.1.2.2, and RFC 6544 section 6.2 for TCP: which transports meet.
bool can_pair(CandidateTransport local, CandidateTransport remote) {
  switch (local) {
    case CandidateTransport::udp: return remote == CandidateTransport::udp;
    case CandidateTransport::tcp_active: return remote == CandidateTransport::tcp_passive;
    case CandidateTransport::tcp_passive: return false;  // it waits; a check comes to it
    case CandidateTransport::tcp_simultaneous_open:
      return remote == CandidateTransport::tcp_simultaneous_open;
  }
  return false;
}

/// Where a candidate's checks leave from (RFC 8445 section 4, "base").
Endpoint base_of(const Candidate& candidate) {
  const bool reflexive = candidate.type == CandidateType::server_reflexive ||
                         candidate.type == CandidateType::peer_reflexive;
  return reflexive && candidate.related ? *candidate.related : candidate.endpoint;
}

CandidateReport report(const Candidate& candidate) {
  return {.type = std::string(to_string(candidate.type)),
          .transport = std::string(to_string(candidate.transport)),
          .address = candidate.endpoint.to_string()};
}

CandidateReport report(std::string_view type, Protocol protocol, const Endpoint& endpoint) {
  return {.type = std::string(type),
          .transport = std::string(to_string(protocol)),
          .address = endpoint.to_string()};
}

bool is_relayed(const Endpoint& endpoint, const Sightings& sightings) {
  return std::ranges::any_of(sightings.allocations,
                             [&](const auto& each) { return each.second == endpoint; });
}

const Candidate* find(const std::vector<Candidate>& candidates, Protocol protocol,
                      const Endpoint& endpoint) {
  const auto found = std::ranges::find_if(candidates, [&](const Candidate& candidate) {
    return protocol_of(candidate.transport) == protocol && candidate.endpoint == endpoint;
  });
  return found == candidates.end() ? nullptr : &*found;
}

/// Whether an agent's own word for a pair's state fits what was seen of it.
bool agree(PairOutcome outcome, const std::string& view) {
  const bool unfinished = view == "in-progress" || view == "cancelled" || view == "waiting" ||
                          view == "frozen";
  switch (outcome) {
    case PairOutcome::succeeded: return view == "succeeded";
    case PairOutcome::failed: return view == "failed";
    case PairOutcome::abandoned: return unfinished;
    case PairOutcome::unchecked: return unfinished && view != "in-progress";
  }
  return false;
}

/// The pairs of one agent.
class Observer {
 public:
  Observer(const RunRecord& record, const PeerRecord& self, const PeerRecord& other,
           const PeerSpec& spec, const Sightings& sightings)
      : record_(record),
        self_(self),
        other_(other),
        sightings_(sightings),
        checks_(collect_checks(sightings, self.interface)),
        requests_per_check_(spec.agent.retransmissions.value_or(usual_requests_per_check)) {}

  std::vector<PairReport> observe() {
    add_checked();
    add_unchecked();
    add_agent_view();
    mark_selected();
    return std::move(rows_);
  }

 private:
  void add_checked() {
    std::vector<const std::pair<const PairKey, PairChecks>*> in_order;
    for (const auto& entry : checks_) in_order.push_back(&entry);
    std::ranges::sort(in_order, {}, [](const auto* entry) {
      return entry->second.transactions[0].requests[0]->trip->sent;
    });
    for (const auto* entry : in_order) add_checked(entry->first, entry->second);
  }

  void add_checked(const PairKey& key, const PairChecks& checks) {
    PairReport row;
    row.agent = self_.name;
    row.local = describe_local(key);
    row.remote = describe_remote(key);
    row.outcome = judge(checks);
    row.checks = checks.sent();
    row.nominated = checks.succeeded() && (self_.controlling ? checks.sent_nomination
                                                             : checks.received_nomination);
    if (const auto rtt = checks.rtt()) row.rtt_ms = milliseconds(*rtt);
    if (row.outcome == PairOutcome::failed)
      row.cause = find_cause(checks.transactions.back(), sightings_, record_);
    add_row(key, std::move(row));
  }

  [[nodiscard]] PairOutcome judge(const PairChecks& checks) const {
    if (checks.succeeded()) return PairOutcome::succeeded;
    const CheckTransaction& last = checks.transactions.back();
    if (last.answer) return PairOutcome::failed;
    return was_cut_short(last) && nominated_any() ? PairOutcome::abandoned : PairOutcome::failed;
  }

  /// An agent that gives up sends all its requests and then waits for half the last interval at least
  /// (RFC 8489 section 6.2.1 waits longer); one that loses interest stops before.
  [[nodiscard]] bool was_cut_short(const CheckTransaction& transaction) const {
    const auto& requests = transaction.requests;
    if (static_cast<int>(requests.size()) < requests_per_check_) return true;
    if (requests.size() < 2) return false;
    const Instant last = requests.back()->trip->sent;
    const Duration interval = last - requests[requests.size() - 2]->trip->sent;
    return record_.ended < last + interval / 2;
  }

  [[nodiscard]] bool nominated_any() const {
    return std::ranges::any_of(checks_, [&](const auto& entry) {
      return self_.controlling ? entry.second.sent_nomination : entry.second.received_nomination;
    });
  }

  void add_unchecked() {
    for (const Candidate& local : self_.candidates) {
      if (base_of(local) != local.endpoint && has_base(local)) continue;  // pruned: its base is a candidate too
      for (const Candidate& remote : other_.candidates) {
        const PairKey key{protocol_of(local.transport), base_of(local), remote.endpoint};
        if (!can_pair(local.transport, remote.transport) || known_.contains(key)) continue;
        PairReport row;
        row.agent = self_.name;
        row.local = report(local);
        row.remote = report(remote);
        add_row(key, std::move(row));
      }
    }
  }

  [[nodiscard]] bool has_base(const Candidate& reflexive) const {
    return find(self_.candidates, protocol_of(reflexive.transport), base_of(reflexive)) != nullptr;
  }

  void add_agent_view() {
    for (const AgentPair& pair : self_.pairs) {
      const auto key = key_of(pair.local, pair.remote);
      if (!key) continue;
      if (!known_.contains(*key)) {
        PairReport row;
        row.agent = self_.name;
        row.local = pair.local;
        row.remote = pair.remote;
        add_row(*key, std::move(row));
      }
      PairReport& row = rows_[known_.at(*key)];
      // A check that learned a new local candidate makes two pairs of one: the valid one speaks for both.
      if (row.agent_view == "succeeded") continue;
      row.agent_view = pair.state;
      row.agrees = agree(row.outcome, row.agent_view);
    }
  }

  /// The pair that carries the data: of those nominated, the one of the highest priority (RFC 8445 section 8.1.1).
  /// The agent's word decides where it nominated several and names one of them.
  void mark_selected() {
    std::vector<PairReport*> nominated;
    for (PairReport& row : rows_) {
      if (row.nominated) nominated.push_back(&row);
    }
    if (nominated.empty()) return;
    PairReport* best = nominated.back();
    if (self_.selected) {
      const auto key = key_of(self_.selected->local, self_.selected->remote);
      if (key && known_.contains(*key) && rows_[known_.at(*key)].nominated)
        best = &rows_[known_.at(*key)];
    }
    best->selected = true;
  }

  /// The row of a pair in an agent's own words: its local candidate may be the reflexive one.
  [[nodiscard]] std::optional<PairKey> key_of(const CandidateReport& local,
                                              const CandidateReport& remote) const {
    const auto local_endpoint = Endpoint::parse(local.address);
    const auto remote_endpoint = Endpoint::parse(remote.address);
    if (!local_endpoint || !remote_endpoint) return std::nullopt;
    const Protocol protocol = local.transport == "udp" ? Protocol::udp : Protocol::tcp;
    return PairKey{protocol, base_of(protocol, *local_endpoint), *remote_endpoint};
  }

  [[nodiscard]] Endpoint base_of(Protocol protocol, const Endpoint& local) const {
    if (const Candidate* candidate = find(self_.candidates, protocol, local))
      return icelab::base_of(*candidate);
    for (const auto& [key, checks] : checks_) {
      for (const auto& transaction : checks.transactions) {
        if (key.protocol == protocol && transaction.answer && transaction.answer->mapped == local)
          return key.local;
      }
    }
    return local;
  }
  [[nodiscard]] static Endpoint base_of(const Candidate& candidate) {
    return icelab::base_of(candidate);
  }

  [[nodiscard]] CandidateReport describe_local(const PairKey& key) const {
    if (const Candidate* candidate = find(self_.candidates, key.protocol, key.local))
      return report(*candidate);
    return report(is_relayed(key.local, sightings_) ? "relay" : "host", key.protocol, key.local);
  }

  [[nodiscard]] CandidateReport describe_remote(const PairKey& key) const {
    if (const Candidate* candidate = find(other_.candidates, key.protocol, key.remote))
      return report(*candidate);
    return report(is_relayed(key.remote, sightings_) ? "relay" : "prflx", key.protocol, key.remote);
  }

  void add_row(const PairKey& key, PairReport row) {
    known_[key] = rows_.size();
    rows_.push_back(std::move(row));
  }

  const RunRecord& record_;
  const PeerRecord& self_;
  const PeerRecord& other_;
  const Sightings& sightings_;
  std::map<PairKey, PairChecks> checks_;
  int requests_per_check_;
  std::vector<PairReport> rows_;
  std::map<PairKey, size_t> known_;
};

}  // namespace

std::vector<PairReport> observe(const RunRecord& record) {
  std::vector<PairReport> pairs;
  if (record.peers.size() != 2) return pairs;
  const auto trips = trace(record.recording);
  const Sightings sightings = find_sightings(trips);
  for (const size_t i : {0U, 1U}) {    Observer observer(record, record.peers[i], record.peers[1 - i], record.plan.peers[i],
                      sightings);
    for (auto& row : observer.observe()) pairs.push_back(std::move(row));
  }
  return pairs;
}

}  // namespace icelab
