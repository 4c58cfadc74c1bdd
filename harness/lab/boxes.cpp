#include "harness/lab/boxes.h"

#include "harness/lab/addressing.h"
#include "netns/fabric/firewall.h"
#include "netns/fabric/link.h"
#include "netns/fabric/nat_box.h"
#include "src/base/overloaded.h"

namespace icelab {

std::unique_ptr<Box> make_box(const BoxBehavior& behavior, const IpAddress& external,
                              std::uint64_t seed) {
  return std::visit(Overloaded{
                        [&](const NatBehavior& nat) -> std::unique_ptr<Box> {
                          return std::make_unique<NatBox>(
                              nat, address_pool(external, nat.external_addresses), seed);
                        },
                        [&](const FirewallBehavior& firewall) -> std::unique_ptr<Box> {
                          return std::make_unique<Firewall>(firewall, router_addresses());
                        },
                        [&](const DuplexLinkBehavior& link) -> std::unique_ptr<Box> {
                          return std::make_unique<Link>(link.up, link.down, router_addresses(),
                                                        seed);
                        },
                    },
                    behavior);
}

}  // namespace icelab
