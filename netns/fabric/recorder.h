#pragma once

#include "netns/fabric/drop_counts.h"
#include "netns/fabric/verdict.h"
#include "src/base/clock.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace icelab {

enum class HostId : std::uint32_t {};
enum class HopId : std::uint32_t {};  // a vantage point: "alice.eth0", "alice.nat", "internet"
enum class PacketId : std::uint64_t {};

/// What happened to a packet at a hop.
enum class Event : std::uint8_t {
  sent,       // it left a host's interface, or a box that had something to say
  forwarded,  // a box or the internet passed it on, perhaps rewritten
  dropped,    // its way ended here
  delivered,  // it was handed to a host's interface
  overheard,  // a host's programs exchanged it among themselves, over loopback
  held,       // a box keeps it for now
};

/// One line of the flight recorder. A packet keeps its PacketId from sent to delivered or dropped,
/// through every translation, so its whole way is the observations that share it.
struct Observation {
  Instant time;
  PacketId packet;
  HopId hop;
  Event event;
  std::optional<Drop> drop{};  // of a dropped one
  /// Of what a box does, which way the packet goes; none where it turns back (hairpinning).
  std::optional<Direction> direction{};
  std::uint32_t offset = 0;  // of the packet's bytes as they left this hop; see Recording::bytes
  std::uint32_t length = 0;
};

/// All that a lab saw, in order of time.
struct Recording {
  std::vector<std::string> hops;  // by HopId
  std::vector<Observation> observations;
  std::vector<std::uint8_t> arena;
  std::uint64_t left_out = 0;  // observations made after the limit on evidence was reached
  /// Of each host interface that dropped any: "alice.eth0". Which packets they were is not known.
  std::map<std::string, DropCounts> host_drops{};
  /// Of each host whose programs said more to each other than could be overheard: "relay.lo".
  std::map<std::string, std::uint64_t> unheard{};

  [[nodiscard]] std::span<const std::uint8_t> bytes(const Observation& observation) const {
    return std::span(arena).subspan(observation.offset, observation.length);
  }
  [[nodiscard]] const std::string& hop(const Observation& observation) const {
    return hops[static_cast<size_t>(observation.hop)];
  }
};

/// Keeps what the fabric observes, up to a limit of memory; then it only counts.
class FlightRecorder {
 public:
  /// limit: bytes of evidence; 0 records nothing at all and costs nothing.
  explicit FlightRecorder(size_t limit) : limit_(limit) {}

  HopId add_hop(std::string name);
  void record(Instant time, PacketId packet, HopId hop, Event event,
              std::span<const std::uint8_t> bytes, std::optional<Direction> direction = {},
              std::optional<Drop> drop = {});
  Recording take() { return std::move(recording_); }

 private:
  size_t limit_;
  Recording recording_;
};

}  // namespace icelab
