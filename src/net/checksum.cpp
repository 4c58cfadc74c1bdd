#include "src/net/checksum.h"

#include <bit>
#include <cstring>

namespace icelab {

std::uint32_t checksum_add(std::uint32_t sum, std::span<const std::uint8_t> bytes) {
  // Summed in the machine's own byte order, four bytes at a time, and turned round at the end
  // (RFC 1071 section 2, B and C).
  std::uint64_t total = 0;
  for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    total += word;
  }
  std::uint32_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
  total += rest;
  while (total >> 16 != 0) total = (total & 0xffff) + (total >> 16);
  const auto folded = static_cast<std::uint16_t>(total);
  const std::uint16_t in_network_order =
      std::endian::native == std::endian::little ? __builtin_bswap16(folded) : folded;
  const std::uint64_t all = std::uint64_t{sum} + in_network_order;
  return static_cast<std::uint32_t>((all & 0xffffffff) + (all >> 32));
}

std::uint16_t checksum_finish(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace icelab
