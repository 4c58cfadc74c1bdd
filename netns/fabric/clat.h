#pragma once

#include "netns/fabric/box.h"

#include <cstdint>

namespace icelab {

/// The customer's side of 464XLAT (RFC 6877): IPv4 inside a network of IPv6 only. Stateless (RFC
/// 7915): a host's IPv4 address is known outside within a prefix of the translator's own, and the
/// addresses that it sends to within that of the provider's NAT64. IPv6 passes as through a router.
class Clat final : public Box {
 public:
  /// Both of 96 bits.
  Clat(const IpPrefix& own, const IpPrefix& provider) : own_(own), provider_(provider) {}

  Verdict pass(Packet& packet, Direction direction, Instant now) override;
  [[nodiscard]] std::span<const IpAddress> external_addresses() const override { return {}; }
  [[nodiscard]] std::span<const IpPrefix> external_prefixes() const override { return {&own_, 1}; }
  [[nodiscard]] bool is_transparent_for(const IpAddress& inside) const override {
    return !inside.is_v4();
  }

 private:
  IpPrefix own_, provider_;
  std::uint16_t identification_ = 0;  // of the next packet to IPv4
};

}  // namespace icelab
