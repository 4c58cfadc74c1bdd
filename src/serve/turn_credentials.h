#pragma once

#include "src/base/json.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// The STUN and TURN servers that clients are told of, and the secret that is shared with the TURN
/// server: what coturn calls `use-auth-secret` and `static-auth-secret`
/// (draft-uberti-behave-turn-rest-00).
struct IceService {
  std::vector<std::string> stun;  // URIs (RFC 7064): "stun:203.0.113.10:3478"
  std::vector<std::string> turn;  // URIs (RFC 7065): "turn:203.0.113.10:3478?transport=udp"
  std::string turn_secret;
  std::chrono::seconds lifetime = std::chrono::hours(1);  // of what clients are given
};

struct TurnCredentials {
  std::string username;  // "1764000000:user": when they end, in Unix time
  std::string password;
};
TurnCredentials turn_credentials(std::string_view secret, std::string_view user,
                                 std::chrono::sys_seconds end);

/// As RTCPeerConnection takes them (W3C WebRTC 1.0 section 4.2.4); empty if there are none. Without
/// a user, those that need no credentials.
Json ice_servers(const IceService& service, std::string_view user, std::chrono::sys_seconds now);

}  // namespace icelab
