#include "src/net/ip_header.h"

#include "src/net/byte_order.h"
#include "src/net/ipv4_header.h"
#include "src/net/ipv6_header.h"

#include <algorithm>

namespace icelab {
namespace {

constexpr std::uint8_t time_to_live = 64;

std::vector<std::uint8_t> start_ipv4(const IpAddress& source, const IpAddress& destination,
                                     std::uint8_t protocol, std::size_t length) {
  std::vector<std::uint8_t> bytes(ipv4_header::smallest + length);
  bytes[0] = 0x45;
  store16(&bytes[ipv4_header::total_length], static_cast<std::uint16_t>(bytes.size()));
  bytes[ipv4_header::time_to_live] = time_to_live;
  bytes[ipv4_header::protocol] = protocol;
  store32(&bytes[ipv4_header::source], source.v4_bits());
  store32(&bytes[ipv4_header::destination], destination.v4_bits());
  ipv4_header::set_checksum(std::span(bytes).first(ipv4_header::smallest));
  return bytes;
}

std::vector<std::uint8_t> start_ipv6(const IpAddress& source, const IpAddress& destination,
                                     std::uint8_t protocol, std::size_t length) {
  std::vector<std::uint8_t> bytes(ipv6_header::size + length);
  bytes[0] = 0x60;
  store16(&bytes[ipv6_header::payload_length], static_cast<std::uint16_t>(length));
  bytes[ipv6_header::next_header] = protocol;
  bytes[ipv6_header::hop_limit] = time_to_live;
  std::ranges::copy(source.bytes(), bytes.begin() + ipv6_header::source);
  std::ranges::copy(destination.bytes(), bytes.begin() + ipv6_header::destination);
  return bytes;
}

}  // namespace

std::vector<std::uint8_t> start_ip_packet(const IpAddress& source, const IpAddress& destination,
                                          std::uint8_t protocol, std::size_t length) {
  return source.is_v4() ? start_ipv4(source, destination, protocol, length)
                        : start_ipv6(source, destination, protocol, length);
}

}  // namespace icelab
