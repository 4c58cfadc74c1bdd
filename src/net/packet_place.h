#pragma once

#include "src/net/byte_order.h"
#include "src/net/checksum.h"
#include "src/net/ipv4_header.h"
#include "src/net/ipv6_header.h"
#include "src/net/packet.h"
#include "src/net/transport_header.h"

namespace icelab {

// What Packet is made of: reading and rewriting one packet's addresses where it lies among other
// bytes, be it a packet itself or one that an ICMP error quotes. Inline, since every packet that
// a NAT translates comes by here.

enum class Side : std::uint8_t { source, destination };

/// Where a packet's headers are.
struct PacketPlace {
  std::size_t ip;
  std::size_t transport;
  Protocol protocol;
  bool ipv6;
  bool has_ports;
  bool has_transport;  // its header is here, if perhaps not all of it
};

inline Protocol protocol_of(std::uint8_t number, bool ipv6) {
  using namespace transport_header;
  switch (number) {
    case tcp_number:
      return Protocol::tcp;
    case udp_number:
      return Protocol::udp;
    case icmp_number:
      return ipv6 ? Protocol::other : Protocol::icmp;
    case ipv6_header::icmp:
      return ipv6 ? Protocol::icmp : Protocol::other;
    default:
      return Protocol::other;
  }
}

inline bool is_echo(std::uint8_t icmp_type, bool ipv6) {
  using namespace transport_header;
  if (ipv6) return icmp_type == icmpv6_echo_request || icmp_type == icmpv6_echo_reply;
  return icmp_type == icmp_echo_request || icmp_type == icmp_echo_reply;
}

inline IpAddress ipv6_address_at(const std::uint8_t* at) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(at, bytes.size(), bytes.begin());
  return IpAddress::v6(bytes);
}

/// Where in the IP header the address of one side stands.
inline std::size_t address_offset(bool ipv6, Side side) {
  if (ipv6) return side == Side::source ? ipv6_header::source : ipv6_header::destination;
  return side == Side::source ? ipv4_header::source : ipv4_header::destination;
}

/// Where in the transport header the port, or echo identifier, of one side stands.
inline std::size_t port_offset(Protocol protocol, Side side) {
  using namespace transport_header;
  if (protocol == Protocol::icmp) return icmp_identifier;
  return side == Side::source ? source_port : destination_port;
}

[[gnu::always_inline]] inline Endpoint endpoint_at(const std::uint8_t* bytes,
                                                   const PacketPlace& place, Side side) {
  const std::uint8_t* address = bytes + place.ip + address_offset(place.ipv6, side);
  const std::uint16_t port =
      place.has_ports ? load16(bytes + place.transport + port_offset(place.protocol, side))
                      : std::uint16_t{0};
  return {place.ipv6 ? ipv6_address_at(address) : IpAddress::v4(load32(address)), port};
}

/// The transport checksum, if it is there to be kept: over IPv4 a UDP checksum of zero means "none"
/// (RFC 768), and over IPv6 it is wrong and stays wrong.
inline std::uint8_t* transport_checksum(std::uint8_t* transport, Protocol protocol,
                                        std::size_t available) {
  using namespace transport_header;
  switch (protocol) {
    case Protocol::udp:
      return available >= udp_size && load16(transport + udp_checksum) != 0
                 ? transport + udp_checksum
                 : nullptr;
    case Protocol::tcp:
      return available >= tcp_checksum + 2 ? transport + tcp_checksum : nullptr;
    case Protocol::icmp:
      return transport + icmp_checksum;
    default:
      return nullptr;
  }
}

/// RFC 768: a computed checksum of zero is sent as all ones.
inline void avoid_zero(std::uint8_t* checksum, Protocol protocol) {
  if (checksum != nullptr && protocol == Protocol::udp && load16(checksum) == 0)
    store16(checksum, 0xffff);
}

/// Replaces 16-bit words and tells the checksums that cover them.
class Rewriter {
 public:
  static constexpr unsigned in_ip = 1, in_transport = 2, in_outer = 4;

