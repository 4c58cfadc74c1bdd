#pragma once

#include "harness/simulate/virtual_network.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace icelab {

/// A STUN and TURN server of a simulation, at the addresses and ports of a lab's coturn. Its
/// relayed addresses are IPv4 (RFC 8656 section 7.2: unless a client asks for another family).
class VirtualTurnServer {
 public:
  VirtualTurnServer(VirtualNetwork& network, const std::string& host);

  /// Every client may exchange packets with these addresses (RFC 8656 section 9).
  void permit(const std::set<IpAddress>& peers) { permitted_ = peers; }

 private:
  struct Allocation {
    Channel client;
    Endpoint relayed;
  };

  void receive(const Channel& channel, const Message& message);
  void allocate(const Channel& client);
  void send_from(const Allocation& allocation, Message message);
  /// To a relayed address, on its way to the client.
  void pass_on(const Endpoint& relayed, const Endpoint& from, Message message);

  VirtualNetwork& network_;
  IpAddress relay_address_;
  std::vector<Allocation> allocations_;
  std::set<IpAddress> permitted_;
};

/// An HTTP proxy of a simulation: it opens tunnels to port 443.
class VirtualProxy {
 public:
  VirtualProxy(VirtualNetwork& network, const std::string& host);

 private:
  void receive(const Channel& channel, Message message);

  VirtualNetwork& network_;
  std::map<Channel, Channel> tunnels_;  // each way
  std::uint16_t next_port_ = 40000;
};

}  // namespace icelab
