#pragma once

#include "netns/fabric/recorder.h"
#include "src/net/packet.h"

#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// One packet's whole way, from the host that sent it to where it arrived or was dropped.
struct Trip {
  PacketId packet;
  Instant sent;
  std::string from;  // the hop where it was first seen: "alice.eth0", or "relay.lo" if overheard
  Packet departure;  // as it left

  struct Arrival {
    Instant time;
    std::string at;
    Packet packet;  // as it arrived
  };
  struct Loss {
    std::string at;
    Drop drop;
    std::optional<Endpoint> source;  // as it was there, if that was kept
  };
  std::optional<Arrival> arrival;
  std::optional<Loss> loss;
};

/// The name of the host whose interface a hop is: "relay" of "relay.eth0".
inline std::string host_of(const std::string& hop) {
  return hop.substr(0, hop.find('.'));
}

/// Follows every packet of a recording; in order of sending.
std::vector<Trip> trace(const Recording& recording);

}  // namespace icelab
