#pragma once

#include "netns/fabric/nat_behavior.h"
#include "src/base/clock.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace icelab {

/// How a Linux router translates. Masquerade: nf_nat's choice of ports, the internal one where it
/// can be had. Masquerade random: "masquerade random,fully-random", any port, for each connection
/// anew. Full cone: masquerade, and a map of what it chose by which anybody may come in.
enum class KernelNat : std::uint8_t { masquerade, masquerade_random, full_cone };
/// What becomes of what comes to the router itself from outside: Linux without rules accepts it,
/// and a socket that is not there answers; a firewall drops it, or rejects it.
enum class RouterInput : std::uint8_t { accept, drop, reject };

template <>
inline constexpr auto words_of<KernelNat> =
    std::to_array<std::string_view>({"masquerade", "masquerade-random", "full-cone"});
template <>
inline constexpr auto words_of<RouterInput> = std::to_array<std::string_view>({"accept", "drop",
                                                                               "reject"});

/// A router whose packets a Linux kernel forwards and translates. The timeouts are those of its
/// connection tracking (nf_conntrack-sysctl.rst), with the kernel's own defaults.
struct KernelRouterBehavior {
  KernelNat nat = KernelNat::masquerade;
  RouterInput input = RouterInput::accept;
  std::chrono::seconds udp_timeout{30};          // after a packet of one that has not been answered
  std::chrono::seconds udp_stream_timeout{120};  // and of one that has, and is older than two
  std::chrono::seconds tcp_established_timeout{432000};
  std::chrono::seconds icmp_timeout{30};

  bool operator==(const KernelRouterBehavior&) const = default;
};

/// What a kernel router does, in the words for any NAT: a claim to be certified, and what a packet
/// that did not come through must have met with.
NatBehavior nat_behavior_of(const KernelRouterBehavior& router);

}  // namespace icelab
