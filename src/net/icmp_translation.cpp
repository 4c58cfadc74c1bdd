#include "src/net/icmp_translation.h"

#include <algorithm>
#include <array>

namespace icelab {
namespace {

// By how much IPv6's fixed header is longer.
constexpr std::uint32_t growth = 20;
constexpr std::uint32_t smallest_ipv6_mtu = 1280;
constexpr std::uint32_t mtu_mask = 0xffff;  // ICMP has 16 bits for it, of its last 32

constexpr std::uint8_t none = 0xff;

// What a parameter problem points at: figures 3 and 6 of RFC 7915.
constexpr std::array<std::uint8_t, 20> pointer_to_ipv6{
    0, 1, 4, 4, none, none, none, none, 7, 6, none, none, 8, 8, 8, 8, 24, 24, 24, 24};
constexpr std::array<std::uint8_t, 8> pointer_to_ipv4{0, 1, none, none, 2, 2, 9, 8};

std::optional<IcmpHeader> pointing(const IcmpHeader& header, std::uint8_t type, bool to_ipv6) {
  std::uint8_t pointer = none;
  if (to_ipv6) {
    const std::uint32_t from = header.rest >> 24;  // one byte
    if (from < pointer_to_ipv6.size()) pointer = pointer_to_ipv6[from];
  } else if (header.rest < pointer_to_ipv4.size()) {
    pointer = pointer_to_ipv4[header.rest];
  } else if (header.rest < 40) {
    pointer = header.rest < 24 ? 12 : 16;  // one of the addresses
  }
  if (pointer == none) return std::nullopt;
  const auto rest = static_cast<std::uint32_t>(pointer);
  return IcmpHeader{type, 0, to_ipv6 ? rest : rest << 24};
}

/// Of ICMP's destination unreachable.
std::optional<IcmpHeader> unreachable_to_ipv6(const IcmpHeader& icmp) {
  constexpr std::uint8_t unreachable = 1, too_big = 2, parameter_problem = 4;
  switch (icmp.code) {
    case 2:  // protocol: the problem is the next header field
      return IcmpHeader{parameter_problem, 1, 6};
    case 3:  // port
      return IcmpHeader{unreachable, 4, 0};
    case 4:  // fragmentation needed
      return IcmpHeader{too_big, 0, std::max((icmp.rest & mtu_mask) + growth, smallest_ipv6_mtu)};
    case 9:
    case 10:
    case 13:
    case 15:  // prohibited
      return IcmpHeader{unreachable, 1, 0};
    case 0:
    case 1:
    case 5:
    case 6:
    case 7:
    case 8:
    case 11:
    case 12:  // no way there
      return IcmpHeader{unreachable, 0, 0};
    default:
      return std::nullopt;
  }
}

/// Of ICMPv6's destination unreachable.
std::optional<IcmpHeader> unreachable_to_ipv4(const IcmpHeader& icmpv6) {
  constexpr std::uint8_t unreachable = 3;
  switch (icmpv6.code) {
    case 0:
    case 2:
    case 3:
      return IcmpHeader{unreachable, 1, 0};
    case 1:  // prohibited
      return IcmpHeader{unreachable, 10, 0};
    case 4:  // port
      return IcmpHeader{unreachable, 3, 0};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<IcmpHeader> icmp_to_icmpv6(const IcmpHeader& icmp) {
  switch (icmp.type) {
    case 8:
      return IcmpHeader{128, icmp.code, icmp.rest};
    case 0:
      return IcmpHeader{129, icmp.code, icmp.rest};
    case 3:
      return unreachable_to_ipv6(icmp);
    case 11:
      return IcmpHeader{3, icmp.code, 0};
    case 12:
      if (icmp.code != 0 && icmp.code != 2) return std::nullopt;
      return pointing(icmp, 4, true);
    default:
      return std::nullopt;
  }
}

std::optional<IcmpHeader> icmpv6_to_icmp(const IcmpHeader& icmpv6) {
  switch (icmpv6.type) {
    case 128:
      return IcmpHeader{8, icmpv6.code, icmpv6.rest};
    case 129:
      return IcmpHeader{0, icmpv6.code, icmpv6.rest};
    case 1:
      return unreachable_to_ipv4(icmpv6);
    case 2: {
      const std::uint32_t mtu = std::min(icmpv6.rest, mtu_mask);
      return IcmpHeader{3, 4, mtu > growth ? mtu - growth : 0};
    }
    case 3:
      return IcmpHeader{11, icmpv6.code, 0};
    case 4:
      if (icmpv6.code == 1) return IcmpHeader{3, 2, 0};  // an unknown protocol
      return icmpv6.code == 0 ? pointing(icmpv6, 12, false) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace icelab
