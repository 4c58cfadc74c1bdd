#include "src/net/answers.h"

#include "src/net/ip_header.h"
#include "src/net/packet_place.h"

#include <algorithm>
#include <array>

namespace icelab {
namespace {

using namespace transport_header;

constexpr std::size_t largest_icmp_error = 576;
constexpr std::uint8_t flag_rst = 0x04, flag_ack = 0x10;

/// An ICMP type and code.
struct Message {
  std::uint8_t type, code;
};
// In the order of the enumeration.
constexpr std::array<Message, 4> in_icmp{{{3, 1}, {3, 3}, {3, 4}, {3, 13}}};
constexpr std::array<Message, 4> in_icmpv6{{{1, 3}, {1, 4}, {2, 0}, {1, 1}}};

}  // namespace

Packet unreachable(const Packet& packet, const IpAddress& router, Unreachable why,
                   std::uint16_t mtu) {
  const bool ipv6 = packet.is_ipv6();
  const std::size_t header = ipv6 ? ipv6_header::size : ipv4_header::smallest;
  const std::size_t largest = ipv6 ? ipv6_header::smallest_mtu : largest_icmp_error;
  const auto quote =
      packet.bytes().first(std::min(packet.bytes().size(), largest - header - icmp_size));
  const std::uint8_t number = ipv6 ? ipv6_header::icmp : icmp_number;
  auto bytes = start_ip_packet(router, packet.source().address, number, icmp_size + quote.size());
  const auto icmp = std::span(bytes).subspan(header);
  const Message message = (ipv6 ? in_icmpv6 : in_icmp)[static_cast<std::size_t>(why)];
  icmp[0] = message.type;
  icmp[icmp_code] = message.code;
  store16(&icmp[6], mtu);
  std::ranges::copy(quote, icmp.begin() + icmp_size);
  const std::uint32_t pseudo_header =
      ipv6 ? pseudo_header_sum(bytes, true, number, icmp.size()) : 0;
  store16(&icmp[icmp_checksum], checksum_finish(checksum_add(pseudo_header, icmp)));
  return *Packet::parse(std::move(bytes));
}

Packet tcp_reset(const Packet& segment) {
  const auto refused = segment.tcp();
  const Endpoint from = segment.destination(), to = segment.source();
  auto bytes = start_ip_packet(from.address, to.address, tcp_number, tcp_smallest);
  const auto tcp = std::span(bytes).last(tcp_smallest);
  store16(&tcp[source_port], from.port);
  store16(&tcp[destination_port], to.port);
  tcp[tcp_offset] = (tcp_smallest / 4) << 4;
  // It speaks of what was refused: its acknowledgment number, or how far it would have been taken.
  if (refused.ack) {
    store32(&tcp[4], refused.acknowledgment);
    tcp[13] = flag_rst;
  } else {
    const auto length = static_cast<std::uint32_t>(segment.payload().size());
    store32(&tcp[8], refused.sequence + length + (refused.syn ? 1 : 0) + (refused.fin ? 1 : 0));
    tcp[13] = flag_rst | flag_ack;
  }
  const std::uint32_t sum = pseudo_header_sum(bytes, segment.is_ipv6(), tcp_number, tcp.size());
  store16(&tcp[tcp_checksum], checksum_finish(checksum_add(sum, tcp)));
  return *Packet::parse(std::move(bytes));
}

}  // namespace icelab
