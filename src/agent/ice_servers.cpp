#include "src/agent/ice_servers.h"

#include "src/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

namespace icelab {
namespace {

/// "turn:HOST:PORT?transport=udp", in its parts.
struct ServerUri {
  std::string scheme;  // in small letters
  std::string_view host_and_port;
  std::string_view transport;  // empty where none is named
};

std::optional<ServerUri> split_uri(std::string_view uri) {
  const size_t colon = uri.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  ServerUri parts{.scheme = std::string(uri.substr(0, colon)),
                  .host_and_port = uri.substr(colon + 1),
                  .transport = ""};
  std::ranges::transform(parts.scheme, parts.scheme.begin(),
                         [](unsigned char letter) { return std::tolower(letter); });
  const size_t question = parts.host_and_port.find('?');
  if (question == std::string_view::npos) return parts;
  constexpr std::string_view name = "transport=";
  const std::string_view query = parts.host_and_port.substr(question + 1);
  if (!query.starts_with(name)) return std::nullopt;
  parts.transport = query.substr(name.size());
  parts.host_and_port = parts.host_and_port.substr(0, question);
  return parts;
}

/// The port is 3478 where none is named (RFC 7064 and RFC 7065, section 3.2).
std::optional<ServerAddress> read_address(std::string_view text) {
  if (auto address = ServerAddress::parse(text)) return address;
  return ServerAddress::parse(fmt::format("{}:3478", text));
}

/// A string member, or nothing, of whatever stands there.
std::string text_of(const Json& server, std::string_view name) {
  const auto found = server.find(name);
  return found != server.end() && found->is_string() ? found->get<std::string>() : "";
}

void read_uri(std::string_view uri, const Json& server, IceServers& servers) {
  const auto skip = [&](std::string_view why) {
    servers.skipped.push_back(
        fmt::format("the server {} is left out: {}", abbreviate(to_printable(uri), 100), why));
  };
  const auto parts = split_uri(uri);
  if (parts && (parts->scheme == "stuns" || parts->scheme == "turns"))
    return skip("libnice does not speak STUN and TURN over TLS");
  const auto address = parts ? read_address(parts->host_and_port) : std::nullopt;
  if (!address) return skip("it is not of the form stun:HOST:PORT or turn:HOST:PORT");
  if (parts->scheme == "stun") {
    servers.stun.push_back(*address);
  } else if (parts->scheme != "turn") {
    skip("it is neither a STUN nor a TURN server");
  } else if (!parts->transport.empty() && parts->transport != "udp" && parts->transport != "tcp") {
    skip("its transport is neither udp nor tcp");
  } else {
    servers.turn.push_back({.address = *address,
                            .over_tcp = parts->transport == "tcp",
                            .username = text_of(server, "username"),
                            .password = text_of(server, "credential")});
  }
}

}  // namespace

IceServers read_ice_servers(const Json& json) {
  IceServers servers;
  if (!json.is_array()) return servers;
  for (const Json& server : json) {
    const auto urls = server.is_object() ? server.find("urls") : server.end();
    if (!server.is_object() || urls == server.end()) continue;
    const Json list = urls->is_array() ? *urls : Json::array({*urls});
    for (const Json& uri : list) {
      if (uri.is_string()) read_uri(uri.get<std::string>(), server, servers);
    }
  }
  return servers;
}

}  // namespace icelab
