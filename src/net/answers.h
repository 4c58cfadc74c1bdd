#pragma once

#include "src/net/packet.h"

namespace icelab {

// What a router or a host says to the sender of a packet that it does not want.

/// ICMP destination unreachable (RFC 792), the code in its name.
enum class Unreachable : std::uint8_t {
  host = 1,
  port = 3,
  fragmentation_needed = 4,
  administratively_prohibited = 13,  // RFC 1812 section 5.2.7.1
};

/// An ICMP error from `router` that quotes as much of the packet as RFC 1812 section 4.3.2.3 wants:
/// what fits into 576 bytes. `mtu`: of the next hop, for fragmentation_needed (RFC 1191).
Packet unreachable(const Packet& packet, const IpAddress& router, Unreachable code,
                   std::uint16_t mtu = 0);

/// The reset with which the destination of a TCP segment refuses it (RFC 9293 section 3.10.7.1).
Packet tcp_reset(const Packet& segment);

}  // namespace icelab
