#include "src/net/answers.h"

#include "src/net/byte_order.h"
#include "src/net/checksum.h"

#include <algorithm>

namespace icelab {
namespace {

constexpr size_t ip_header = 20;
constexpr size_t icmp_header = 8;
constexpr size_t tcp_header = 20;
constexpr size_t largest_error = 576;
constexpr std::uint8_t icmp_unreachable = 3;
constexpr std::uint8_t icmp_number = 1, tcp_number = 6;
constexpr std::uint8_t flag_rst = 0x04, flag_ack = 0x10;

using Bytes = std::vector<std::uint8_t>;

/// An IPv4 header with room for `length` bytes after it.
Bytes ip_packet(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                size_t length) {
  Bytes bytes(ip_header + length);
  bytes[0] = 0x45;
  store16(&bytes[2], static_cast<std::uint16_t>(bytes.size()));
  bytes[8] = 64;
  bytes[9] = protocol;
  store32(&bytes[12], source.v4_bits());
  store32(&bytes[16], destination.v4_bits());
  store16(&bytes[10], checksum_finish(checksum_add(0, std::span(bytes).first(ip_header))));
  return bytes;
}

}  // namespace

Packet unreachable(const Packet& packet, const IpAddress& router, Unreachable code,
                   std::uint16_t mtu) {
  const size_t quoted = std::min(packet.bytes().size(), largest_error - ip_header - icmp_header);
  Bytes bytes = ip_packet(router, packet.source().address, icmp_number, icmp_header + quoted);
  const auto icmp = std::span(bytes).subspan(ip_header);
  icmp[0] = icmp_unreachable;
  icmp[1] = static_cast<std::uint8_t>(code);
  store16(&icmp[6], mtu);
  std::ranges::copy(packet.bytes().first(quoted), icmp.begin() + icmp_header);
  store16(&icmp[2], checksum_finish(checksum_add(0, icmp)));
  return *Packet::parse(std::move(bytes));
}

Packet tcp_reset(const Packet& segment) {
  const auto refused = segment.tcp();
  const Endpoint from = segment.destination(), to = segment.source();
  Bytes bytes = ip_packet(from.address, to.address, tcp_number, tcp_header);
  const auto tcp = std::span(bytes).subspan(ip_header);
  store16(tcp.data(), from.port);
  store16(&tcp[2], to.port);
  tcp[12] = (tcp_header / 4) << 4;
  // It speaks of what was refused: its acknowledgment number, or how far it would have been taken.
  if (refused.ack) {
    store32(&tcp[4], refused.acknowledgment);
    tcp[13] = flag_rst;
  } else {
    const auto length = static_cast<std::uint32_t>(segment.payload().size());
    store32(&tcp[8], refused.sequence + length + (refused.syn ? 1 : 0) + (refused.fin ? 1 : 0));
    tcp[13] = flag_rst | flag_ack;
  }
  const std::uint32_t pseudo_header =
      checksum_add(tcp_number + tcp_header, std::span(bytes).subspan(12, 8));
  store16(&tcp[16], checksum_finish(checksum_add(pseudo_header, tcp)));
  return *Packet::parse(std::move(bytes));
}

}  // namespace icelab