  /// Any of them may be null: absent.
  Rewriter(std::uint8_t* ip, std::uint8_t* transport, std::uint8_t* outer)
      : checksums_{ip, transport, outer} {}

  void word(std::uint8_t* at, std::uint16_t value, unsigned covering) {
    const std::uint16_t from = load16(at);
    if (from == value) return;
    store16(at, value);
    for (unsigned i = 0; i < 3; ++i) {
      std::uint8_t* checksum = checksums_[i];
      if (checksum == nullptr || (covering & (1U << i)) == 0) continue;
      store16(checksum, checksum_update(load16(checksum), from, value));
    }
  }
  void ipv4_address(std::uint8_t* at, const IpAddress& address, unsigned covering) {
    word(at, static_cast<std::uint16_t>(address.v4_bits() >> 16), covering);
    word(at + 2, static_cast<std::uint16_t>(address.v4_bits()), covering);
  }
  void ipv6_address(std::uint8_t* at, const IpAddress& address, unsigned covering) {
    const auto bytes = address.bytes();
    for (std::size_t i = 0; i < bytes.size(); i += 2) word(at + i, load16(&bytes[i]), covering);
  }

 private:
  std::uint8_t* checksums_[3];
};

/// Gives one side of a packet another endpoint. `outer`: the checksum of the ICMP error that
/// quotes it, or null.
[[gnu::always_inline]] inline void rewrite(std::span<std::uint8_t> bytes, const PacketPlace& place,
                                           Side side, const Endpoint& endpoint,
                                           std::uint8_t* outer) {
  std::uint8_t* ip = bytes.data() + place.ip;
  std::uint8_t* transport = bytes.data() + place.transport;
  std::uint8_t* address = ip + address_offset(place.ipv6, side);
  // An ICMP error has no ports, but over IPv6 its checksum covers the addresses.
  const bool has_checksum = place.has_ports || (place.ipv6 && place.has_transport);
  std::uint8_t* sum =
      has_checksum ? transport_checksum(transport, place.protocol, bytes.size() - place.transport)
                   : nullptr;
  constexpr unsigned in_ip = Rewriter::in_ip, in_transport = Rewriter::in_transport,
                     in_outer = Rewriter::in_outer;
  const std::uint16_t sum_before = outer && sum ? load16(sum) : std::uint16_t{0};
  std::uint8_t* ip_sum = place.ipv6 ? nullptr : ip + ipv4_header::checksum;
  const std::uint16_t ip_sum_before =
      outer && !place.ipv6 ? load16(ip + ipv4_header::checksum) : std::uint16_t{0};

  Rewriter rewriter(ip_sum, sum, outer);
  if (place.ipv6) {
    rewriter.ipv6_address(address, endpoint.address, in_transport | in_outer);
  } else {
    // ICMP's checksum has no pseudo-header, so an address does not enter it.
    rewriter.ipv4_address(
        address, endpoint.address,
        place.protocol == Protocol::icmp ? in_ip | in_outer : in_ip | in_transport | in_outer);
  }
  if (place.has_ports) {
    rewriter.word(transport + port_offset(place.protocol, side), endpoint.port,
                  in_transport | in_outer);
  }
  avoid_zero(sum, place.protocol);
  if (outer == nullptr) return;
  // The quote's own checksums are among what the error's checksum covers.
  const auto outer_follows = [&](std::uint16_t from, const std::uint8_t* now_at) {
    store16(outer, checksum_update(load16(outer), from, load16(now_at)));
  };
  if (!place.ipv6) outer_follows(ip_sum_before, ip + ipv4_header::checksum);
  if (sum) outer_follows(sum_before, sum);
}

/// The sum of the pseudo-header of the packet at `ip` (RFC 768, RFC 9293, RFC 8200 section 8.1).
inline std::uint32_t pseudo_header_sum(std::span<const std::uint8_t> ip, bool ipv6,
                                       std::uint8_t protocol, std::size_t length) {
  const auto addresses =
      ipv6 ? ip.subspan(ipv6_header::source, 32) : ip.subspan(ipv4_header::source, 8);
  return checksum_add(protocol + static_cast<std::uint32_t>(length), addresses);
}

}  // namespace icelab
