#pragma once

#include "harness/lab/server.h"
#include "src/net/address.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace icelab {

/// `icelab serve` on the host with this network namespace and these addresses: the call page, and
/// its signalling. The page is told of a TURN server at each of `turn_servers`, by every transport
/// that coturn.h has.
std::unique_ptr<Server> start_call_server(EventLoop& loop, int network,
                                          const std::vector<IpAddress>& addresses,
                                          const std::vector<IpAddress>& turn_servers,
                                          const std::string& name, Server::Ready ready);

/// The link that browsers open: a lab has one room.
std::string call_link(const IpAddress& server, bool relay_only);

/// Throws MachineError, with the command that mends it, if the page is not built.
void require_call_page();

}  // namespace icelab
