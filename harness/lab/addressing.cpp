#include "harness/lab/addressing.h"

#include <algorithm>
#include <utility>

namespace icelab {
namespace {

constexpr std::uint32_t internet = 0xcb007100;  // 203.0.113.0
constexpr std::uint32_t first_server = 10;

InterfaceAddress in_slash_24(std::uint32_t bits) {
  return {IpAddress::v4(bits), 24};
}

}  // namespace

std::vector<InterfaceAddress> server_addresses(int server) {
  const std::uint32_t first = internet + first_server + 2 * static_cast<std::uint32_t>(server);
  return {in_slash_24(first), in_slash_24(first + 1)};
}

int uplink_site(int peer, int uplink) {
  constexpr int from_uplink_to_uplink = 10;
  return peer + uplink * from_uplink_to_uplink;
}

int shared_site(int network) {
  constexpr int first = 101;
  return first + network;
}

Subnet Subnet::internet() {
  constexpr std::uint32_t first_besides_sites = 200;
  return {icelab::internet, first_besides_sites};
}

Subnet Subnet::inside(int site, int depth) {
  return {0x0a000000U + (static_cast<std::uint32_t>(depth) << 16) +
              (static_cast<std::uint32_t>(site) << 8),
          2};
}

Subnet Subnet::behind_clat() {
  return {0xc0000000U, 2};  // 192.0.0.0
}

InterfaceAddress Subnet::take(int site) {
  constexpr std::uint32_t before_sites = 20;
  if (network_ == icelab::internet && known_sites_.insert(site).second)
    return in_slash_24(network_ + before_sites + static_cast<std::uint32_t>(site));
  return in_slash_24(network_ + next_++);
}

InterfaceAddress Subnet::router() const {
  return in_slash_24(network_ + 1);
}

std::vector<InterfaceAddress> server_ipv6_addresses(int server) {
  const auto first = static_cast<std::uint8_t>(0x10 + 2 * server);
  const IpPrefix network = public_prefix(0);
  return {{address_in(network, first), network.length},
          {address_in(network, static_cast<std::uint8_t>(first + 1)), network.length}};
}

IpPrefix public_prefix(int site) {
  return {IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, static_cast<std::uint8_t>(site)}), 64};
}

IpPrefix private_prefix(int site, int depth) {
  return {IpAddress::v6({0xfd, 0, 0, 0, 0, static_cast<std::uint8_t>(depth), 0,
                         static_cast<std::uint8_t>(site)}),
          64};
}

IpAddress address_in(const IpPrefix& prefix, std::uint8_t number) {
  auto bytes = prefix.address.bytes();
  bytes[15] = number;
  return IpAddress::v6(bytes);
}

InterfaceAddress link_local_address(int site) {
  return {IpAddress::v6(
              {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(site), 0, 2}),
          64};
}

InterfaceAddress formed_address(const IpPrefix& prefix, int site) {
  auto bytes = link_local_address(site).address.bytes();
  const auto first = prefix.address.bytes();
  std::copy_n(first.begin(), 8, bytes.begin());
  return {IpAddress::v6(bytes), 64};
}

IpPrefix translated_prefix(const IpPrefix& network) {
  auto bytes = network.address.bytes();
  bytes[8] = 0x04;
  bytes[9] = 0x64;
  return {IpAddress::v6(bytes), 96};
}

IpAddress Ipv6Subnet::take_for_box() {
  return address_in(prefix_, std::exchange(has_box_, true) ? next_++ : std::uint8_t{1});
}

std::vector<IpAddress> address_pool(const IpAddress& first, int count) {
  std::vector<IpAddress> pool{first};
  if (!first.is_v4()) {
    auto bytes = first.bytes();
    std::swap(bytes[14], bytes[15]);
    for (int i = 1; i < count; ++i)
      pool.push_back(address_in({IpAddress::v6(bytes), 64}, static_cast<std::uint8_t>(i)));
    return pool;
  }
  const std::uint32_t third = (first.v4_bits() >> 8) + first.v4_bits();
  for (int i = 1; i < count; ++i) {
    pool.push_back(
        IpAddress::v4(0xc6120000U + ((third & 0xffU) << 8) + static_cast<std::uint32_t>(i)));
  }
  return pool;
}

RouterAddresses router_addresses() {
  return {.ipv4 = IpAddress::v4(0xc6336401),                          // 198.51.100.1
          .ipv6 = IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff,  // 2001:db8:ffff::1
                                 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})};
}

}  // namespace icelab
