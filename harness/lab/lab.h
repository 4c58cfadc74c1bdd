#pragma once

#include "harness/scenario.h"
#include "netns/fabric/recorder.h"
#include "netns/linux/host.h"
#include "netns/linux/pump.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace icelab {

/// Where a lab puts a host: what programs there are told, and what the observer looks for.
struct HostPlace {
  std::string name;       // "alice"
  std::string interface;  // "alice.eth0": the hop where its packets are seen first
  std::vector<IpAddress> addresses;
};

/// A scenario's network, standing: a host for every peer and server, the boxes between them, and a
/// thread that carries their packets. Nothing runs on the hosts yet.
class Lab {
 public:
  /// evidence_limit: bytes of packets to remember, see FlightRecorder.
  Lab(const std::vector<PeerSpec>& peers, const std::vector<ServerSpec>& servers, unsigned seed,
      size_t evidence_limit);

  [[nodiscard]] const Host& host(const std::string& name) const { return hosts_.at(name); }
  [[nodiscard]] const HostPlace& place(const std::string& name) const { return places_.at(name); }

  /// Ends the carrying of packets and returns all that was seen.
  Recording stop() { return pump_->stop(); }

 private:
  void add_peer(Fabric& fabric, const PeerSpec& peer, int number, unsigned seed);
  void add_server(Fabric& fabric, const ServerSpec& server, int number);
  void add_host(Fabric& fabric, NetworkId network, const std::string& name,
                const HostConfig& config);

  std::map<std::string, Host> hosts_;
  std::map<std::string, HostPlace> places_;
  std::vector<Wire> wires_;
  std::unique_ptr<Pump> pump_;  // last: it ends before the descriptors that it reads close
};

}  // namespace icelab
