#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace icelab {

/// What an operator wants to know of a running server. Counts of what has happened only grow.
struct ServerFigures {
  size_t tcp_connections = 0;
  size_t connections = 0;  // WebSockets
  size_t sessions = 0;
  size_t rooms = 0;
  size_t unsent_bytes = 0;
  size_t unacknowledged_bytes = 0;
  size_t handshakes = 0;  // of TLS, under way or waiting
  std::uint64_t messages = 0;
  std::uint64_t credentials = 0;                               // for TURN
  std::map<std::string, std::uint64_t, std::less<>> refusals;  // by reason
};

/// In the text format that Prometheus reads (version 0.0.4).
std::string prometheus_text(const ServerFigures& figures);

}  // namespace icelab
