#pragma once

#include "src/net/packet.h"

#include <vector>

namespace icelab {

/// Whether routers may cut this packet into fragments: IPv4 without "don't fragment". IPv6 leaves
/// that to the sender (RFC 8200 section 4.5).
bool may_be_fragmented(const Packet& packet);

/// The packet, which may be fragmented, in fragments of at most `mtu` bytes each, in order (RFC 791
/// section 3.2). mtu must be at least 68, what every link must carry.
std::vector<Packet> fragment(const Packet& packet, size_t mtu);

}  // namespace icelab
