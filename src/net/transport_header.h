#pragma once

#include <cstddef>
#include <cstdint>

namespace icelab::transport_header {

// Where what stands in the headers that follow an IP header: RFC 768, RFC 9293, RFC 792 and
// RFC 4443.

inline constexpr std::uint8_t icmp_number = 1, tcp_number = 6, udp_number = 17;

inline constexpr std::size_t source_port = 0;
inline constexpr std::size_t destination_port = 2;

inline constexpr std::size_t udp_size = 8;
inline constexpr std::size_t udp_length = 4;
inline constexpr std::size_t udp_checksum = 6;

inline constexpr std::size_t tcp_smallest = 20;
inline constexpr std::size_t tcp_sequence = 4, tcp_acknowledgment = 8;
inline constexpr std::size_t tcp_offset = 12;
inline constexpr std::size_t tcp_flags = 13;
inline constexpr std::uint8_t tcp_fin = 0x01, tcp_syn = 0x02, tcp_rst = 0x04, tcp_ack = 0x10;
inline constexpr std::size_t tcp_window = 14;
inline constexpr std::size_t tcp_checksum = 16;

inline constexpr std::size_t icmp_size = 8;
inline constexpr std::size_t icmp_code = 1;
inline constexpr std::size_t icmp_checksum = 2;
inline constexpr std::size_t icmp_identifier = 4;

// Echo, of either version of ICMP.
inline constexpr std::uint8_t icmp_echo_reply = 0, icmp_echo_request = 8;
inline constexpr std::uint8_t icmpv6_echo_request = 128, icmpv6_echo_reply = 129;

/// In bytes, options included.
inline std::size_t tcp_length(const std::uint8_t* header) {
  return (header[tcp_offset] >> 4) * 4U;
}

}  // namespace icelab::transport_header
