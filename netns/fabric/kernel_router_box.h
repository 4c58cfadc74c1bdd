#pragma once

#include "netns/fabric/box.h"
#include "netns/fabric/kernel_router_behavior.h"
#include "netns/fabric/observed_nat.h"

#include <array>
#include <memory>
#include <vector>

namespace icelab {

/// The two ports of a router that is not icelab's own: one towards the hosts, one away from them.
/// It cannot be asked what it decides; but what it does with a packet, it does before the next.
class RouterPorts {
 public:
  enum class Port { inner, outer };
  struct Emerged {
    Port port;
    Packet packet;
  };

  RouterPorts() = default;
  virtual ~RouterPorts() = default;
  RouterPorts(const RouterPorts&) = delete;
  RouterPorts& operator=(const RouterPorts&) = delete;

  /// Puts a packet in at one port: all that comes out because of it, in its order.
  virtual std::vector<Emerged> exchange(Port in, const Packet& packet) = 0;
  /// Ends whatever the router remembers.
  virtual void forget() = 0;
};

/// A kernel router in its place between two networks. What came of a packet it sees for itself; why
/// nothing did, it concludes from what the router has been seen to do before.
class KernelRouterBox final : public Box {
 public:
  /// The router's own addresses.
  struct Addresses {
    IpAddress inner, outer;
  };
  KernelRouterBox(std::unique_ptr<RouterPorts> router, const Addresses& addresses,
                  const KernelRouterBehavior& behavior);

  Verdict pass(Packet& packet, Direction direction, Instant now) override;
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override { return external_; }
  /// The kernel takes one from the time to live itself.
  [[nodiscard]] bool is_router() const override { return false; }
  [[nodiscard]] bool ages_in_real_time() const override { return true; }
  void expire(Instant now) override;

 private:
  Verdict send_on(Packet& packet, std::vector<Packet> through, Direction direction, Instant now);
  Verdict keep(Packet& packet, std::vector<Packet> back, Direction direction, Instant now);
  [[nodiscard]] Drop explain_outbound(const Packet& packet) const;
  [[nodiscard]] Drop explain_inbound(const Packet& packet, Instant now);

  std::unique_ptr<RouterPorts> router_;
  IpAddress inner_;
  std::array<IpAddress, 1> external_;
  ObservedNat seen_;
};

}  // namespace icelab
