#include "harness/lab/addressing.h"

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

InterfaceAddress Subnet::take(int site) {
  constexpr std::uint32_t before_sites = 20;
  if (network_ == icelab::internet && known_sites_.insert(site).second)
    return in_slash_24(network_ + before_sites + static_cast<std::uint32_t>(site));
  return in_slash_24(network_ + next_++);
}

std::vector<IpAddress> address_pool(const IpAddress& first, int count) {
  std::vector<IpAddress> pool{first};
  const std::uint32_t third = (first.v4_bits() >> 8) + first.v4_bits();
  for (int i = 1; i < count; ++i) {
    pool.push_back(
        IpAddress::v4(0xc6120000U + ((third & 0xffU) << 8) + static_cast<std::uint32_t>(i)));
  }
  return pool;
}

IpAddress router_address() {
  return IpAddress::v4(0xc6336401);  // 198.51.100.1
}

}  // namespace icelab
