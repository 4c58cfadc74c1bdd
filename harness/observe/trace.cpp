#include "harness/observe/trace.h"

#include <unordered_map>

namespace icelab {
namespace {

std::optional<Packet> packet_at(const Recording& recording, const Observation& observation) {
  const auto bytes = recording.bytes(observation);
  return Packet::parse({bytes.begin(), bytes.end()});
}

void add_step(Trip& trip, const Recording& recording, const Observation& observation) {
  switch (observation.event) {
    case Event::delivered:
      if (trip.arrival) break;  // a duplicate comes later
      if (auto packet = packet_at(recording, observation))
        trip.arrival = {observation.time, recording.hop(observation), std::move(*packet)};
      break;
    case Event::dropped:
      if (observation.drop) trip.loss = {recording.hop(observation), *observation.drop};
      break;
    case Event::sent:
    case Event::overheard:
    case Event::forwarded:
    case Event::held:
      break;
  }
}

}  // namespace

std::vector<Trip> trace(const Recording& recording) {
  std::vector<Trip> trips;
  std::unordered_map<std::uint64_t, size_t> by_packet;
  for (const auto& observation : recording.observations) {
    const auto [entry, is_new] =
        by_packet.try_emplace(static_cast<std::uint64_t>(observation.packet), trips.size());
    if (!is_new) {
      add_step(trips[entry->second], recording, observation);
      continue;
    }
    auto packet = packet_at(recording, observation);
    if (!packet) {
      by_packet.erase(entry);
      continue;
    }
    trips.push_back({.sent = observation.time,
                     .from = recording.hop(observation),
                     .departure = std::move(*packet),
                     .arrival = {},
                     .loss = {}});
  }
  return trips;
}

}  // namespace icelab
