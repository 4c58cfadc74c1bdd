#pragma once

#include "netns/fabric/firewall_behavior.h"
#include "netns/fabric/link_behavior.h"
#include "netns/fabric/nat_behavior.h"

#include <string>
#include <string_view>
#include <variant>

namespace icelab {

using BoxBehavior = std::variant<NatBehavior, FirewallBehavior, DuplexLinkBehavior>;
/// "nat", "firewall" or "link".
std::string_view kind_of(const BoxBehavior& behavior);
/// Whether it has addresses of its own outside, which hide those inside.
bool has_addresses(const BoxBehavior& behavior);

/// A box on the way to the internet.
struct BoxSpec {
  std::string name;  // "alice.nat", or "alice.nat1", "alice.nat2" from the host outwards
  BoxBehavior behavior;
};

}  // namespace icelab
