#pragma once

#include "netns/fabric/box.h"
#include "netns/fabric/nat.h"

#include <utility>

namespace icelab {

/// A NAT in its place between two networks; for the family that it does not translate, a plain
/// router.
class NatBox final : public Box {
 public:
  /// `externals`: as many addresses as NatBehavior::external_addresses says.
  NatBox(const NatBehavior& behavior, std::vector<IpAddress> externals, std::uint64_t seed)
      : nat_(behavior, std::move(externals), seed) {}

  Verdict pass(Packet& packet, Direction direction, Instant now) override;
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override {
    return nat_.externals();
  }
  void expire(Instant now) override { nat_.expire(now); }

 private:
  Nat nat_;
};

}  // namespace icelab
