#pragma once

#include "src/net/packet.h"

namespace icelab {

// What a router or a host says to the sender of a packet that it does not want. An answer is of the
// packet's own family, and so must the address be in whose name it speaks.

/// In whose name a router speaks that passes packets of both families.
struct RouterAddresses {
  IpAddress ipv4{}, ipv6{};

  [[nodiscard]] const IpAddress& of(const Packet& packet) const {
    return packet.is_ipv6() ? ipv6 : ipv4;
  }
};

/// Why a packet does not reach its destination: ICMP destination unreachable (RFC 792, RFC 1812
/// section 5.2.7.1) and the same in ICMPv6 (RFC 4443 section 3.1), where fragmentation_needed is a
/// message of its own, packet too big (section 3.2).
enum class Unreachable { host, port, fragmentation_needed, administratively_prohibited };

/// An ICMP error from `router` that quotes as much of the packet as it may: what fits into 576
/// bytes (RFC 1812 section 4.3.2.3), or into IPv6's smallest MTU (RFC 4443 section 2.4). `mtu`: of
/// the next hop, for fragmentation_needed (RFC 1191).
Packet unreachable(const Packet& packet, const IpAddress& router, Unreachable why,
                   std::uint16_t mtu = 0);

/// The reset with which the destination of a TCP segment refuses it (RFC 9293 section 3.10.7.1).
Packet tcp_reset(const Packet& segment);

}  // namespace icelab
