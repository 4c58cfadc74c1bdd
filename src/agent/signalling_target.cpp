#include "src/agent/signalling_target.h"

#include "src/base/error.h"
#include "src/base/utf8.h"
#include "src/serve/signalling_message.h"

#include <fmt/format.h>
#include <glib.h>

#include <memory>
#include <optional>
#include <string_view>

namespace icelab {
namespace {

using UriRef = std::unique_ptr<GUri, decltype(&g_uri_unref)>;

/// The scheme under which HTTP asks for the WebSocket.
std::optional<std::string_view> http_scheme(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return "http";
  if (scheme == "https" || scheme == "wss") return "https";
  return std::nullopt;
}

/// GLib takes what is none, with spaces in it.
bool is_host(const char* host) {
  return host != nullptr && *host != '\0' &&
         std::string_view(host).find_first_of(" \t\r\n") == std::string_view::npos;
}

/// `signal` beside the page: a reverse proxy may have put both under some path.
std::string beside(std::string path) {
  if (!path.ends_with('/')) path += '/';
  return path + "signal";
}

std::string signalling_url(const UriRef& uri, std::string_view link) {
  const auto scheme = uri ? http_scheme(g_uri_get_scheme(uri.get())) : std::nullopt;
  const char* host = uri ? g_uri_get_host(uri.get()) : nullptr;
  if (!scheme || !is_host(host)) {
    throw UsageError(
        fmt::format("--signal '{}': it takes the link of a signalling server, as "
                    "http://127.0.0.1:8080/ or wss://call.example.org/",
                    to_printable(link)));
  }
  const std::unique_ptr<char, decltype(&g_free)> url(
      g_uri_join(G_URI_FLAGS_NONE, std::string(*scheme).c_str(), nullptr, host,
                 g_uri_get_port(uri.get()), beside(g_uri_get_path(uri.get())).c_str(), nullptr,
                 nullptr),
      g_free);
  return url.get();
}

}  // namespace

SignallingTarget parse_signalling_target(std::span<const std::string> words) {
  if (words.empty() || words.size() > 2)
    throw UsageError("--signal takes the link of a signalling server, and a room");
  const UriRef uri(g_uri_parse(words[0].c_str(), G_URI_FLAGS_NONE, nullptr), g_uri_unref);
  SignallingTarget target{.url = signalling_url(uri, words[0]), .room = ""};
  const char* fragment = g_uri_get_fragment(uri.get());
  if (fragment != nullptr) target.room = fragment;
  if (words.size() == 2) {
    if (fragment != nullptr && words[1] != target.room)
      throw UsageError("--signal: the link names one room, and the word after it another");
    target.room = words[1];
  }
  if (target.room.empty()) {
    throw UsageError(
        "--signal: a room is missing: write it after the link, or as a link with #ROOM");
  }
  if (!is_room_name(target.room)) {
    throw UsageError(fmt::format(
        "--signal: '{}' is no name of a room: that is 22 to 64 letters, digits, '-' and '_'",
        abbreviate(to_printable(target.room), 70)));
  }
  return target;
}

}  // namespace icelab
