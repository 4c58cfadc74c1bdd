#include "harness/observe/capture.h"

#include "src/net/packet.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace icelab {
namespace {

/// A packet on a wire.
struct Sighted {
  HopId hop;
  Instant time;
  Pcapng::Towards towards;
  std::span<const std::uint8_t> bytes;
  std::string comment{};
};

std::set<std::string> boxes_of(const Topology& topology) {
  std::set<std::string> names;
  const auto add = [&](const Way& way) {
    for (const auto& box : way.boxes) names.insert(box.name);
  };
  for (const auto& network : topology.networks) add(network.way);
  for (const auto& peer : topology.peers)
    for (const auto& uplink : peer.uplinks) add(uplink.way);
  return names;
}

std::optional<Packet> parse(std::span<const std::uint8_t> bytes) {
  return Packet::parse({bytes.begin(), bytes.end()});
}

std::string name_of(const Packet& packet, const Endpoint& endpoint) {
  return packet.has_ports() ? endpoint.to_string() : endpoint.address.to_string();
}

/// What translation did; nothing if it did nothing.
std::string describe_change(std::span<const std::uint8_t> before,
                            std::span<const std::uint8_t> after) {
  const auto was = parse(before), is = parse(after);
  if (!was || !is) return "";
  std::string text;
  const auto add = [&](std::string_view what, const Endpoint& old, const Endpoint& fresh) {
    if (old == fresh) return;
    text += fmt::format("{}{} {} became {}", text.empty() ? "" : ", ", what, name_of(*was, old),
                        name_of(*is, fresh));
  };
  add("source", was->source(), is->source());
  add("destination", was->destination(), is->destination());
  return text;
}

/// Puts a recording's observations, which are of boxes and hosts, on the wires between them.
class Wires {
 public:
  Wires(const Recording& recording, const Topology& topology)
      : recording_(recording), boxes_(boxes_of(topology)) {
    for (const auto& observation : recording_.observations) add(observation);
  }

  [[nodiscard]] const std::vector<Sighted>& sightings() const { return sightings_; }
  [[nodiscard]] bool is_box(const std::string& hop) const { return boxes_.contains(hop); }

 private:
  /// Of a packet so far.
  struct Way {
    std::optional<size_t> last{};  // on which wire it was seen: an index of sightings_
    std::span<const std::uint8_t> bytes{};
    std::string said_by{};
  };

  void add(const Observation& observation) {
    Way& way = ways_[static_cast<std::uint64_t>(observation.packet)];
    const auto bytes = recording_.bytes(observation);
    const std::string& hop = recording_.hop(observation);
    switch (observation.event) {
      case Event::sent:
        if (!is_box(hop)) {
          see(way, observation, Pcapng::Towards::network, bytes);
        } else {
          way.said_by = fmt::format("sent by {}", hop);
          if (observation.direction == Direction::outbound)
            see(way, observation, Pcapng::Towards::network, bytes);
        }
        break;
      case Event::forwarded:
        add_forwarded(way, observation);
        break;
      case Event::dropped:
        end(way, observation,
            fmt::format("dropped at {}: {}: {}", hop, to_string(observation.drop->reason),
                        observation.drop->detail));
        break;
      case Event::held:
        end(way, observation, fmt::format("{} keeps it and waits for its other fragments", hop));
        break;
      case Event::delivered:
        if (!is_box(hop) && hop.find('.') != std::string::npos)
          see(way, observation, Pcapng::Towards::host, bytes);
        break;
      case Event::overheard:
        see(way, observation, Pcapng::Towards::unknown, bytes);
        break;
    }
    way.bytes = bytes;
  }

  void add_forwarded(Way& way, const Observation& observation) {
    const std::string& hop = recording_.hop(observation);
    if (!is_box(hop)) return;
    const auto bytes = recording_.bytes(observation);
    const std::string change = describe_change(way.bytes, bytes);
    if (observation.direction == Direction::outbound) {
      see(way, observation, Pcapng::Towards::network, bytes);
    } else if (observation.direction == Direction::inbound) {
      see(way, observation, Pcapng::Towards::host, way.bytes);
    } else {
      comment(way, fmt::format("{} sends it back inside", hop));
    }
    if (!change.empty()) comment(way, fmt::format("{}: {}", hop, change));
  }

  /// Where a packet goes no further: what came from outside had come as far as the box's wire.
  void end(Way& way, const Observation& observation, const std::string& text) {
    if (observation.direction == Direction::inbound)
      see(way, observation, Pcapng::Towards::host, way.bytes);
    comment(way, text);
  }

  void see(Way& way, const Observation& observation, Pcapng::Towards towards,
           std::span<const std::uint8_t> bytes) {
    way.last = sightings_.size();
    sightings_.push_back({observation.hop, observation.time, towards, bytes});
    if (!way.said_by.empty()) comment(way, std::exchange(way.said_by, ""));
  }

  void comment(const Way& way, const std::string& text) {
    if (!way.last) return;
    auto& comment = sightings_[*way.last].comment;
    comment += (comment.empty() ? "" : "\n") + text;
  }

  const Recording& recording_;
  std::set<std::string> boxes_;
  std::unordered_map<std::uint64_t, Way> ways_;
  std::vector<Sighted> sightings_;
};

/// Whose addresses are whose, as far as somebody sent from them: a host's, or a NAT's.
std::map<IpAddress, std::string> names_of(const Recording& recording, const Wires& wires) {
  std::map<IpAddress, std::string> names;
  for (const auto& seen : wires.sightings()) {
    const auto packet = parse(seen.bytes);
    if (!packet || seen.towards != Pcapng::Towards::network) continue;
    const std::string& hop = recording.hops[static_cast<size_t>(seen.hop)];
    const bool is_box = wires.is_box(hop);
    names.try_emplace(packet->source().address, is_box ? hop : hop.substr(0, hop.find('.')));
  }
  return names;
}

}  // namespace

std::string capture(const RunRecord& record, Pcapng::WallTime started) {
  const Recording& recording = record.recording;
  const Wires wires(recording, record.plan.topology);
  Pcapng file("icelab " ICELAB_VERSION);
  std::map<HopId, Pcapng::Interface> interfaces;
  for (size_t i = 0; i < recording.hops.size(); ++i) {
    const std::string& hop = recording.hops[i];
    if (wires.is_box(hop)) {
      interfaces.emplace(HopId(i), file.add_interface(hop + ".wan"));
    } else if (hop.find('.') != std::string::npos) {  // not the internet, which is no wire
      interfaces.emplace(HopId(i), file.add_interface(hop));
    }
  }
  for (const auto& [address, name] : names_of(recording, wires)) file.add_name(address, name);
  for (const auto& seen : wires.sightings()) {
    const auto wire = interfaces.find(seen.hop);
    if (wire == interfaces.end()) continue;  // the internet said something itself
    file.add_packet({.interface = wire->second,
                     .time = started + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                           seen.time - record.started),
                     .towards = seen.towards,
                     .packet = seen.bytes,
                     .comment = seen.comment});
  }
  return file.bytes();
}

}  // namespace icelab
