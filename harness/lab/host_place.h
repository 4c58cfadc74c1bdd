#pragma once

#include "src/net/address.h"

#include <string>
#include <vector>

namespace icelab {

/// Where a lab puts a host: what programs there are told, and what the observer looks for.
struct HostPlace {
  std::string name;                     // "alice"
  std::vector<std::string> interfaces;  // "alice.eth0": the hops where its packets are seen first
  std::vector<IpAddress> addresses;     // of all of them, in their order
  bool has_nat64 = false;               // on each of its ways to the internet

  [[nodiscard]] bool has_ipv4() const;
  [[nodiscard]] bool has_ipv6() const;
  [[nodiscard]] IpAddress first_ipv6() const;
  /// Whether it is only through a NAT64 that it reaches IPv4.
  [[nodiscard]] bool needs_nat64() const { return !has_ipv4() && has_nat64; }
};

/// IPv4 first.
std::vector<IpAddress> first_of_each_family(const std::vector<IpAddress>& addresses);

/// By which addresses, of the peer's own families, it reaches a server: with IPv6 alone behind a
/// NAT64, by the one that stands for the server's IPv4 address.
std::vector<IpAddress> known_addresses(const HostPlace& server, const HostPlace& peer);

}  // namespace icelab
