#pragma once

#include "src/net/answers.h"
#include "src/net/prefix.h"

#include <vector>

namespace icelab {

// Who has which address in a lab. The internet is 203.0.113.0/24 (TEST-NET-3, RFC 5737): servers
// from .10, peers, or the outermost NAT of each, from .21. Behind a NAT, peer 1 is 10.0.1.2/24 and
// peer 2 is 10.0.2.2/24; between two NATs of one chain lies 10.1.1.0/24, and so on outwards.

/// The two addresses of the n-th server, counted from 0: an RFC 5780 server needs two.
std::vector<InterfaceAddress> server_addresses(int server);
/// What the internet sees of the n-th peer, counted from 1.
InterfaceAddress public_address(int peer);
/// The n-th peer's side of the network `depth` NATs away from its host: at 0 the host itself.
InterfaceAddress private_address(int peer, int depth);
// IPv6 lies beside it: the internet has 2001:db8::/64 for servers, from ::10, and 2001:db8:0:N::/64
// for peer N; behind a NAT66 or an NPTv6, peer N is in fd00:0:D:N::/64, D of them still inside.

std::vector<InterfaceAddress> server_ipv6_addresses(int server);
IpPrefix public_prefix(int peer);
IpPrefix private_prefix(int peer, int depth);
/// The address of this number in a prefix: 1 is a router's, 2 the host's.
IpAddress address_in(const IpPrefix& prefix, std::uint8_t number);
/// Where a CLAT at the edge of a network knows the IPv4 addresses behind it.
IpPrefix translated_prefix(const IpPrefix& network);
/// A host's own behind a CLAT: RFC 7335.
InterfaceAddress clat_host_address();

/// The addresses of a NAT whose first one this is: the others are of 198.18.0.0/15 (RFC 2544), a
/// /24 for each NAT of a lab; of IPv6 those that follow it. At most 255.
std::vector<IpAddress> address_pool(const IpAddress& first, int count);
/// In whose name firewalls and links speak, which have no address of their own.
RouterAddresses router_addresses();

}  // namespace icelab
