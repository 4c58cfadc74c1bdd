#include "harness/certify/raw_socket.h"

#include "src/base/error.h"
#include "src/net/byte_order.h"
#include "src/net/fragments.h"
#include "src/net/ip_header.h"
#include "src/net/packet_place.h"
#include "src/net/socket_address.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace icelab {
namespace {

constexpr size_t ethernet_mtu = 1500;
constexpr std::uint16_t identification = 0x1ce1;

std::uint8_t number_of(Protocol protocol, bool ipv6) {
  switch (protocol) {
    case Protocol::udp:
      return IPPROTO_UDP;
    case Protocol::tcp:
      return IPPROTO_TCP;
    case Protocol::icmp:
      return ipv6 ? ipv6_header::icmp : transport_header::icmp_number;
    case Protocol::other:
      break;
  }
  return IPPROTO_RAW;
}

/// The destination address that the kernel tells beside a packet's content.
std::optional<IpAddress> destination_of(msghdr& message) {
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != IPPROTO_IPV6 || part->cmsg_type != IPV6_PKTINFO) continue;
    in6_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(part), sizeof(info));
    return ipv6_address_at(info.ipi6_addr.s6_addr);
  }
  return std::nullopt;
}

/// RFC 8200 section 4.5.
std::vector<Packet> in_ipv6_fragments(const Packet& packet) {
  constexpr size_t fragment_header = 8;
  constexpr size_t room = (ethernet_mtu - ipv6_header::size - fragment_header) / 8 * 8;
  const auto content = packet.bytes().subspan(ipv6_header::size);
  std::vector<Packet> fragments;
  for (size_t at = 0; at < content.size(); at += room) {
    const auto part = content.subspan(at, std::min(room, content.size() - at));
    const bool is_last = at + part.size() == content.size();
    auto made = start_ip_packet(packet.source().address, packet.destination().address,
                                IPPROTO_FRAGMENT, fragment_header + part.size());
    const auto header = std::span(made).subspan(ipv6_header::size);
    header[0] = IPPROTO_UDP;
    store16(&header[2], static_cast<std::uint16_t>(at | (is_last ? 0U : 1U)));
    store32(&header[4], identification);
    std::ranges::copy(part, header.begin() + fragment_header);
    if (auto parsed = Packet::parse(std::move(made))) fragments.push_back(std::move(*parsed));
  }
  return fragments;
}

}  // namespace

RawProbe::RawProbe(int network, const IpAddress& local, std::optional<Protocol> heard)
    : ipv6_(!local.is_v4()),
      number_(number_of(heard.value_or(Protocol::other), ipv6_)),
      socket_(open_socket(network, family_of(local), SOCK_RAW, number_)) {
  const int on = 1;
  check(setsockopt(socket_.get(), ipv6_ ? IPPROTO_IPV6 : IPPROTO_IP,
                   ipv6_ ? IPV6_HDRINCL : IP_HDRINCL, &on, sizeof(on)),
        "send whole packets");
  if (ipv6_) {
    check(setsockopt(socket_.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)),
          "ask where packets were sent to");
  }
}

void RawProbe::send(const Packet& packet) const {
  const SocketAddress address({packet.destination().address, 0});
  const auto bytes = packet.bytes();
  check(sendto(socket_.get(), bytes.data(), bytes.size(), 0, address.get(), address.size()),
        fmt::format("send a raw packet to {}", packet.destination().to_string()));
}

std::optional<Packet> RawProbe::poll() const {
  std::array<std::uint8_t, 65536> buffer;  // NOLINT: filled by recvmsg
  std::array<char, 512> control{};
  SocketAddress from;
  while (true) {
    iovec part{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = from.get();
    message.msg_namelen = *from.size_pointer();
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = recvmsg(socket_.get(), &message, 0);
    if (length < 0) return std::nullopt;
    const auto content = std::span(buffer).first(static_cast<size_t>(length));
    std::vector<std::uint8_t> bytes;
    if (ipv6_) {
      const auto source = from.endpoint();
      const auto destination = destination_of(message);
      if (!source || !destination) continue;
      bytes = start_ip_packet(source->address, *destination, number_, content.size());
      std::ranges::copy(content, bytes.begin() + ipv6_header::size);
    } else {
      bytes.assign(content.begin(), content.end());
    }
    if (auto packet = Packet::parse(std::move(bytes))) return packet;
  }
}

Packet RawProbe::await(std::string_view what) const {
  if (is_readable_in_time(socket_)) {
    if (auto packet = poll()) return std::move(*packet);
  }
  throw MeasurementError(fmt::format("{} did not arrive", what));
}

Packet echo(EchoKind kind, std::uint16_t identifier, const IpAddress& from, const IpAddress& to) {
  using namespace transport_header;
  const bool ipv6 = !from.is_v4();
  const std::uint8_t number = number_of(Protocol::icmp, ipv6);
  auto bytes = start_ip_packet(from, to, number, icmp_size);
  const auto icmp = std::span(bytes).last(icmp_size);
  const bool is_request = kind == EchoKind::request;
  if (ipv6) {
    icmp[0] = is_request ? icmpv6_echo_request : icmpv6_echo_reply;
  } else {
    icmp[0] = is_request ? icmp_echo_request : icmp_echo_reply;
  }
  store16(&icmp[icmp_identifier], identifier);
  const std::uint32_t pseudo_header =
      ipv6 ? pseudo_header_sum(bytes, true, number, icmp.size()) : 0;
  store16(&icmp[icmp_checksum], checksum_finish(checksum_add(pseudo_header, icmp)));
  return Packet::parse(std::move(bytes)).value();
}

std::vector<Packet> in_fragments(Packet packet) {
  if (packet.is_ipv6()) return in_ipv6_fragments(packet);
  auto bytes = std::move(packet).release();
  store16(&bytes[4], identification);  // the kernel computes the header's checksum
  return fragment(*Packet::parse(std::move(bytes)), ethernet_mtu);
}

}  // namespace icelab
