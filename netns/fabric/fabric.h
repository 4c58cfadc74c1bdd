#pragma once

#include "netns/fabric/box.h"
#include "netns/fabric/recorder.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace icelab {

enum class NetworkId : std::uint32_t {};

/// A packet that has arrived at a host's interface.
struct Delivery {
  HostId host;
  Packet packet;
};

/// The packet world between a lab's hosts: networks, each behind a box that leads to an outer
/// network, up to the internet. Pure: it is given the packets that hosts send and says which arrive
/// where, so the same object runs in a lab and in a test. Every step is recorded.
///
/// Networks form a tree whose root is the internet; hosts may be attached to any of them. The
/// internet drops what is addressed to a private address, as the real one does (RFC 1918 section
/// 3).
class Fabric {
 public:
  /// evidence_limit: bytes that the flight recorder may hold; 0 turns it off.
  explicit Fabric(size_t evidence_limit);
  ~Fabric();
  Fabric(Fabric&&) noexcept;
  Fabric& operator=(Fabric&&) noexcept;

  [[nodiscard]] NetworkId internet() const { return NetworkId{0}; }
  /// A new network behind `box`, which stands in `outer` under its external addresses.
  NetworkId add_network(NetworkId outer, const std::string& box_name, std::unique_ptr<Box> box);
  /// `interface` is the name under which the host's side is recorded: "alice.eth0".
  HostId add_host(NetworkId network, const std::string& interface,
                  const std::vector<IpAddress>& addresses);
  /// A vantage point at which a host's own loopback traffic is overheard: "relay.lo".
  HopId add_loopback(const std::string& name);

  /// A host sends a packet; what arrives because of it is appended to `arrived`.
  void send(HostId from, Packet packet, Instant now, std::vector<Delivery>& arrived);
  /// Bytes that were seen on a host's loopback: for the record only.
  void overhear(HopId loopback, std::span<const std::uint8_t> bytes, Instant now);

  Recording take_recording() { return recorder_.take(); }

 private:
  struct Place;  // who answers to an address in a network
  struct Network;
  struct HostSide {
    NetworkId network;
    HopId hop;
  };

  Network& at(NetworkId id);
  void announce(NetworkId network, const IpAddress& address, const Place& place);
  /// Takes the packet one step from the network in which it is; false when its way has ended.
  bool step(Packet& packet, PacketId id, NetworkId& where, Instant now,
            std::vector<Delivery>& arrived);
  bool pass(Packet& packet, PacketId id, NetworkId inner, Direction direction, Instant now);
  void drop(const Packet& packet, PacketId id, HopId hop, Instant now, Drop why);

  FlightRecorder recorder_;
  HopId internet_hop_;
  std::vector<std::unique_ptr<Network>> networks_;
  std::vector<HostSide> hosts_;
  std::uint64_t packets_ = 0;
};

}  // namespace icelab
