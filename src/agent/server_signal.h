#pragma once

#include "src/base/json.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace icelab {

// What the signalling server may say to a client: docs/signalling.md.

struct JoinedSignal {
  std::string token;
  Json ice_servers;
  std::chrono::seconds heartbeat;
  std::chrono::seconds resume;  // how long a broken connection may take to come back
};
struct ResumedSignal {
  int received = 0;
  Json ice_servers;
};
struct HeartbeatReply {
  int received = 0;
  std::optional<Json> ice_servers;  // before the credentials of those before end
};
struct RoomFullSignal {};
struct ErrorSignal {
  std::string code;
  std::string message;
};
struct PeerJoinedSignal {
  int peer = 0;
  bool offerer = false;  // whether it is this client that makes the offers
  Json ice_servers;      // with credentials for TURN
};
struct PeerLeftSignal {
  int peer = 0;
  std::string reason;  // "left", "lost" or "cut-off"
};
/// What the peer says.
struct PeerMessage {
  enum class Type { offer, answer, candidate, end_of_candidates, restart };
  Type type = Type::restart;
  int from = 0;
  std::string text;      // the SDP, or the candidate
  std::string fragment;  // of a candidate: its usernameFragment, if it has one
};

/// What happens in the room: each has a number.
using RoomSignal = std::variant<PeerJoinedSignal, PeerLeftSignal, PeerMessage>;
struct NumberedSignal {
  int seq = 0;
  RoomSignal signal;
};

using ServerSignal = std::variant<JoinedSignal, ResumedSignal, HeartbeatReply, RoomFullSignal,
                                  ErrorSignal, NumberedSignal>;
/// A message that this version of the protocol does not have, and what is wrong with it.
struct ServerSignalFault {
  std::string message;
};

/// Whatever came, the answer is a value.
std::variant<ServerSignal, ServerSignalFault> parse_server_signal(std::string_view text);

}  // namespace icelab
