#pragma once

#include "netns/fabric/box.h"
#include "netns/fabric/nat.h"

#include <cstdint>
#include <vector>

namespace icelab {

/// A stateful NAT64 (RFC 6146): hosts with IPv6 alone reach those with IPv4 by addresses within its
/// prefix. It is a Nat among the IPv6 addresses that stand for IPv4 ones, its own external
/// addresses included, and beyond it each packet is made into one of IPv4 (RFC 7915); so mappings,
/// filtering and ports are the Nat's, and explanations name endpoints as hosts inside see them.
/// IPv6 to anywhere else passes as through a router.
class Nat64 final : public Box {
 public:
  /// `externals`: IPv4 addresses, at least one. `prefix`: of 96 bits.
  Nat64(const NatBehavior& behavior, std::vector<IpAddress> externals, const IpPrefix& prefix,
        std::uint64_t seed);

  Verdict pass(Packet& packet, Direction direction, Instant now) override;
  void expire(Instant now) override { nat_.expire(now); }
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override {
    return externals_;
  }

 private:
  Verdict pass_outbound(Packet& packet, Instant now);
  Verdict pass_inbound(Packet& packet, Instant now);
  Drop in_ipv4(const Drop& drop);

  std::vector<IpAddress> externals_;
  IpPrefix prefix_;
  Nat nat_;
  std::uint16_t identification_ = 0;  // of the next packet to IPv4
};

}  // namespace icelab
