#pragma once

#include "harness/scenario/scenario.h"
#include "netns/fabric/box.h"

#include <cstdint>
#include <memory>

namespace icelab {

/// What a box of IPv6 needs to know of its place.
struct Ipv6Place {
  IpAddress external{};          // a NAT66's own
  IpPrefix inside{}, outside{};  // of the networks on its two sides
};

/// What a scenario describes, ready to be put between two networks. `external`: the address that a
/// NAT has outside; `internal`: and a router inside. Throws MachineError if a kernel router cannot
/// be had.
std::unique_ptr<Box> make_box(const BoxBehavior& behavior, const IpAddress& external,
                              const IpAddress& internal, std::uint64_t seed,
                              const Ipv6Place& ipv6 = {});

}  // namespace icelab
