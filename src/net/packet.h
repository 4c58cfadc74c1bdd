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

// RFC 792: the types of the queries that NATs translate.
inline constexpr std::uint8_t icmp_echo_reply = 0;
inline constexpr std::uint8_t icmp_echo_request = 8;

/// One IP packet as it is on the wire, with its headers located once, when it is parsed.
///
/// Its addresses and ports can be rewritten in place; the IP, UDP, TCP and ICMP checksums follow
/// incrementally (RFC 1624), so a packet that arrived corrupt stays corrupt. An ICMP echo's
/// identifier stands in for both of its ports (RFC 5508 section 3.1). Fragments other than the
/// first, and protocols other than these, have no ports: has_ports() is false and both are 0.
/// IPv4 today; IPv6 is recognised as malformed until the fabric routes it.
class Packet {
 public:
  /// Takes the bytes; nullopt if they are not one whole, well-formed packet.
  static std::optional<Packet> parse(std::vector<std::uint8_t> bytes);
  /// A UDP packet made from its parts, checksums included. The payload is at most 65507 bytes.
  static Packet udp(const Endpoint& source, const Endpoint& destination,
                    std::span<const std::uint8_t> payload);

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }
  /// Gives the bytes back, for reuse as a buffer.
  std::vector<std::uint8_t> release() && { return std::move(bytes_); }

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
  /// Takes one from the time to live; false if none is left and the packet must be dropped.
  bool decrement_ttl();
  /// Whether its transport checksum holds. A fragment has none of its own, nor has every UDP
  /// packet.
  [[nodiscard]] bool is_intact() const;
  /// Corrupts it: inverts one bit of its payload, the `number`th, counted round; no checksum
  /// follows. A packet without payload stays as it is.
  void invert_bit(std::uint64_t number);

  struct TcpHeader {
    std::uint32_t sequence;
    std::uint32_t acknowledgment;
    bool fin, syn, rst, ack;
  };
  /// Only for protocol() tcp with has_ports().
  [[nodiscard]] TcpHeader tcp() const;

  /// The ICMP type (RFC 792); nullopt for another protocol, and for a fragment other than the
  /// first.
  [[nodiscard]] std::optional<std::uint8_t> icmp_type() const;
  /// Whether this is an ICMP error about another packet (RFC 792: unreachable, time exceeded,
  /// parameter problem, source quench, redirect).
  [[nodiscard]] bool is_icmp_error() const;
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
  [[nodiscard]] bool has_transport_header() const;

  std::vector<std::uint8_t> bytes_;
  std::uint16_t transport_ = 0;  // offset of the transport header
  Protocol protocol_ = Protocol::other;
  bool has_ports_ = false;
};

}  // namespace icelab
