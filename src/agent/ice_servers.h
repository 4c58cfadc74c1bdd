#pragma once

#include "src/agent/command.h"
#include "src/base/json.h"

#include <string>
#include <vector>

namespace icelab {

/// What a signalling server's `ice_servers` come to for an agent of libnice's abilities.
struct IceServers {
  std::vector<ServerAddress> stun;
  std::vector<ConfigureCommand::TurnServer> turn;
  /// Those that are left out, each with the reason, for the log.
  std::vector<std::string> skipped;
};

/// Reads what RTCPeerConnection takes as `iceServers` (W3C WebRTC 1.0 section 4.2.4): `urls`, one
/// or an array, of STUN (RFC 7064) and TURN (RFC 7065). Whatever it is, the answer is a value: what
/// cannot be used is skipped.
IceServers read_ice_servers(const Json& json);

}  // namespace icelab
