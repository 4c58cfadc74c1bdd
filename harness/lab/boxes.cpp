#include "harness/lab/boxes.h"

#include "harness/lab/addressing.h"
#include "netns/fabric/clat.h"
#include "netns/fabric/firewall.h"
#include "netns/fabric/kernel_router_box.h"
#include "netns/fabric/link.h"
#include "netns/fabric/nat64.h"
#include "netns/fabric/nat_box.h"
#include "netns/fabric/nptv6.h"
#include "netns/linux/kernel_router.h"

namespace icelab {

namespace {

/// Makes the box of each behaviour.
struct BoxMaker {
  const IpAddress& external;
  const IpAddress& internal;
  std::uint64_t seed;
  const Ipv6Place& ipv6;

  using Made = std::unique_ptr<Box>;

  Made operator()(const NatBehavior& nat) const {
    return std::make_unique<NatBox>(nat, address_pool(external, nat.external_addresses), seed);
  }
  Made operator()(const FirewallBehavior& firewall) const {
    return std::make_unique<Firewall>(firewall, router_addresses());
  }
  Made operator()(const DuplexLinkBehavior& link) const {
    return std::make_unique<Link>(link.up, link.down, router_addresses(), seed);
  }
  Made operator()(const Nat66Behavior& behavior) const {
    return std::make_unique<NatBox>(
        behavior.nat, address_pool(ipv6.external, behavior.nat.external_addresses), seed);
  }
  Made operator()(const Nat64Behavior& behavior) const {
    return std::make_unique<Nat64>(behavior.nat,
                                   address_pool(external, behavior.nat.external_addresses),
                                   well_known_prefix(), seed);
  }
  Made operator()(const Nptv6Behavior&) const {
    return std::make_unique<Nptv6>(ipv6.inside, ipv6.outside);
  }
  Made operator()(const ClatBehavior&) const {
    return std::make_unique<Clat>(translated_prefix(ipv6.outside), well_known_prefix());
  }
  Made operator()(const KernelRouterBehavior& router) const {
    constexpr int prefix_length = 24;  // every IPv4 network of a lab's
    auto ports = std::make_unique<KernelRouter>(
        router, KernelRouter::Addresses{{internal, prefix_length}, {external, prefix_length}});
    return std::make_unique<KernelRouterBox>(
        std::move(ports), KernelRouterBox::Addresses{internal, external}, router);
  }
};

}  // namespace

std::unique_ptr<Box> make_box(const BoxBehavior& behavior, const IpAddress& external,
                              const IpAddress& internal, std::uint64_t seed,
                              const Ipv6Place& ipv6) {
  return std::visit(BoxMaker{external, internal, seed, ipv6}, behavior);
}

}  // namespace icelab
