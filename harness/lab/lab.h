#pragma once

#include "harness/lab/addressing.h"
#include "harness/lab/boxes.h"
#include "harness/lab/host_place.h"
#include "harness/scenario/scenario.h"
#include "netns/fabric/recorder.h"
#include "netns/linux/host.h"
#include "netns/linux/pump.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace icelab {

/// What a run may remember of its packets, in bytes: some thousand of them. A usual run sees a
/// hundred.
inline constexpr size_t evidence_limit = 1U << 20;

/// A box in its place: enough to put another one there.
struct BoxPlace {
  NetworkId network;  // the one inside it
  BoxBehavior behavior;
  std::uint64_t seed;
  IpAddress external;  // of a NAT
  IpAddress internal;  // of a router, in the network inside it
  Ipv6Place ipv6;
  // Where it has its external addresses from.
  std::shared_ptr<Subnet> outside;
  std::shared_ptr<Ipv6Subnet> outside_ipv6;
  int site;
};

/// A scenario's network, standing: a host for every peer and server, the boxes between them, and a
/// thread that carries their packets. Nothing runs on the hosts yet.
class Lab {
 public:
  /// evidence: bytes of packets to remember, 0 for none; see FlightRecorder.
  Lab(const Topology& topology, unsigned seed, size_t evidence);

  [[nodiscard]] const Host& host(const std::string& name) const { return hosts_.at(name); }
  [[nodiscard]] const HostPlace& place(const std::string& name) const { return places_.at(name); }

  // What may happen to the network; it has happened on return. Targets are called as in reports.

  /// A box forgets everything.
  void reboot(const std::string& box);
  /// It forgets everything, and has another address outside.
  void change_address(const std::string& nat);
  /// Another box in its place, which has addresses of its own if that one had.
  void replace(const std::string& box, const BoxBehavior& behavior);
  /// All that it remembers ends.
  void expire(const std::string& box);
  /// A host's interface, or a box on its outer side.
  void set_connected(const std::string& target, bool connected);
  /// By which addresses a peer reaches a server.
  [[nodiscard]] std::vector<IpAddress> known_addresses(const std::string& server,
                                                       const std::string& peer) const {
    return icelab::known_addresses(place(server), place(peer));
  }
  /// By which address it reaches a server without translation.
  [[nodiscard]] IpAddress own_address(const std::string& server, const std::string& peer) const;

  /// Of the thread that carries the packets.
  [[nodiscard]] ProcessorWait processor_wait() { return pump_->processor_wait(); }

  /// Ends the carrying of packets and returns all that was seen, and what hosts' interfaces dropped
  /// unseen.
  Recording stop();

 private:
  std::map<std::string, Host> hosts_;
  std::map<std::string, HostPlace> places_;
  std::map<std::string, BoxPlace> boxes_;
  std::map<std::string, HostId> interfaces_;
  std::unique_ptr<Pump> pump_;  // last: it ends before the descriptors that it reads close
};

bool has_kernel_routers(const Topology& topology);

/// How many files a run has open at most while its lab stands.
size_t descriptors_for(const Topology& topology);
/// How many labs may be alive at once by the number of files that this process may have open, if
/// each needs so many. Throws MachineError if there is no room for one.
size_t affordable_labs(size_t descriptors);

}  // namespace icelab
