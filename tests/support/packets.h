#pragma once

#include "src/net/address.h"
#include "src/net/packet.h"

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

// Packets made from their parts, for tests, and a judge of checksums that shares no code with
// src/net.

using Bytes = std::vector<std::uint8_t>;

/// "192.0.2.1:80", which must be well-formed.
Endpoint operator""_endpoint(const char* text, std::size_t length);
IpAddress operator""_address(const char* text, std::size_t length);

// Of the family of their addresses.

Packet udp_packet(const Endpoint& source, const Endpoint& destination,
                  std::string_view payload = "");

struct TcpFlags {
  bool syn = false, ack = false, fin = false, rst = false;
};
Packet tcp_packet(const Endpoint& source, const Endpoint& destination, TcpFlags flags,
                  std::string_view payload = "");

enum class Echo : std::uint8_t { reply = 0, request = 8 };
Packet echo_packet(Echo type, const IpAddress& source, const IpAddress& destination,
                   std::uint16_t identifier, std::string_view payload = "");

/// An ICMP error (or any ICMP type, in the words of the addresses' family) that quotes the first
/// `quote_length` bytes of a packet.
Packet icmp_packet(std::uint8_t type, const IpAddress& source, const IpAddress& destination,
                   std::span<const std::uint8_t> quote, std::size_t quote_length = 1000);
constexpr std::uint8_t icmp_unreachable = 3, icmp_redirect_type = 5, icmp_time_exceeded = 11;
constexpr std::uint8_t icmpv6_unreachable = 1, icmpv6_too_big = 2, icmpv6_time_exceeded = 3;

/// An IPv4 packet around any transport bytes, its header checksum right.
Bytes ip_bytes(std::uint8_t protocol, const IpAddress& source, const IpAddress& destination,
               std::span<const std::uint8_t> transport, std::uint16_t fragment = 0);

/// An IPv6 packet around any bytes; `next` is the number of what they are.
Bytes ipv6_bytes(std::uint8_t next, const IpAddress& source, const IpAddress& destination,
                 std::span<const std::uint8_t> content);
/// An IPv6 packet with an extension header put between its fixed header and the rest; `extension`
/// without its first byte, which says what follows.
Packet with_extension(const Packet& packet, std::uint8_t number, const Bytes& extension);
/// An IPv6 packet in two fragments (RFC 8200 section 4.5), the first with so many bytes, a multiple
/// of eight.
std::vector<Packet> ipv6_fragments(const Packet& packet, std::size_t first);

/// RFC 1071 word by word, with no shortcuts.
std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes);

/// Which of the checksums of an unfragmented packet, and of the packet that it quotes, do not hold
/// when computed in full: "" if all do.
std::string checksum_faults(std::span<const std::uint8_t> packet);

// How GoogleTest shows them.
void PrintTo(const Endpoint& endpoint, std::ostream* out);  // NOLINT(readability-identifier-naming)
void PrintTo(const IpAddress& address, std::ostream* out);  // NOLINT(readability-identifier-naming)

}  // namespace icelab
