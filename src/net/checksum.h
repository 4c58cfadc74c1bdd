#pragma once

#include <cstdint>
#include <span>

namespace icelab {

/// The Internet checksum (RFC 1071) as a running one's complement sum of 16-bit words in network
/// byte order. Start from 0, or from an earlier sum.
std::uint32_t checksum_add(std::uint32_t sum, std::span<const std::uint8_t> bytes);

/// Folds a running sum and complements it: the value for a checksum field.
std::uint16_t checksum_finish(std::uint32_t sum);

/// A checksum after one of the 16-bit words that it covers changed: RFC 1624, equation 3.
constexpr std::uint16_t checksum_update(std::uint16_t checksum, std::uint16_t from,
                                        std::uint16_t to) {
  std::uint32_t sum = static_cast<std::uint16_t>(~checksum);
  sum += static_cast<std::uint16_t>(~from);
  sum += to;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace icelab
