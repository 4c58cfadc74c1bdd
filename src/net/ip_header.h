#pragma once

#include "src/net/address.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace icelab {

/// The beginning of a packet: an IP header of the addresses' family, without options and with a
/// time to live of 64, and `length` zeros for what follows it. `protocol`: its number.
std::vector<std::uint8_t> start_ip_packet(const IpAddress& source, const IpAddress& destination,
                                          std::uint8_t protocol, std::size_t length);

}  // namespace icelab
