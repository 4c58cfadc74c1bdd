#include "harness/observe/trace.h"

#include <unordered_map>

namespace icelab {
namespace {

std::optional<Packet> packet_at(const Recording& recording, const Observation& observation) {
  const auto bytes = recording.bytes(observation);
  return Packet::parse({bytes.begin(), bytes.end()});
}

void arrive(Trip& trip, const Recording& recording, const Observation& observation) {
  auto packet = packet_at(recording, observation);
  if (trip.arrival || !packet) return;  // a duplicate comes later
  const std::string& hop = recording.hop(observation);
  if (packet->is_intact()) {
    trip.arrival = {observation.time, hop, std::move(*packet)};
    trip.loss = {};
  } else if (!trip.loss) {
    trip.loss = {
        hop, {DropReason::lost, "it arrived corrupt, and its host discarded it"}, std::nullopt};
  }
}

void drop(Trip& trip, const Recording& recording, const Observation& observation) {
  const auto packet = packet_at(recording, observation);
  trip.loss = {recording.hop(observation), *observation.drop, std::nullopt};
  if (packet) trip.loss->source = packet->source();
}

void add_step(Trip& trip, const Recording& recording, const Observation& observation) {
  switch (observation.event) {
    case Event::delivered:
      arrive(trip, recording, observation);
      break;
    case Event::dropped:
      // Of several copies one is enough.
      if (observation.drop && !trip.arrival) drop(trip, recording, observation);
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
    trips.push_back({.packet = observation.packet,
                     .sent = observation.time,
                     .from = recording.hop(observation),
                     .departure = std::move(*packet),
                     .arrival = {},
                     .loss = {}});
  }
  return trips;
}

}  // namespace icelab
