#pragma once

#include "netns/fabric/box.h"
#include "netns/fabric/nat.h"

namespace icelab {

/// A NAT in its place between two networks.
class NatBox final : public Box {
 public:
  NatBox(const NatBehavior& behavior, const IpAddress& external, std::uint64_t seed)
      : external_(external), nat_(behavior, external, seed) {}

  Verdict pass(Packet& packet, Direction direction, Instant now) override {
    return nat_.translate(packet, direction, now);
  }
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override {
    return {&external_, 1};
  }

 private:
  IpAddress external_;
  Nat nat_;
};

}  // namespace icelab
