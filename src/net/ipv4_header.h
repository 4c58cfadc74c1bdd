#pragma once

#include "src/net/byte_order.h"
#include "src/net/checksum.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace icelab::ipv4_header {

// Where what stands in an IPv4 header: RFC 791 section 3.1.

inline constexpr std::size_t smallest = 20;
inline constexpr std::size_t total_length = 2;
inline constexpr std::size_t identification = 4;
inline constexpr std::size_t fragment = 6;
inline constexpr std::size_t time_to_live = 8;
inline constexpr std::size_t protocol = 9;
inline constexpr std::size_t checksum = 10;
inline constexpr std::size_t source = 12;
inline constexpr std::size_t destination = 16;

// The fragment field: two flags, and an offset in units of eight bytes.
inline constexpr std::uint16_t dont_fragment = 0x4000;
inline constexpr std::uint16_t more_fragments = 0x2000;
inline constexpr std::uint16_t fragment_offset = 0x1fff;

/// In bytes, options included.
inline std::size_t length(const std::uint8_t* header) {
  return (header[0] & 0xfU) * 4U;
}

/// Computes the checksum of a header anew.
inline void set_checksum(std::span<std::uint8_t> header) {
  store16(&header[checksum], 0);
  store16(&header[checksum], checksum_finish(checksum_add(0, header)));
}

}  // namespace icelab::ipv4_header
