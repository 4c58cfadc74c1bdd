#include "src/serve/metrics.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace icelab {
namespace {

void append(std::string& text, std::string_view name, std::string_view kind,
            std::string_view help) {
  fmt::format_to(std::back_inserter(text), "# HELP icelab_{0} {2}\n# TYPE icelab_{0} {1}\n", name,
                 kind, help);
}

void append(std::string& text, std::string_view name, std::string_view kind, std::string_view help,
            std::uint64_t value) {
  append(text, name, kind, help);
  fmt::format_to(std::back_inserter(text), "icelab_{} {}\n", name, value);
}

}  // namespace

std::string prometheus_text(const ServerFigures& figures) {
  std::string text;
  append(text, "tcp_connections", "gauge", "TCP connections of any kind.", figures.tcp_connections);
  append(text, "connections", "gauge", "WebSockets that are open.", figures.connections);
  append(text, "sessions", "gauge", "Clients in a room, connected or expected back.",
         figures.sessions);
  append(text, "rooms", "gauge", "Rooms with a client in them.", figures.rooms);
  append(text, "unsent_bytes", "gauge", "Bytes queued for clients that do not read.",
         figures.unsent_bytes);
  append(text, "unacknowledged_bytes", "gauge", "Bytes kept until clients acknowledge them.",
         figures.unacknowledged_bytes);
  append(text, "tls_handshakes", "gauge", "TLS handshakes under way or waiting.",
         figures.handshakes);
  append(text, "messages_total", "counter", "Messages that clients sent.", figures.messages);
  append(text, "turn_credentials_total", "counter", "TURN credentials given to clients.",
         figures.credentials);
  append(text, "refusals_total", "counter", "Connections and clients refused or cut, by reason.");
  for (const auto& [reason, count] : figures.refusals) {
    fmt::format_to(std::back_inserter(text), "icelab_refusals_total{{reason=\"{}\"}} {}\n", reason,
                   count);
  }
  return text;
}

}  // namespace icelab
