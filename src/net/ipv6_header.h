#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace icelab::ipv6_header {

// Where what stands in the fixed IPv6 header: RFC 8200 section 3.

inline constexpr std::size_t size = 40;
inline constexpr std::size_t payload_length = 4;
inline constexpr std::size_t next_header = 6;
inline constexpr std::size_t hop_limit = 7;
inline constexpr std::size_t source = 8;
inline constexpr std::size_t destination = 24;

// Where what stands in the fragment header: section 4.5. Its field has the offset, a multiple of
// eight bytes, and one flag.
inline constexpr std::size_t fragment_size = 8;
inline constexpr std::size_t fragment_field = 2;
inline constexpr std::size_t fragment_identification = 4;
inline constexpr std::uint16_t fragment_offset = 0xfff8;
inline constexpr std::uint16_t more_fragments = 0x0001;

// Numbers of what may come next: section 4, and RFC 4443.
inline constexpr std::uint8_t hop_by_hop_options = 0;
inline constexpr std::uint8_t routing = 43;
inline constexpr std::uint8_t fragment = 44;
inline constexpr std::uint8_t icmp = 58;
inline constexpr std::uint8_t no_next = 59;
inline constexpr std::uint8_t destination_options = 60;

/// The least that every link carries in one packet: section 5.
inline constexpr std::size_t smallest_mtu = 1280;

/// The fixed header and the extension headers after it.
struct Chain {
  std::size_t size;                   // of all of them
  std::uint8_t next;                  // the number of what follows them
  std::size_t fragment = 0;           // where the fragment header stands; 0 if there is none
  std::size_t fragment_named_at = 0;  // and which byte announces it

  [[nodiscard]] bool is_fragmented() const { return fragment != 0; }
};

/// Follows the headers of a packet, which has its fixed header at least, to the first that is no
/// extension header, or to the end of a fragment header behind which there is a later part of a
/// packet. A routing header that leads on to other destinations, and options for routers in any but
/// the first place, are not seen through: what is behind them is not addressed to the destination
/// that the packet names, or not for us to understand. nullopt if the packet ends before its
/// headers do.
std::optional<Chain> follow(std::span<const std::uint8_t> packet);

}  // namespace icelab::ipv6_header
