#include "src/serve/request_rules.h"

#include "src/net/address.h"
#include "src/serve/signalling_message.h"

#include <fmt/format.h>

#include <algorithm>

namespace icelab {
namespace {

constexpr int bad_request = 400;
constexpr int forbidden = 403;
constexpr int misdirected_request = 421;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
  });
  return result;
}

/// "call.example.org" of "Call.Example.org:8080", "::1" of "[::1]:8080" (RFC 9110 section 7.2).
std::string host_name(std::string_view host) {
  if (host.starts_with('[')) return lower(host.substr(1, host.find(']') - 1));
  return lower(host.substr(0, host.find(':')));
}

/// An address is a host that nobody else can own, and so is localhost (RFC 6761 section 6.3).
bool is_known_host(std::string_view host, const SiteNames& names) {
  const std::string name = host_name(host);
  if (IpAddress::parse(name) || name == "localhost" || name.ends_with(".localhost")) return true;
  return std::ranges::any_of(names.hosts,
                             [&](const std::string& known) { return lower(known) == name; });
}

/// Whether an Origin (RFC 6454) is that of the server's own pages. Behind a proxy that speaks HTTPS
/// the schemes differ: it is the host that counts.
bool is_own_origin(std::string_view origin, const RequestHead& head) {
  const size_t scheme = origin.find("://");
  return head.host && scheme != std::string_view::npos && origin.substr(scheme + 3) == *head.host;
}

bool offers(std::string_view subprotocols, std::string_view wanted) {
  while (!subprotocols.empty()) {
    const size_t comma = subprotocols.find(',');
    std::string_view one = subprotocols.substr(0, comma);
    one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
    one = one.substr(0, one.find_first_of(" \t"));
    if (one == wanted) return true;
    subprotocols.remove_prefix(comma == std::string_view::npos ? subprotocols.size() : comma + 1);
  }
  return false;
}

}  // namespace

std::optional<Refusal> check_request(const RequestHead& head, const SiteNames& names) {
  // Programs that speak HTTP/1.0 send none; browsers always do.
  if (!head.host) return std::nullopt;
  if (head.host->find(',') != std::string::npos)
    return Refusal{"two-hosts", bad_request, "A request has one Host.\n"};
  if (is_known_host(*head.host, names)) return std::nullopt;
  return Refusal{"unknown-host", misdirected_request,
                 "This server does not go by this name: see --host.\n"};
}

std::optional<Refusal> check_signalling_request(const RequestHead& head, const SiteNames& names) {
  if (!head.subprotocols || !offers(*head.subprotocols, signalling_subprotocol)) {
    return Refusal{
        "subprotocol", bad_request,
        fmt::format("Signalling is a WebSocket of the subprotocol {}.\n", signalling_subprotocol)};
  }
  if (!head.origin) return std::nullopt;
  const bool is_friend = std::ranges::find(names.origins, *head.origin) != names.origins.end();
  if (is_friend || is_own_origin(*head.origin, head)) return std::nullopt;
  return Refusal{"origin", forbidden, "Pages of this origin may not signal here: see --origin.\n"};
}

}  // namespace icelab
