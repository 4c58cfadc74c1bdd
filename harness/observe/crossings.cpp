#include "harness/observe/crossings.h"

#include <algorithm>
#include <array>

namespace icelab {
namespace {

bool remembers(const BoxBehavior& behavior) {
  constexpr std::array<std::string_view, 4> kinds{"nat", "firewall", "nat66", "nat64"};
  return std::ranges::find(kinds, kind_of(behavior)) != kinds.end();
}

std::optional<Crossing::Ends> ends_at(const Recording& recording, const Observation& observation) {
  const auto bytes = recording.bytes(observation);
  const auto packet = Packet::parse({bytes.begin(), bytes.end()});
  if (!packet) return std::nullopt;
  return Crossing::Ends{packet->source(), packet->destination()};
}

}  // namespace

Crossings::Crossings(const Recording& recording, const std::vector<Trip>& trips,
                     const Topology& topology)
    : recording_(recording) {
  const auto add = [&](const Way& way) {
    for (const auto& box : way.boxes) remembers_[box.name] = remembers(box.behavior);
  };
  for (const auto& network : topology.networks) add(network.way);
  for (const auto& peer : topology.peers)
    for (const auto& uplink : peer.uplinks) add(uplink.way);

  for (size_t i = 0; i < recording.observations.size(); ++i)
    ways_[static_cast<std::uint64_t>(recording.observations[i].packet)].push_back(i);
  for (const Trip& trip : trips) {
    for (const Crossing& crossing : of(trip.packet)) {
      if (crossing.direction != Direction::outbound) continue;
      openings_[{crossing.box, crossing.after.source}].push_back(
          {.time = crossing.time,
           .host = host_of(trip.from),
           .external = crossing.after.source,
           .remote = crossing.after.destination});
    }
  }
}

std::vector<Crossing> Crossings::of(PacketId packet) const {
  std::vector<Crossing> crossings;
  const auto way = ways_.find(static_cast<std::uint64_t>(packet));
  if (way == ways_.end()) return crossings;
  const Observation* before = nullptr;
  for (const size_t i : way->second) {
    const Observation& observation = recording_.observations[i];
    const Observation* previous = std::exchange(before, &observation);
    if (observation.event != Event::forwarded || !observation.direction || previous == nullptr)
      continue;
    const auto box = remembers_.find(recording_.hop(observation));
    if (box == remembers_.end() || !box->second) continue;
    const auto came = ends_at(recording_, *previous);
    const auto went = ends_at(recording_, observation);
    if (came && went) {
      crossings.push_back({.time = observation.time,
                           .box = box->first,
                           .direction = *observation.direction,
                           .before = *came,
                           .after = *went});
    }
  }
  return crossings;
}

std::optional<Opening> Crossings::opening_for(const Crossing& inbound) const {
  const auto found = openings_.find({inbound.box, inbound.before.destination});
  if (found == openings_.end()) return std::nullopt;
  const Endpoint& from = inbound.before.source;
  const auto first = [&](auto&& suits) -> const Opening* {
    const auto opening = std::ranges::find_if(found->second, [&](const Opening& each) {
      return each.time <= inbound.time && suits(each.remote);
    });
    return opening == found->second.end() ? nullptr : &*opening;
  };
  const Opening* opening = first([&](const Endpoint& remote) { return remote == from; });
  if (opening == nullptr)
    opening = first([&](const Endpoint& remote) { return remote.address == from.address; });
  if (opening == nullptr) opening = first([](const Endpoint&) { return true; });
  return opening == nullptr ? std::nullopt : std::optional(*opening);
}

}  // namespace icelab
