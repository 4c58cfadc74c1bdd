#pragma once

#include "harness/certify/setting.h"
#include "harness/certify/socket.h"
#include "netns/fabric/box.h"
#include "netns/linux/host.h"
#include "netns/linux/pump.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// The n-th of many ports, counted from 0: two even ones, two odd ones, and so on. A NAT that
/// merely counts, one port a mapping, does not keep their parity.
constexpr std::uint16_t spread_port(std::uint16_t first, int n) {
  return static_cast<std::uint16_t>(first + n * 17 / 2);
}

/// A box between two hosts inside and one outside, to be measured with plain sockets. Nothing here
/// knows what the box is.
///
/// What does not arrive is not waited for: settle() sends something behind it that does, whatever
/// the box. The fabric carries the packets of a host in their order, so what has not come by then
/// was dropped.
class Testbed {
 public:
  Testbed(const Setting& setting, std::unique_ptr<Box> box);

  /// The outside host's two addresses, any port.
  [[nodiscard]] Endpoint outside(int address, std::uint16_t port) const;
  /// The inside hosts are numbered 0 and 1.
  [[nodiscard]] Endpoint inside(int host, std::uint16_t port) const;
  /// By what hosts inside call an endpoint outside.
  [[nodiscard]] Endpoint called_inside(const Endpoint& outside_endpoint) const {
    return setting_.called_inside(outside_endpoint);
  }
  [[nodiscard]] int inside_network(int host) const;
  [[nodiscard]] int outside_network() const { return outside_.network(); }

  [[nodiscard]] UdpProbe inside_udp(int host, std::uint16_t port) const;
  [[nodiscard]] UdpProbe outside_udp(int address, std::uint16_t port) const;

  /// From where outside a datagram from `from`, inside, arrives at `receiver`. Throws if it does
  /// not.
  [[nodiscard]] Endpoint mapped(const UdpProbe& from, const UdpProbe& receiver) const;
  /// Whether a datagram gets through; `from` and `to` are at different ends of the box.
  [[nodiscard]] bool arrives(const UdpProbe& from, const Endpoint& aim, const UdpProbe& to) const;

  /// A datagram from an inside host in fragments, the last one first.
  void send_fragments_backwards(int host, std::uint16_t port, const Endpoint& to,
                                std::string_view payload) const;

  /// Returns when all that any host has sent is where it goes, and so are the answers of its
  /// kernel.
  void settle() const;
  /// The box's time goes on; where it is the machine's, by waiting.
  void advance_clock(Duration by);

 private:
  [[nodiscard]] std::vector<HostConfig> configs() const;

  Setting setting_;
  bool in_real_time_;
  std::vector<Host> hosts_;
  Host& outside_ = hosts_[2];
  std::unique_ptr<Pump> pump_;
  std::vector<UdpProbe> control_;        // of each inside host
  std::unique_ptr<UdpProbe> answering_;  // the one outside
};

}  // namespace icelab
