#pragma once

#include "src/net/packet.h"

#include <vector>

namespace icelab {

/// Whether routers may cut this packet into fragments: IPv4 without "don't fragment".
bool may_be_fragmented(const Packet& packet);

/// The packet in fragments of at most `mtu` bytes each, in order (RFC 791 section 3.2). mtu must be
/// at least 68, what every link must carry.
std::vector<Packet> fragment(const Packet& packet, size_t mtu);

}  // namespace icelab
