#include "netns/linux/router_rules.h"

#include <fmt/format.h>

namespace icelab {
namespace {

/// Larger sets take longer to load: 65536 elements 8 to 20 ms.
constexpr int most_learned = 1024;

std::string input_rules(RouterInput input) {
  constexpr std::string_view chain = R"(
  chain input {{
    type filter hook input priority filter; policy accept;
    {}
  }})";
  switch (input) {
    case RouterInput::accept:
      return "";
    case RouterInput::drop:
      return fmt::format(chain, fmt::format("iifname {} ct state new drop", outer_interface));
    case RouterInput::reject:
      break;
  }
  return fmt::format(chain,
                     fmt::format("iifname {0} ct state new meta l4proto tcp reject with tcp "
                                 "reset\n    iifname {0} ct state new meta l4proto udp reject",
                                 outer_interface));
}

/// What masquerading has chosen for a packet to the outside is learned behind it, and holds for
/// everyone. Two hosts that use one port towards different remote endpoints share an external one:
/// then the map knows the first of them only.
std::string full_cone_rules(const KernelRouterBehavior& behavior, const IpAddress& external) {
  return fmt::format(
      R"(
  map learned {{
    type inet_service : ipv4_addr . inet_service
    size {size}
    flags timeout
  }}
  chain prerouting {{
    type nat hook prerouting priority dstnat; policy accept;
    iifname {outer} ip daddr {external} meta l4proto udp dnat ip to udp dport map @learned
  }}
  chain learn {{
    type filter hook postrouting priority srcnat + 10; policy accept;
    oifname {outer} ct direction original meta l4proto udp update @learned {{ udp sport timeout {lifetime}s : ct original ip saddr . ct original proto-src }}
  }})",
      fmt::arg("size", most_learned), fmt::arg("outer", outer_interface),
      fmt::arg("external", external.to_string()),
      fmt::arg("lifetime", behavior.udp_stream_timeout.count()));
}

}  // namespace

std::string router_rules(const KernelRouterBehavior& behavior, const IpAddress& external) {
  const bool learns = behavior.nat == KernelNat::full_cone;
  return fmt::format(
      R"(table ip icelab {{
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    oifname {} masquerade{}
  }}{}{}
}}
)",
      outer_interface, behavior.nat == KernelNat::masquerade_random ? " random,fully-random" : "",
      learns ? full_cone_rules(behavior, external) : "", input_rules(behavior.input));
}

std::string forget_learned(const KernelRouterBehavior& behavior) {
  return behavior.nat == KernelNat::full_cone ? "flush map ip icelab learned" : "";
}

}  // namespace icelab
