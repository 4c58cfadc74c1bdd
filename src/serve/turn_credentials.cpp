#include "src/serve/turn_credentials.h"

#include <fmt/format.h>
#include <glib.h>

#include <array>
#include <cstdint>
#include <memory>

namespace icelab {
namespace {

/// In base64.
std::string hmac_sha1(std::string_view key, std::string_view text) {
  const std::unique_ptr<GHmac, decltype(&g_hmac_unref)> hmac(
      g_hmac_new(G_CHECKSUM_SHA1, reinterpret_cast<const guchar*>(key.data()), key.size()),
      g_hmac_unref);
  g_hmac_update(hmac.get(), reinterpret_cast<const guchar*>(text.data()),
                static_cast<gssize>(text.size()));
  std::array<guint8, 20> digest{};
  gsize length = digest.size();
  g_hmac_get_digest(hmac.get(), digest.data(), &length);
  const std::unique_ptr<gchar, decltype(&g_free)> encoded(g_base64_encode(digest.data(), length),
                                                          g_free);
  return encoded.get();
}

}  // namespace

TurnCredentials turn_credentials(std::string_view secret, std::string_view user,
                                 std::chrono::sys_seconds end) {
  auto username = fmt::format("{}:{}", end.time_since_epoch().count(), user);
  auto password = hmac_sha1(secret, username);
  return {.username = std::move(username), .password = std::move(password)};
}

Json ice_servers(const IceService& service, std::string_view user, std::chrono::sys_seconds now) {
  Json servers = Json::array();
  if (!service.stun.empty()) servers.push_back(Json::object({{"urls", service.stun}}));
  if (!service.turn.empty() && !user.empty()) {
    const auto credentials = turn_credentials(service.turn_secret, user, now + service.lifetime);
    servers.push_back(Json::object({{"urls", service.turn},
                                    {"username", credentials.username},
                                    {"credential", credentials.password}}));
  }
  return servers;
}

}  // namespace icelab
