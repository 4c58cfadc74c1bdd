#pragma once

#include "harness/observe/trace.h"
#include "harness/scenario/scenario.h"

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace icelab {

/// How a packet went through a box.
struct Crossing {
  Instant time;
  std::string box;
  Direction direction;
  struct Ends {
    Endpoint source;
    Endpoint destination;
    bool operator==(const Ends&) const = default;
  };
  Ends before, after;
};

/// A packet that went out through a box, and so opened it for what comes back.
struct Opening {
  Instant time;
  std::string host;  // whose packet it was
  Endpoint external;
  Endpoint remote;
};

/// All of a recording's ways through boxes that remember who went out: NATs and firewalls. Links,
/// and translators without a memory, are passed over.
class Crossings {
 public:
  /// `recording` must outlive this.
  Crossings(const Recording& recording, const std::vector<Trip>& trips, const Topology& topology);

  /// Of one packet, in its order.
  [[nodiscard]] std::vector<Crossing> of(PacketId packet) const;
  /// What had opened a box for a packet that came in there: the first that went out to just where
  /// it came from, else to its address, else to anybody.
  [[nodiscard]] std::optional<Opening> opening_for(const Crossing& inbound) const;

 private:
  const Recording& recording_;
  std::unordered_map<std::string, bool> remembers_;              // by the name of the box
  std::unordered_map<std::uint64_t, std::vector<size_t>> ways_;  // a packet's observations
  std::map<std::pair<std::string, Endpoint>, std::vector<Opening>> openings_;
};

}  // namespace icelab
