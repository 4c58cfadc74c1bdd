#include "harness/lab/addressing.h"

namespace icelab {
namespace {

constexpr std::uint32_t internet = 0xcb007100;  // 203.0.113.0
constexpr std::uint32_t first_server = 10;
constexpr std::uint32_t first_peer = 20;

InterfaceAddress in_slash_24(std::uint32_t bits) {
  return {IpAddress::v4(bits), 24};
}

}  // namespace

std::vector<InterfaceAddress> server_addresses(int server) {
  const std::uint32_t first = internet + first_server + 2 * static_cast<std::uint32_t>(server);
  return {in_slash_24(first), in_slash_24(first + 1)};
}

InterfaceAddress public_address(int peer) {
  return in_slash_24(internet + first_peer + static_cast<std::uint32_t>(peer));
}

InterfaceAddress private_address(int peer, int depth) {
  return in_slash_24(0x0a000002 + (static_cast<std::uint32_t>(depth) << 16) +
                     (static_cast<std::uint32_t>(peer) << 8));
}

std::vector<InterfaceAddress> server_ipv6_addresses(int server) {
  const auto first = static_cast<std::uint8_t>(0x10 + 2 * server);
  const IpPrefix network = public_prefix(0);
  return {{address_in(network, first), network.length},
          {address_in(network, static_cast<std::uint8_t>(first + 1)), network.length}};
}

IpPrefix public_prefix(int peer) {
  return {IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, static_cast<std::uint8_t>(peer)}), 64};
}

IpPrefix private_prefix(int peer, int depth) {
  return {IpAddress::v6({0xfd, 0, 0, 0, 0, static_cast<std::uint8_t>(depth), 0,
                         static_cast<std::uint8_t>(peer)}),
          64};
}

IpAddress address_in(const IpPrefix& prefix, std::uint8_t number) {
  auto bytes = prefix.address.bytes();
  bytes[15] = number;
  return IpAddress::v6(bytes);
}

IpPrefix translated_prefix(const IpPrefix& network) {
  auto bytes = network.address.bytes();
  bytes[8] = 0x04;
  bytes[9] = 0x64;
  return {IpAddress::v6(bytes), 96};
}

InterfaceAddress clat_host_address() {
  return {IpAddress::v4(0xc0000002), 29};  // 192.0.0.2
}

std::vector<IpAddress> address_pool(const IpAddress& first, int count) {
  std::vector<IpAddress> pool{first};
  if (!first.is_v4()) {
    for (int i = 1; i < count; ++i)
      pool.push_back(address_in({first, 64}, static_cast<std::uint8_t>(first.bytes()[15] + i)));
    return pool;
  }
  const std::uint32_t third = (first.v4_bits() >> 8) + first.v4_bits();
  for (int i = 1; i < count; ++i)
    pool.push_back(
        IpAddress::v4(0xc6120000U + ((third & 0xffU) << 8) + static_cast<std::uint32_t>(i)));
  return pool;
}

RouterAddresses router_addresses() {
  return {.ipv4 = IpAddress::v4(0xc6336401),                          // 198.51.100.1
          .ipv6 = IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff,  // 2001:db8:ffff::1
                                 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})};
}

}  // namespace icelab
