#pragma once

#include "harness/scenario/boxes.h"
#include "netns/fabric/box.h"
#include "src/net/prefix.h"

#include <array>
#include <cstdint>
#include <memory>

namespace icelab {

/// Between whom a box is measured: who has which addresses on its two sides.
struct Setting {
  std::array<IpAddress, 2> inside{};   // a host each
  std::array<IpAddress, 2> outside{};  // of one host
  /// Whether there is a NAT64 outside of the box, so that what is beyond both has IPv4.
  bool has_nat64 = false;

  /// By what hosts inside call an endpoint outside: where the one side has IPv6 alone and the other
  /// IPv4 alone, by the address that stands for it (RFC 6052).
  [[nodiscard]] Endpoint called_inside(const Endpoint& outside_endpoint) const;
};

/// Of every box that translates: where it does, and a NAT64 with IPv4 outside.
Setting setting_of(const BoxBehavior& behavior);
/// Of a box that leaves addresses as they are: hosts of one IP version on both sides.
Setting plain_setting(bool ipv6);
/// An IPv4 network, a CLAT, an IPv6 network, a NAT64, and IPv4 (RFC 6877).
Setting setting_of_464xlat();

/// The IPv6 network outside of the box, and the prefix by which a CLAT's hosts are known there.
IpPrefix external_network();
IpPrefix clat_prefix();

/// The box as it stands in its setting.
std::unique_ptr<Box> make_in_setting(const BoxBehavior& behavior, std::uint64_t seed);
/// The NAT64 that stands outside of a CLAT.
std::unique_ptr<Box> make_outer_nat64();

}  // namespace icelab
