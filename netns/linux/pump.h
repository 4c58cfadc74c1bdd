#pragma once

#include "netns/fabric/fabric.h"
#include "src/base/descriptor.h"

#include <exception>
#include <thread>
#include <vector>

namespace icelab {

/// Where a host's packets come from and go to.
struct Wire {
  HostId host;
  int tun = -1;
  int loopback = -1;  // -1: not overheard
  HopId loopback_hop{};
};

/// Carries packets between the hosts' TUN devices and the fabric, on a thread of its own, which
/// owns the fabric until stop() gives its recording back. The descriptors must stay open until
/// then.
class Pump {
 public:
  Pump(Fabric fabric, std::vector<Wire> wires);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  /// Ends the thread after what is under way, and returns what was recorded. Throws what the thread
  /// threw.
  Recording stop();

 private:
  void run();
  void drain(const Wire& wire);
  void drain_loopback(const Wire& wire);
  void deliver();
  void join();

  Fabric fabric_;
  std::vector<Wire> wires_;           // by HostId
  std::vector<std::uint8_t> buffer_;  // the one that packets are read into, handed round
  std::vector<Delivery> arrived_;
  Descriptor stop_event_;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace icelab
