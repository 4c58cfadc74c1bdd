#pragma once

#include "harness/observe/trace.h"
#include "src/ice/candidate.h"
#include "src/stun/message.h"

#include <map>
#include <optional>
#include <vector>

namespace icelab {

/// A STUN message that was seen on its way between two hosts, taken out of whatever carried it.
struct Sighting {
  const Trip* trip = nullptr;  // the packet that carried it, or the last of those that did
  Protocol protocol = Protocol::udp;
  StunMessage message;
  /// Set if it travelled between a TURN client and its server, inside a Send or Data indication or
  /// ChannelData.
  struct Relayed {
    Endpoint client;  // the client's own address and port, on its host
    Endpoint peer;    // on the other side of the relay
    bool from_client = false;
  };
  std::optional<Relayed> relayed;
};

/// What TURN clients were given: (protocol, client's own endpoint) -> relayed transport address.
using Allocations = std::map<std::pair<Protocol, Endpoint>, Endpoint>;

struct Sightings {
  std::vector<Sighting> messages;  // in order of time
  Allocations allocations;
};

/// Finds every STUN message in the trips: plain over UDP, in TCP streams of either framing, and, as
/// the message that matters, inside TURN. `trips` must outlive the result.
Sightings find_sightings(const std::vector<Trip>& trips);

}  // namespace icelab
