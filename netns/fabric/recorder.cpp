#include "netns/fabric/recorder.h"

#include <algorithm>

namespace icelab {

HopId FlightRecorder::add_hop(std::string name) {
  recording_.hops.push_back(std::move(name));
  return static_cast<HopId>(recording_.hops.size() - 1);
}

void FlightRecorder::record(Instant time, PacketId packet, HopId hop, Event event,
                            std::span<const std::uint8_t> bytes, std::optional<Direction> direction,
                            std::optional<Drop> drop) {
  if (limit_ == 0) return;
  auto& observations = recording_.observations;
  auto& arena = recording_.arena;
  // A hop that changed nothing shares the bytes that the one before it left.
  const bool unchanged = !observations.empty() && observations.back().packet == packet &&
                         std::ranges::equal(recording_.bytes(observations.back()), bytes);
  const size_t needed = sizeof(Observation) + (unchanged ? 0 : bytes.size());
  const size_t held = arena.size() + observations.size() * sizeof(Observation);
  if (recording_.left_out > 0 || held + needed > limit_) {
    ++recording_.left_out;
    return;
  }
  auto offset = static_cast<std::uint32_t>(arena.size());
  if (unchanged) {
    offset = observations.back().offset;
  } else {
    arena.insert(arena.end(), bytes.begin(), bytes.end());
  }
  observations.push_back({.time = time,
                          .packet = packet,
                          .hop = hop,
                          .event = event,
                          .drop = std::move(drop),
                          .direction = direction,
                          .offset = offset,
                          .length = static_cast<std::uint32_t>(bytes.size())});
}

}  // namespace icelab
