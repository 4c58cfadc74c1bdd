#pragma once

#include "netns/fabric/kernel_router_behavior.h"
#include "src/net/address.h"

#include <string>

namespace icelab {

// What makes a Linux host with an inner and an outer interface a router of this behaviour, for
// nft(8).

inline constexpr const char* inner_interface = "lan0";
inline constexpr const char* outer_interface = "wan0";

/// All its rules. `external`: its outer address.
std::string router_rules(const KernelRouterBehavior& behavior, const IpAddress& external);
/// Makes such rules forget what they have learned, which may be nothing.
std::string forget_learned(const KernelRouterBehavior& behavior);

}  // namespace icelab
