#include "harness/observe/aftermath.h"

#include <algorithm>

namespace icelab {
namespace {

/// The first that came through of what one peer sent after `from`.
const Beat* first_through(std::span<const Beat> beats, size_t sender, Instant from) {
  const Beat* first = nullptr;
  for (const Beat& beat : beats) {
    if (beat.from != sender || beat.sent < from || !beat.received) continue;
    if (first == nullptr || *beat.received < *first->received) first = &beat;
  }
  return first;
}

std::optional<Instant> first_after(const std::vector<Instant>& instants, Instant from) {
  const auto found = std::ranges::lower_bound(instants, from);
  return found == instants.end() ? std::nullopt : std::optional(*found);
}

bool carries(const Trip& trip, const std::string& text) {
  const auto payload = trip.departure.payload();
  return std::search(payload.begin(), payload.end(), text.begin(), text.end()) != payload.end();
}

/// Whether it went to the other peer's host at once, or to a server's.
std::optional<Path> path_of(const Beat& beat, const RunRecord& record,
                            const std::vector<Trip>& trips) {
  const PeerRecord& sender = record.peers[beat.from];
  const PeerRecord& receiver = record.peers[1 - beat.from];
  for (const Trip& trip : trips) {
    if (!trip.arrival || !sender.owns(trip.from) || !carries(trip, beat.text)) continue;
    return receiver.owns(trip.arrival->at) ? Path::direct : Path::relay;
  }
  return std::nullopt;
}

std::vector<const PeerRecord*> peers_of(const RunRecord& record) {
  std::vector<const PeerRecord*> peers;
  for (const auto& peer : record.peers) peers.push_back(&peer);
  return peers;
}

/// When the event after this one happened.
std::optional<Instant> next_event(const RunRecord& record, Instant happened) {
  std::optional<Instant> next;
  for (const auto& other : record.happened) {
    if (other && *other > happened && (!next || *other < *next)) next = other;
  }
  return next;
}

}  // namespace

std::optional<Instant> data_flows_again(std::span<const Beat> beats, Instant from) {
  const Beat* one = first_through(beats, 0, from);
  const Beat* other = first_through(beats, 1, from);
  if (one == nullptr || other == nullptr) return std::nullopt;
  return std::max(*one->received, *other->received);
}

std::optional<Instant> takes_effect(const EventSpec& event, Instant happened,
                                    std::span<const PeerRecord* const> peers) {
  if (!std::holds_alternative<RestartIce>(event.action)) return happened;
  Instant effect = happened;
  for (const auto* peer : peers) {
    // What it selects before it has new credentials is a pair of the session that ends.
    const auto session = first_after(peer->sessions, happened);
    const auto selected = session ? first_after(peer->selections, *session) : std::nullopt;
    if (!selected) return std::nullopt;
    effect = std::max(effect, *selected);
  }
  return effect;
}

std::optional<Instant> noticed(std::span<const PeerRecord* const> peers, Instant from,
                               std::optional<Instant> until) {
  std::optional<Instant> first;
  for (const auto* peer : peers) {
    const auto change = first_after(peer->changes, from);
    if (change && (!until || *change < *until) && (!first || *change < *first)) first = change;
  }
  return first;
}

std::optional<Path> path_of_data(const RunRecord& record, const std::vector<Trip>& trips,
                                 Instant from) {
  std::optional<Path> path;
  for (const size_t sender : {0U, 1U}) {
    const Beat* beat = first_through(record.beats, sender, from);
    const auto way = beat != nullptr ? path_of(*beat, record, trips) : std::nullopt;
    if (!way) return std::nullopt;
    if (path != Path::relay) path = way;
  }
  return path;
}

std::vector<EventReport> observe_events(const RunRecord& record, const std::vector<Trip>& trips) {
  std::vector<EventReport> reports;
  const auto peers = peers_of(record);
  for (size_t i = 0; i < record.happened.size(); ++i) {
    const EventSpec& event = record.plan.events[i];
    EventReport& report = reports.emplace_back();
    report.name = event.name;
    const auto happened = record.happened[i];
    if (!happened) continue;
    report.seconds = seconds(*happened - record.started);
    if (const auto when = noticed(peers, *happened, next_event(record, *happened)))
      report.noticed = seconds(*when - *happened);
    const auto effect = takes_effect(event, *happened, peers);
    const auto flows = effect ? data_flows_again(record.beats, *effect) : std::nullopt;
    if (!flows) continue;
    report.recovered = seconds(*flows - *happened);
    report.path = path_of_data(record, trips, *effect);
  }
  return reports;
}

}  // namespace icelab
