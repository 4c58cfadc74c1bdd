#pragma once

#include "netns/fabric/box.h"
#include "netns/fabric/recorder.h"
#include "netns/fabric/router_advertisement.h"

#include <memory>
#include <optional>
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
/// Networks form a tree whose root is the internet; hosts may be attached to any of them, with
/// addresses of either family. The internet drops what is addressed to a private address, as the
/// real one does (RFC 1918 section 3, RFC 4193 section 4.3). What is from or to an IPv6 link-local
/// address reaches hosts of its own network, cables included, which on the internet no two hosts
/// have in common. Multicast reaches nobody but the routers that advertise themselves.
class Fabric {
 public:
  /// evidence_limit: bytes that the flight recorder may hold; 0 turns it off.
  explicit Fabric(size_t evidence_limit);
  ~Fabric();
  Fabric(Fabric&&) noexcept;
  Fabric& operator=(Fabric&&) noexcept;

  [[nodiscard]] static NetworkId internet() { return NetworkId{0}; }
  /// A new network behind `box`, which stands in `outer` under its external addresses and prefixes.
  NetworkId add_network(NetworkId outer, const std::string& box_name, std::unique_ptr<Box> box);
  /// `interface` is the name under which the host's side is recorded: "alice.eth0".
  HostId add_host(NetworkId network, const std::string& interface,
                  const std::vector<IpAddress>& addresses);
  /// The router on a host's link tells it this: at once, from time to time, and when it asks.
  void advertise(HostId host, const RouterAdvertisement& advertisement);
  /// A vantage point at which a host's own loopback traffic is overheard: "relay.lo".
  HopId add_loopback(const std::string& name);

  // What may happen to a network while packets are under way in it.

  [[nodiscard]] Box& gateway(NetworkId network);
  /// Another box in the place of a network's own; what that one remembered is gone. Either both
  /// have addresses of their own outside, or neither has.
  void replace_gateway(NetworkId network, std::unique_ptr<Box> box);
  /// Takes the cable out of a network's box, on its outer side, or puts it back.
  void set_connected(NetworkId network, bool connected);
  /// Takes a host's interface off its network, or puts it back.
  void set_connected(HostId host, bool connected);

  /// A host sends a packet; what arrives because of it, at once, is appended to `arrived`.
  void send(HostId from, Packet packet, Instant now, std::vector<Delivery>& arrived);
  /// Brings on its way what links have held back until now, and what routers say unasked.
  void advance(Instant now, std::vector<Delivery>& arrived);
  /// When advance() has something to do again.
  [[nodiscard]] std::optional<Instant> next_departure() const;
  /// Bytes that were seen on a host's loopback: for the record only.
  void overhear(HopId loopback, std::span<const std::uint8_t> bytes, Instant now);

  Recording take_recording() { return recorder_.take(); }

 private:
  struct Place;  // who answers to an address in a network
  struct Network;
  struct HostSide {
    NetworkId network;
    HopId hop;
    bool connected = true;
    std::optional<RouterAdvertisement> advertised{};
    Instant next_advertisement{};
  };

  /// A packet on its way, and the network in which it is.
  struct Transit {
    Packet packet;
    PacketId id;
    NetworkId where;
  };
  /// One that a link holds back.
  struct Departure;
  struct LeavesLater;

  Network& at(NetworkId id);
  /// In whose name a network's router speaks, or the internet's.
  HopId router_of(NetworkId network);
  void send_advertisement(HostId host, const IpAddress& to, Instant now,
                          std::vector<Delivery>& arrived);
  void announce(NetworkId network, const IpAddress& address, const Place& place);
  void retract(NetworkId network, const IpAddress& address);
  void announce(NetworkId network, const IpPrefix& prefix, const Place& place);
  void retract(NetworkId network, const IpPrefix& prefix);
  void carry(Transit transit, Instant now, std::vector<Delivery>& arrived);
  /// Takes it one step; false when its way has ended, or goes on later.
  bool step(Transit& transit, Instant now, std::vector<Delivery>& arrived);
  void drop_unrouted(const Transit& transit, Instant now);
  /// Whether it may go through the box of `inner`; on an internet whose hosts share no link,
  /// whether it may go anywhere.
  bool may_cross(const Packet& packet, NetworkId inner);
  bool pass(Transit& transit, NetworkId inner, Direction direction, Instant now,
            std::vector<Delivery>& arrived);
  void hold_back(Queue queue, const Transit& transit, NetworkId inner, Direction direction,
                 Instant now);
  /// How many bytes the box of `inner` holds back in this direction.
  size_t& held_back(NetworkId inner, Direction direction);
  void deliver(Transit transit, HostId host, Instant now, std::vector<Delivery>& arrived);
  void drop(const Transit& transit, HopId hop, Instant now, Drop why,
            std::optional<Direction> direction = {});

  FlightRecorder recorder_;
  HopId internet_hop_;
  std::vector<std::unique_ptr<Network>> networks_;
  std::vector<HostSide> hosts_;
  std::vector<Departure> departures_;  // a heap, the next one in front
  std::uint64_t packets_ = 0;
  std::uint64_t departures_so_far_ = 0;
};

}  // namespace icelab
