#pragma once

#include "harness/lab/server.h"

#include <cstdint>
#include <memory>
#include <string>

namespace icelab {

inline constexpr std::uint16_t proxy_port = 8888;  // tinyproxy's own default

/// One tinyproxy on the host with this network namespace: an HTTP proxy that opens tunnels (RFC
/// 9110 section 9.3.6, CONNECT) to port 443, and as in its package's configuration to 563, to no
/// others.
std::unique_ptr<Server> start_tinyproxy(EventLoop& loop, int network, const std::string& name,
                                        Server::Ready ready);

void require_tinyproxy();

}  // namespace icelab
