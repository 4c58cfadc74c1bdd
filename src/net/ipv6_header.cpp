#include "src/net/ipv6_header.h"

#include "src/net/byte_order.h"

namespace icelab::ipv6_header {
namespace {

constexpr std::size_t segments_left = 3;  // in a routing header: RFC 8200 section 4.4

/// Of the options and routing headers, which count their length in the same way.
std::size_t extension_size(const std::uint8_t* header) {
  return (header[1] + 1U) * 8U;
}

}  // namespace

std::optional<Chain> follow(std::span<const std::uint8_t> packet) {
  Chain chain{.size = size, .next = packet[next_header]};
  std::size_t named_at = next_header;
  while (true) {
    const std::size_t at = chain.size;
    const bool is_extension = (chain.next == hop_by_hop_options && at == size) ||
                              chain.next == routing || chain.next == destination_options ||
                              (chain.next == fragment && chain.fragment == 0);
    if (!is_extension) return chain;
    if (packet.size() < at + fragment_size) return std::nullopt;  // none is smaller than this one
    if (chain.next == routing && packet[at + segments_left] != 0) return chain;
    if (chain.next == fragment) {
      chain.fragment = at;
      chain.fragment_named_at = named_at;
      chain.size = at + fragment_size;
      chain.next = packet[at];
      if ((load16(&packet[at + fragment_field]) & fragment_offset) != 0) return chain;
    } else {
      chain.size = at + extension_size(&packet[at]);
      chain.next = packet[at];
      if (packet.size() < chain.size) return std::nullopt;
    }
    named_at = at;
  }
}

}  // namespace icelab::ipv6_header
