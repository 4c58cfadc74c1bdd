#pragma once

#include "netns/fabric/firewall_behavior.h"
#include "netns/fabric/kernel_router_behavior.h"
#include "netns/fabric/link_behavior.h"
#include "netns/fabric/nat_behavior.h"

#include <string>
#include <string_view>
#include <variant>

namespace icelab {

/// A NAT of IPv6, and one from IPv6 to IPv4 (RFC 6146): in the words of any NAT.
struct Nat66Behavior {
  NatBehavior nat{};
  bool operator==(const Nat66Behavior&) const = default;
};
struct Nat64Behavior {
  NatBehavior nat{};
  bool operator==(const Nat64Behavior&) const = default;
};
/// RFC 6296 and RFC 6877 leave nothing to choose.
struct Nptv6Behavior {
  bool operator==(const Nptv6Behavior&) const = default;
};
struct ClatBehavior {
  bool operator==(const ClatBehavior&) const = default;
};

using BoxBehavior = std::variant<NatBehavior, FirewallBehavior, DuplexLinkBehavior, Nat66Behavior,
                                 Nat64Behavior, Nptv6Behavior, ClatBehavior, KernelRouterBehavior>;
/// "nat", "firewall", "link", "nat66", "nat64", "nptv6" or "clat". A kernel router is a "nat".
std::string_view kind_of(const BoxBehavior& behavior);
/// Whether it is plainly passed through, so that those inside have addresses of the network
/// outside: a firewall or a link.
bool keeps_addresses(const BoxBehavior& behavior);

/// A box on the way to the internet.
struct BoxSpec {
  std::string name;  // "alice.nat", or "alice.nat1", "alice.nat2" from the host outwards
  BoxBehavior behavior;
};

}  // namespace icelab
