#pragma once

#include "harness/scenario/scenario.h"
#include "netns/fabric/box.h"

#include <cstdint>
#include <memory>

namespace icelab {

/// What a scenario describes, ready to be put between two networks. `external`: the address that a
/// NAT has outside.
std::unique_ptr<Box> make_box(const BoxBehavior& behavior, const IpAddress& external,
                              std::uint64_t seed);

}  // namespace icelab
