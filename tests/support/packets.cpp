#include "tests/support/packets.h"

#include <algorithm>
#include <array>
#include <ostream>

namespace icelab {
namespace {

constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17, icmpv6 = 58;
constexpr std::size_t ip_header = 20, ipv6_header = 40;

void put16(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

std::uint16_t get16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

void put_address(Bytes& bytes, std::size_t at, const IpAddress& address) {
  put16(bytes, at, static_cast<std::uint16_t>(address.v4_bits() >> 16));
  put16(bytes, at + 2, static_cast<std::uint16_t>(address.v4_bits()));
}

void append(Bytes& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

/// The pseudo-header of RFC 768, RFC 793 and RFC 8200, followed by the segment.
Bytes with_pseudo_header(const IpAddress& source, const IpAddress& destination,
                         std::uint8_t protocol, std::span<const std::uint8_t> segment) {
  Bytes all;
  for (const IpAddress& address : {source, destination}) {
    const auto bytes = address.bytes();
    all.insert(all.end(), bytes.begin() + (address.is_v4() ? 12 : 0), bytes.end());
  }
  all.push_back(0);
  all.push_back(protocol);
  all.push_back(static_cast<std::uint8_t>(segment.size() >> 8));
  all.push_back(static_cast<std::uint8_t>(segment.size()));
  all.insert(all.end(), segment.begin(), segment.end());
  return all;
}

/// A checksum holds if the sum over what it covers, itself included, is zero.
bool holds(std::span<const std::uint8_t> covered) {
  return internet_checksum(covered) == 0;
}

IpAddress address_at(std::span<const std::uint8_t> packet, std::size_t at, std::size_t size) {
  std::array<std::uint8_t, 16> bytes{};
  if (size == 4) bytes[10] = bytes[11] = 0xff;
  std::ranges::copy(packet.subspan(at, size), bytes.end() - static_cast<std::ptrdiff_t>(size));
  return IpAddress::v6(bytes);
}

std::string faults_of(std::span<const std::uint8_t> packet, const std::string& what);

/// `rest`: the least that a quote of this family has.
std::string transport_faults(const IpAddress& source, const IpAddress& destination,
                             std::uint8_t protocol, std::span<const std::uint8_t> segment,
                             const std::string& what, std::size_t rest) {
  const auto sum_holds = [&](std::span<const std::uint8_t> covered) {
    return holds(with_pseudo_header(source, destination, protocol, covered));
  };
  switch (protocol) {
    case udp: {
      const bool none = source.is_v4() && get16(segment, 6) == 0;
      if (!none && !sum_holds(segment.first(get16(segment, 4)))) return what + "UDP; ";
      return get16(segment, 6) == 0 && !none ? what + "UDP without a checksum; " : "";
    }
    case tcp:
      return sum_holds(segment) ? "" : what + "TCP; ";
    case icmp:
    case icmpv6: {
      const bool v4 = protocol == icmp;
      std::string faults;
      if (!(v4 ? holds(segment) : sum_holds(segment))) faults += what + "ICMP; ";
      const std::uint8_t type = segment[0];
      const bool error =
          v4 ? type == 3 || type == 4 || type == 5 || type == 11 || type == 12 : type < 128;
      if (error && segment.size() >= 8 + rest)
        faults += faults_of(segment.subspan(8), what + "quoted ");
      return faults;
    }
    default:
      return "";
  }
}

/// Its extension headers are followed by a reading of RFC 8200 of this file's own.
std::string ipv6_faults(std::span<const std::uint8_t> packet, const std::string& what) {
  std::uint8_t next = packet[6];
  std::size_t at = ipv6_header;
  while (next == 0 || next == 43 || next == 44 || next == 60) {
    if (packet.size() < at + 8) return "";
    const bool is_part = next == 44 && (get16(packet, at + 2) & 0xfff9) != 0;
    if (is_part) return "";
    const std::size_t size = next == 44 ? 8 : (packet[at + 1] + 1U) * 8U;
    next = packet[at];
    at += size;
  }
  const std::size_t total = ipv6_header + get16(packet, 4);
  if (packet.size() < total) return "";
  return transport_faults(address_at(packet, 8, 16), address_at(packet, 24, 16), next,
                          packet.first(total).subspan(at), what, ipv6_header + 8);
}

std::string faults_of(std::span<const std::uint8_t> packet, const std::string& what) {
  if (packet[0] >> 4 == 6) return ipv6_faults(packet, what);
  const std::size_t header = (packet[0] & 0xfU) * 4U;
  std::string faults;
  if (!holds(packet.first(header))) faults += what + "IP header; ";
  const std::size_t total = get16(packet, 2);
  if (packet.size() < total)
    return faults;  // a quote cut short: its transport checksum cannot be judged
  return faults + transport_faults(address_at(packet, 12, 4), address_at(packet, 16, 4), packet[9],
                                   packet.first(total).subspan(header), what, ip_header + 8);
}

/// A whole packet of either family; `checksum`: where in the transport header.
Packet finish(std::uint8_t protocol, const IpAddress& source, const IpAddress& destination,
              Bytes transport, std::size_t checksum) {
  const bool plain = protocol == icmp;  // over IPv4, ICMP has no pseudo-header
  std::uint16_t sum = internet_checksum(
      plain ? transport : with_pseudo_header(source, destination, protocol, transport));
  if (protocol == udp && sum == 0) sum = 0xffff;
  put16(transport, checksum, sum);
  return Packet::parse(source.is_v4() ? ip_bytes(protocol, source, destination, transport)
                                      : ipv6_bytes(protocol, source, destination, transport))
      .value();
}

}  // namespace

Endpoint operator""_endpoint(const char* text, std::size_t length) {
  return Endpoint::parse({text, length}).value();
}

IpAddress operator""_address(const char* text, std::size_t length) {
  return IpAddress::parse({text, length}).value();
}

std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8) | (i + 1 < bytes.size() ? bytes[i + 1] : 0U);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(~sum);
}

Bytes ip_bytes(std::uint8_t protocol, const IpAddress& source, const IpAddress& destination,
               std::span<const std::uint8_t> transport, std::uint16_t fragment) {
  Bytes bytes(ip_header + transport.size());
  bytes[0] = 0x45;
  put16(bytes, 2, static_cast<std::uint16_t>(ip_header + transport.size()));
  put16(bytes, 4, 0x1234);
  put16(bytes, 6, fragment);
  bytes[8] = 64;
  bytes[9] = protocol;
  put_address(bytes, 12, source);
  put_address(bytes, 16, destination);
  put16(bytes, 10, internet_checksum(std::span(bytes).first(ip_header)));
  std::ranges::copy(transport, bytes.begin() + ip_header);
  return bytes;
}

Bytes ipv6_bytes(std::uint8_t next, const IpAddress& source, const IpAddress& destination,
                 std::span<const std::uint8_t> content) {
  Bytes bytes(ipv6_header + content.size());
  bytes[0] = 0x60;
  put16(bytes, 4, static_cast<std::uint16_t>(content.size()));
  bytes[6] = next;
  bytes[7] = 64;
  std::ranges::copy(source.bytes(), bytes.begin() + 8);
  std::ranges::copy(destination.bytes(), bytes.begin() + 24);
  std::ranges::copy(content, bytes.begin() + ipv6_header);
  return bytes;
}

Packet with_extension(const Packet& packet, std::uint8_t number, const Bytes& extension) {
  const auto before = packet.bytes();
  Bytes content{before[6]};
  content.insert(content.end(), extension.begin(), extension.end());
  content.insert(content.end(), before.begin() + ipv6_header, before.end());
  return Packet::parse(
             ipv6_bytes(number, address_at(before, 8, 16), address_at(before, 24, 16), content))
      .value();
}

std::vector<Packet> ipv6_fragments(const Packet& packet, std::size_t first) {
  const auto bytes = packet.bytes();
  const auto content = bytes.subspan(ipv6_header);
  std::vector<Packet> fragments;
  for (const bool is_first : {true, false}) {
    Bytes part{bytes[6], 0, 0, 0, 0x12, 0x34, 0x56, 0x78};
    put16(part, 2, static_cast<std::uint16_t>(is_first ? 1 : first));
    const auto shown = is_first ? content.first(first) : content.subspan(first);
    part.insert(part.end(), shown.begin(), shown.end());
    fragments.push_back(
        Packet::parse(ipv6_bytes(44, packet.source().address, packet.destination().address, part))
            .value());
  }
  return fragments;
}

Packet udp_packet(const Endpoint& source, const Endpoint& destination, std::string_view payload) {
  Bytes datagram(8);
  put16(datagram, 0, source.port);
  put16(datagram, 2, destination.port);
  put16(datagram, 4, static_cast<std::uint16_t>(8 + payload.size()));
  append(datagram, payload);
  return finish(udp, source.address, destination.address, std::move(datagram), 6);
}

Packet tcp_packet(const Endpoint& source, const Endpoint& destination, TcpFlags flags,
                  std::string_view payload) {
  Bytes segment(20);
  put16(segment, 0, source.port);
  put16(segment, 2, destination.port);
  put16(segment, 4, 0x0102);
  put16(segment, 6, 0x0304);
  put16(segment, 8, 0x0506);
  put16(segment, 10, 0x0708);
  segment[12] = 5 << 4;
  segment[13] = static_cast<std::uint8_t>((flags.fin ? 1 : 0) | (flags.syn ? 2 : 0) |
                                          (flags.rst ? 4 : 0) | (flags.ack ? 16 : 0));
  append(segment, payload);
  return finish(tcp, source.address, destination.address, std::move(segment), 16);
}

Packet echo_packet(Echo type, const IpAddress& source, const IpAddress& destination,
                   std::uint16_t identifier, std::string_view payload) {
  Bytes message(8);
  message[0] = static_cast<std::uint8_t>(type);
  if (!source.is_v4()) message[0] = type == Echo::request ? 128 : 129;
  put16(message, 4, identifier);
  put16(message, 6, 7);
  append(message, payload);
  return finish(source.is_v4() ? icmp : icmpv6, source, destination, std::move(message), 2);
}

Packet icmp_packet(std::uint8_t type, const IpAddress& source, const IpAddress& destination,
                   std::span<const std::uint8_t> quote, std::size_t quote_length) {
  Bytes message(8);
  message[0] = type;
  message[1] = 1;
  const auto shown = quote.first(std::min(quote_length, quote.size()));
  message.insert(message.end(), shown.begin(), shown.end());
  return finish(source.is_v4() ? icmp : icmpv6, source, destination, std::move(message), 2);
}

std::string checksum_faults(std::span<const std::uint8_t> packet) {
  return faults_of(packet, "");
}

void PrintTo(const Endpoint& endpoint, std::ostream* out) {
  *out << endpoint.to_string();
}
void PrintTo(const IpAddress& address, std::ostream* out) {
  *out << address.to_string();
}

}  // namespace icelab
