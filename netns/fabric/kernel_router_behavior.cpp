#include "netns/fabric/kernel_router_behavior.h"

namespace icelab {
namespace {

constexpr auto address_and_port = Dependence::address_and_port_dependent;

UnsolicitedSyn unsolicited_syn_of(RouterInput input) {
  return input == RouterInput::drop ? UnsolicitedSyn::drop : UnsolicitedSyn::reset;
}

}  // namespace

NatBehavior nat_behavior_of(const KernelRouterBehavior& router) {
  using namespace std::chrono_literals;
  const bool is_random = router.nat == KernelNat::masquerade_random;
  NatBehavior nat{
      // An internal endpoint keeps the external one that it has, unless ports are random
      // (find_appropriate_src in nf_nat_core.c).
      .mapping = is_random ? address_and_port : Dependence::endpoint_independent,
      .filtering = address_and_port,
      .port_assignment = is_random ? PortAssignment::random : PortAssignment::preserve,
      .port_overloading = true,
      .mapping_lifetime = router.udp_stream_timeout,
      .unanswered_lifetime = router.udp_timeout,
      .refresh = Refresh::both,
      .early_packet =
          router.input == RouterInput::accept ? EarlyPacket::steals_port : EarlyPacket::ignored,
      .unsolicited_syn = unsolicited_syn_of(router.input),
      .tcp_established_lifetime = router.tcp_established_timeout,
      .tcp_transitory_lifetime = 120s,  // nf_conntrack_tcp_timeout_syn_sent and _time_wait
      .icmp_lifetime = router.icmp_timeout,
      .fragments = Fragments::reassembled,
  };
  if (router.nat == KernelNat::full_cone) {
    nat.filtering = Dependence::endpoint_independent;
    nat.tcp_filtering = address_and_port;
    nat.unanswered_lifetime = {};  // the map's elements know one timeout
    nat.refresh = Refresh::outbound;
  }
  return nat;
}

}  // namespace icelab
