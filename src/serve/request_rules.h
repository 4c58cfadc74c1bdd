#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// What of a request's head decides whether it is answered. A header that is there more than once
/// has all its values, joined by commas (RFC 9110 section 5.3).
struct RequestHead {
  std::optional<std::string> host;
  std::optional<std::string> origin;
  std::optional<std::string> subprotocols;
};

/// Whom a server belongs to.
struct SiteNames {
  std::vector<std::string> hosts;    // besides localhost and addresses: "call.example.org"
  std::vector<std::string> origins;  // that may signal besides its own pages
};

/// Why a request is refused.
struct Refusal {
  std::string_view reason;  // in metrics: "unknown-host"
  int status;               // of HTTP
  std::string text;
};

/// Any request: it must name a host that this server is. A page whose name's owner lets it lead to
/// this server's address would otherwise be taken for the server's own ("DNS rebinding").
std::optional<Refusal> check_request(const RequestHead& head, const SiteNames& names);

/// A request for the WebSocket: the subprotocol, and where the page comes from that asks. Any page
/// may open a WebSocket to anywhere: it is for servers to look (RFC 6455 section 10.2).
std::optional<Refusal> check_signalling_request(const RequestHead& head, const SiteNames& names);

}  // namespace icelab
