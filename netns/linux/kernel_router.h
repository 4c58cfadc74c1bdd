#pragma once

#include "netns/fabric/kernel_router_box.h"
#include "netns/linux/host.h"
#include "netns/linux/tun.h"

#include <cstdint>
#include <vector>

namespace icelab {

/// A Linux router: a host with an interface on either side, whose kernel forwards and translates
/// what is written to the one and lets it out at the other. The kernel has done so when the write
/// returns: a TUN hands a packet up at once, and nothing on its way through waits.
class KernelRouter final : public RouterPorts {
 public:
  /// Its own addresses, with the networks in which they are.
  struct Addresses {
    InterfaceAddress inner, outer;
  };
  /// Throws MachineError if the kernel cannot be a router, saying what to do.
  KernelRouter(const KernelRouterBehavior& behavior, const Addresses& addresses);

  /// Throws MachineError if something emerges after all that had been waited for.
  std::vector<Emerged> exchange(Port in, const Packet& packet) override;
  void forget() override;

 private:
  [[nodiscard]] int tun(Port port) const;
  void collect(Port port, std::vector<Emerged>& emerged);
  void discard_late();

  KernelRouterBehavior behavior_;
  Host host_;
  TunWriter writer_;
  Segments segments_;
  std::vector<std::uint8_t> buffer_;
};

/// Throws MachineError if this machine's kernel cannot be a router, saying what to do.
void require_kernel_routers();

}  // namespace icelab
