#include "src/net/answers.h"

#include "src/net/ip_header.h"
#include "src/net/packet_place.h"

#include <algorithm>
#include <array>

namespace icelab {
namespace {

using namespace transport_header;

constexpr std::size_t largest_icmp_error = 576;

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
  Packet::TcpHeader reset{};
  reset.rst = true;
  // It speaks of what was refused: its acknowledgment number, or how far it would have been taken.
  if (refused.ack) {
    reset.sequence = refused.acknowledgment;
  } else {
    const auto length = static_cast<std::uint32_t>(segment.payload().size());
    reset.ack = true;
    reset.acknowledgment =
        refused.sequence + length + (refused.syn ? 1 : 0) + (refused.fin ? 1 : 0);
  }
  return Packet::tcp(segment.destination(), segment.source(), reset);
}

}  // namespace icelab
