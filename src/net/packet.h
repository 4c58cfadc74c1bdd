#pragma once

#include "src/net/address.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

enum class Protocol : std::uint8_t { udp, tcp, icmp, other };

std::string_view to_string(Protocol protocol);

struct PacketPlace;

/// One IP packet as it is on the wire, with its headers located once, when it is parsed.
///
/// Its addresses and ports can be rewritten in place; the IP, UDP, TCP and ICMP checksums follow
/// incrementally (RFC 1624), so a packet that arrived corrupt stays corrupt. An ICMP echo's
/// identifier stands in for both of its ports (RFC 5508 section 3.1). Fragments other than the
/// first, and protocols other than these, have no ports: has_ports() is false and both are 0.
///
/// IPv4 (RFC 791) or IPv6 (RFC 8200), with ICMP or ICMPv6 accordingly; an address that is given to
/// it must be of its own family. IPv6's extension headers are read through, so far as they concern
/// the packet's own destination. A packet with an IPv4-mapped address is malformed: it is not for
/// the wire.
class Packet {
 public:
  /// Takes the bytes; nullopt if they are not one whole, well-formed packet.
  static std::optional<Packet> parse(std::vector<std::uint8_t> bytes);
  /// A UDP packet made from its parts, checksums included, of the family of both addresses. The
  /// payload is at most 65487 bytes.
  static Packet udp(const Endpoint& source, const Endpoint& destination,
                    std::span<const std::uint8_t> payload);

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }
  /// Gives the bytes back, for reuse as a buffer.
  std::vector<std::uint8_t> release() && { return std::move(bytes_); }

  [[nodiscard]] bool is_ipv6() const { return ipv6_; }
  /// Where the IP header ends, options and extension headers included, in bytes.
  [[nodiscard]] std::size_t header_length() const { return transport_; }
  [[nodiscard]] Protocol protocol() const { return protocol_; }
  [[nodiscard]] bool has_ports() const { return has_ports_; }
  /// Whether this is only a part of a packet: the first, the last or one between.
  [[nodiscard]] bool is_fragment() const;
  [[nodiscard]] Endpoint source() const;
  [[nodiscard]] Endpoint destination() const;
  /// What follows the UDP, TCP or ICMP header; for anything else, what follows the IP header.
  [[nodiscard]] std::span<const std::uint8_t> payload() const;

  void set_source(const Endpoint& endpoint);
  void set_destination(const Endpoint& endpoint);
  /// Takes one from the time to live, or hop limit; false if none is left and the packet must be
  /// dropped.
  bool decrement_ttl();
  /// Whether its transport checksum holds. A fragment has none of its own, nor has every UDP
  /// packet over IPv4; over IPv6 a UDP packet without one is not intact (RFC 8200 section 8.1).
  [[nodiscard]] bool is_intact() const;
  /// Corrupts it: inverts one bit of its payload, the `number`th, counted round; no checksum
  /// follows. A packet without payload stays as it is.
  void invert_bit(std::uint64_t number);

  struct TcpHeader {
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    bool fin = false, syn = false, rst = false, ack = false;
  };
  /// Only for protocol() tcp with has_ports().
  [[nodiscard]] TcpHeader tcp() const;
  /// A TCP segment made from its parts, like udp(), without options and with a window of 65535.
  static Packet tcp(const Endpoint& source, const Endpoint& destination, const TcpHeader& header,
                    std::string_view payload = {});

  /// The type in the words of its own ICMP (RFC 792, RFC 4443); nullopt for another protocol, and
  /// for a fragment other than the first.
  [[nodiscard]] std::optional<std::uint8_t> icmp_type() const;
  [[nodiscard]] bool is_echo_request() const {
    return protocol_ == Protocol::icmp && has_type_of_echo_request();
  }
  /// Whether this is an ICMP error about another packet (RFC 792: unreachable, time exceeded,
  /// parameter problem, source quench, redirect; RFC 4443: every type below 128).
  [[nodiscard]] bool is_icmp_error() const {
    return protocol_ == Protocol::icmp && has_type_of_error();
  }
  /// The packet that an ICMP error quotes, as far as it is quoted: who sent it, to whom.
  struct Quoted {
    Protocol protocol;
    Endpoint source;
    Endpoint destination;
  };
  [[nodiscard]] std::optional<Quoted> quoted() const;
  /// Rewrite the quoted packet's addresses (RFC 5508 section 4.2); the ICMP checksum follows.
  void set_quoted_source(const Endpoint& endpoint);
  void set_quoted_destination(const Endpoint& endpoint);

 private:
  explicit Packet(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  // Parts of parse(); false if the packet is malformed.
  bool locate_in_ipv4();
  bool locate_in_ipv6();
  bool locate_ports();
  [[nodiscard]] bool has_transport_header() const;
  // Of ICMP only.
  [[nodiscard]] bool has_type_of_echo_request() const;
  [[nodiscard]] bool has_type_of_error() const;
  /// The packet and what it quotes, as the places of their headers; see packet_place.h.
  [[nodiscard]] PacketPlace place(bool ipv6) const;
  [[nodiscard]] std::optional<PacketPlace> quoted_place() const;

  std::vector<std::uint8_t> bytes_;
  std::uint16_t transport_ = 0;  // offset of the transport header
  std::uint16_t fragment_ = 0;   // offset of the IPv6 fragment header; 0 without one
  Protocol protocol_ = Protocol::other;
  bool ipv6_ = false;
  bool has_ports_ = false;
};

}  // namespace icelab
