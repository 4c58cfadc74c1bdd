#pragma once

#include "src/net/answers.h"

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
/// The addresses of a NAT whose first one this is: the others are of 198.18.0.0/15 (RFC 2544), a
/// /24 for each NAT of a lab. At most 255.
std::vector<IpAddress> address_pool(const IpAddress& first, int count);
/// In whose name firewalls and links speak, which have no address of their own.
RouterAddresses router_addresses();

}  // namespace icelab
