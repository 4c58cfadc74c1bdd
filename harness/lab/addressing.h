#pragma once

#include "src/net/answers.h"
#include "src/net/prefix.h"

#include <cstdint>
#include <set>
#include <vector>

namespace icelab {

// Who has which address in a lab. The internet is 203.0.113.0/24 (TEST-NET-3, RFC 5737): servers
// have .10 and .11, the sites of peers and shared networks, or the outermost NAT of each, follow
// from .21. Behind a NAT, site 1 is 10.0.1.0/24 and site 2 is 10.0.2.0/24; between two NATs of one
// way lies 10.1.1.0/24, and so on outwards.

/// The two addresses of the n-th server, counted from 0: an RFC 5780 server needs two.
std::vector<InterfaceAddress> server_addresses(int server);

/// Where an uplink is: peers are counted from 1, their uplinks from 0. Peer 1 is at site 1.
int uplink_site(int peer, int uplink);
/// Where a shared network is, counted from 0.
int shared_site(int network);

/// The IPv4 addresses of one network, given out one after the other.
class Subnet {
 public:
  static Subnet internet();
  /// Behind a NAT of a site, `depth` more of them between it and the hosts.
  static Subnet inside(int site, int depth);
  /// Behind CLATs: 192.0.0.2 (RFC 7335), and for those of a lab that come later .3 and so on.
  static Subnet behind_clat();

  /// On the internet a site always begins with the same one, whoever came before.
  InterfaceAddress take(int site);
  /// Of the router inside its own network, where hosts begin with the next one.
  [[nodiscard]] InterfaceAddress router() const;

 private:
  Subnet(std::uint32_t network, std::uint32_t next) : network_(network), next_(next) {}

  std::uint32_t network_;
  std::uint32_t next_;
  std::set<int> known_sites_;  // on the internet: those that have their own already
};

// IPv6 lies beside it: the internet has 2001:db8::/64 for servers, from ::10, and 2001:db8:0:N::/64
// for site N; behind a NAT66 or an NPTv6, site N is fd00:0:D:N::/64, D of them still inside.

std::vector<InterfaceAddress> server_ipv6_addresses(int server);
IpPrefix public_prefix(int site);
IpPrefix private_prefix(int site, int depth);
/// The address of this number in a prefix.
IpAddress address_in(const IpPrefix& prefix, std::uint8_t number);
/// The link-local address of a site's host: another one at every site of a lab, as real ones are.
InterfaceAddress link_local_address(int site);
/// The address that its host forms out of a prefix that is advertised to it.
InterfaceAddress formed_address(const IpPrefix& prefix, int site);
/// Where a CLAT at the edge of a network knows the IPv4 addresses behind it.
IpPrefix translated_prefix(const IpPrefix& network);

/// The IPv6 addresses of one network: ::1 is that of the first box that asks for one, hosts have
/// theirs from ::2.
class Ipv6Subnet {
 public:
  explicit Ipv6Subnet(const IpPrefix& prefix) : prefix_(prefix) {}

  [[nodiscard]] const IpPrefix& prefix() const { return prefix_; }
  InterfaceAddress take_for_host() { return {address_in(prefix_, next_++), prefix_.length}; }
  IpAddress take_for_box();

 private:
  IpPrefix prefix_;
  bool has_box_ = false;
  std::uint8_t next_ = 2;
};

/// The addresses of a NAT whose first one this is: the others are of 198.18.0.0/15 (RFC 2544), a
/// /24 for each NAT of a lab; of IPv6, after ::1, ::101 and so on, which no host has. At most 255.
std::vector<IpAddress> address_pool(const IpAddress& first, int count);
/// In whose name firewalls and links speak, which have no address of their own.
RouterAddresses router_addresses();

}  // namespace icelab
