#pragma once

#include "harness/lab/server.h"
#include "src/net/address.h"
#include "src/serve/turn_credentials.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// What a lab's TURN server is reached by.
inline constexpr std::uint16_t turn_port = 3478;
inline constexpr std::uint16_t turn_web_port = 443;  // as well, for those behind strict firewalls
/// Whoever has credentials that were made with it is let in: see turn_credentials().
inline constexpr std::string_view turn_secret = "icelab";

/// For this client, and longer than any run.
TurnCredentials lab_turn_credentials(std::string_view client);

/// One coturn on the host with this network namespace and these addresses, all of its own: STUN
/// with RFC 5780's two addresses, and TURN over UDP and TCP.
std::unique_ptr<Server> start_coturn(EventLoop& loop, int network,
                                     const std::vector<IpAddress>& addresses,
                                     const std::string& name, Server::Ready ready);

void require_coturn();

}  // namespace icelab
