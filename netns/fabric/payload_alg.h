#pragma once

#include "src/net/address.h"
#include "src/net/packet.h"

namespace icelab {

/// Wherever a UDP or TCP payload holds the address `from` as a header would, `to` takes its place;
/// the checksum follows, so a packet that arrived corrupt stays corrupt. Both are of one family.
void replace_in_payload(Packet& packet, const IpAddress& from, const IpAddress& to);

}  // namespace icelab
