#include "tests/support/packets.h"

#include <algorithm>
#include <ostream>

namespace icelab {
namespace {

constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17;
constexpr std::size_t ip_header = 20;

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

/// The pseudo-header of RFC 768 and RFC 793, followed by the segment.
Bytes with_pseudo_header(std::span<const std::uint8_t> ip, std::span<const std::uint8_t> segment) {
  Bytes all(ip.begin() + 12, ip.begin() + 20);
  all.push_back(0);
  all.push_back(ip[9]);
  all.push_back(static_cast<std::uint8_t>(segment.size() >> 8));
  all.push_back(static_cast<std::uint8_t>(segment.size()));
  all.insert(all.end(), segment.begin(), segment.end());
  return all;
}

/// A checksum holds if the sum over what it covers, itself included, is zero.
bool holds(std::span<const std::uint8_t> covered) {
  return internet_checksum(covered) == 0;
}

std::string faults_of(std::span<const std::uint8_t> packet, const std::string& what) {
  const std::size_t header = (packet[0] & 0xfU) * 4U;
  std::string faults;
  if (!holds(packet.first(header))) faults += what + "IP header; ";
  const std::size_t total = get16(packet, 2);
  if (packet.size() < total)
    return faults;  // a quote cut short: its transport checksum cannot be judged
  const auto segment = packet.first(total).subspan(header);
  switch (packet[9]) {
    case udp: {
      const auto datagram = segment.first(get16(segment, 4));
      const bool none = get16(segment, 6) == 0;
      if (!none && !holds(with_pseudo_header(packet, datagram))) faults += what + "UDP; ";
      break;
    }
    case tcp:
      if (!holds(with_pseudo_header(packet, segment))) faults += what + "TCP; ";
      break;
    case icmp: {
      if (!holds(segment)) faults += what + "ICMP; ";
      const std::uint8_t type = segment[0];
      const bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
      if (error && segment.size() >= 8 + ip_header + 8)
        faults += faults_of(segment.subspan(8), what + "quoted ");
      break;
    }
    default:
      break;
  }
  return faults;
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

Packet udp_packet(const Endpoint& source, const Endpoint& destination, std::string_view payload) {
  Bytes datagram(8);
  put16(datagram, 0, source.port);
  put16(datagram, 2, destination.port);
  put16(datagram, 4, static_cast<std::uint16_t>(8 + payload.size()));
  append(datagram, payload);
  Bytes packet = ip_bytes(udp, source.address, destination.address, datagram);
  const std::uint16_t sum = internet_checksum(with_pseudo_header(packet, datagram));
  put16(packet, ip_header + 6, sum == 0 ? 0xffff : sum);
  return Packet::parse(std::move(packet)).value();
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
  Bytes packet = ip_bytes(tcp, source.address, destination.address, segment);
  put16(packet, ip_header + 16, internet_checksum(with_pseudo_header(packet, segment)));
  return Packet::parse(std::move(packet)).value();
}

Packet echo_packet(Echo type, const IpAddress& source, const IpAddress& destination,
                   std::uint16_t identifier, std::string_view payload) {
  Bytes message(8);
  message[0] = static_cast<std::uint8_t>(type);
  put16(message, 4, identifier);
  put16(message, 6, 7);
  append(message, payload);
  put16(message, 2, internet_checksum(message));
  return Packet::parse(ip_bytes(icmp, source, destination, message)).value();
}

Packet icmp_packet(std::uint8_t type, const IpAddress& source, const IpAddress& destination,
                   std::span<const std::uint8_t> quote, std::size_t quote_length) {
  Bytes message(8);
  message[0] = type;
  message[1] = 1;
  const auto shown = quote.first(std::min(quote_length, quote.size()));
  message.insert(message.end(), shown.begin(), shown.end());
  put16(message, 2, internet_checksum(message));
  return Packet::parse(ip_bytes(icmp, source, destination, message)).value();
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
