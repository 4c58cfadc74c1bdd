#include "netns/fabric/router_advertisement.h"

#include "src/net/ip_header.h"
#include "src/net/packet_place.h"

#include <algorithm>
#include <span>

namespace icelab {
namespace {

using namespace transport_header;

constexpr std::uint8_t solicitation = 133, advertisement = 134;
/// Neighbour discovery's packets come from the link, or they are none: a router would have taken
/// one away.
constexpr std::uint8_t undiminished = 255;
constexpr std::uint8_t hosts_hop_limit = 64;

// Sections 4.2, 4.6.2 and 4.6.4: where what stands.
constexpr std::size_t header_size = 16, mtu_size = 8, prefix_size = 32;
constexpr std::uint8_t mtu_option = 5, prefix_option = 3;
constexpr std::uint8_t on_link = 0x80, autonomous = 0x40;

std::uint32_t wire_seconds(std::chrono::seconds lifetime) {
  return static_cast<std::uint32_t>(lifetime.count());
}

void write_header(std::span<std::uint8_t> at, const RouterAdvertisement& told) {
  at[0] = advertisement;
  at[4] = hosts_hop_limit;
  store16(&at[6], static_cast<std::uint16_t>(told.router_lifetime.count()));
}

void write_mtu(std::span<std::uint8_t> at, const RouterAdvertisement& told) {
  at[0] = mtu_option;
  at[1] = mtu_size / 8;
  store32(&at[4], told.mtu);
}

void write_prefix(std::span<std::uint8_t> at, const RouterAdvertisement& told) {
  at[0] = prefix_option;
  at[1] = prefix_size / 8;
  at[2] = static_cast<std::uint8_t>(told.prefix.length);
  at[3] = on_link | autonomous;
  store32(&at[4], wire_seconds(told.valid_lifetime));
  store32(&at[8], wire_seconds(told.preferred_lifetime));
  std::ranges::copy(told.prefix.address.bytes(), at.begin() + 16);
}

}  // namespace

IpAddress router_link_local() {
  return IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

IpAddress all_nodes() {
  return IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

Packet make_packet(const RouterAdvertisement& told, const IpAddress& to) {
  auto bytes = start_ip_packet(router_link_local(), to, ipv6_header::icmp,
                               header_size + mtu_size + prefix_size);
  bytes[ipv6_header::hop_limit] = undiminished;
  const auto message = std::span(bytes).subspan(ipv6_header::size);
  write_header(message, told);
  write_mtu(message.subspan(header_size), told);
  write_prefix(message.subspan(header_size + mtu_size), told);
  const std::uint32_t sum = pseudo_header_sum(bytes, true, ipv6_header::icmp, message.size());
  store16(&message[icmp_checksum], checksum_finish(checksum_add(sum, message)));
  return *Packet::parse(std::move(bytes));
}

bool is_router_solicitation(const Packet& packet) {
  return packet.is_ipv6() && packet.icmp_type() == solicitation &&
         packet.bytes()[packet.header_length() + icmp_code] == 0 &&
         packet.bytes()[ipv6_header::hop_limit] == undiminished && packet.is_intact();
}

}  // namespace icelab
