#pragma once

#include "harness/lab/server.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace icelab {

// A lab's servers by name: "relay.example" has all of a server's addresses, and
// "ipv4.relay.example" those of IPv4 alone, as a server has whose operator does nothing about IPv6.

std::string name_of(const std::string& server);
std::string ipv4_name_of(const std::string& server);

/// What programs on a host need so that they ask this resolver, and nobody else.
std::vector<std::pair<std::string, std::string>> files_to_resolve_by(const IpAddress& resolver);

/// An unbound beside a server, on the same host and at all of its addresses: a resolver with DNS64
/// (RFC 6147), which for a name without IPv6 makes addresses of NAT64's well-known prefix out of
/// those of IPv4.
std::unique_ptr<Server> start_name_server(EventLoop& loop, int network,
                                          const std::vector<IpAddress>& addresses,
                                          const std::string& server, Server::Ready ready);

/// Where unbound is, if it is installed.
std::optional<std::string> find_unbound();
/// Throws MachineError, with the command that mends it, if unbound is not installed.
void require_name_server();

}  // namespace icelab
