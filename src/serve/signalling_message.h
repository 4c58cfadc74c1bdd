#pragma once

#include "src/base/json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace icelab {

// What clients of the signalling server may say, and why they are cut off: docs/signalling.md.

inline constexpr int signalling_protocol = 1;
inline constexpr auto signalling_subprotocol = "icelab-signalling.1";
/// Bytes of one message.
inline constexpr size_t largest_signal = 65536;
/// And of one that the server passes on: its numbers may have more digits.
inline constexpr size_t largest_delivery = largest_signal + 64;

enum class SignallingError {
  silent,
  superseded,
  shutting_down,
  too_far_behind,
  malformed,
  unknown_type,
  bad_message,
  not_joined,
  already_joined,
  out_of_order,
  not_your_turn,
  too_fast,
  stale_token,
  room_full,
  idle,
  server_full,
  source_limit,
};
inline constexpr size_t signalling_error_count = 17;
/// "too-far-behind".
std::string_view code_of(SignallingError error);
/// The WebSocket's close code (RFC 6455 section 7.4): those of the protocol's own are from 4000 on.
int close_code_of(SignallingError error);

/// Why a client is cut off: one of the errors, and a sentence for the person who wrote the client.
struct SignallingFault {
  SignallingError error;
  std::string message;
};

/// 22 to 64 letters, digits, '-' and '_'.
bool is_room_name(std::string_view name);

struct JoinSignal {
  std::string room;
  std::string replaces;  // the token of an earlier session of this client, which ends; or empty
};
struct ResumeSignal {
  std::string token;
  std::uint64_t received = 0;
};
struct HeartbeatSignal {
  std::uint64_t received = 0;
};
struct LeaveSignal {};
/// What goes to the peer.
struct PeerSignal {
  std::string type;  // "offer", "answer", "candidate", "end-of-candidates" or "restart"
  std::uint64_t seq = 0;
  int to = 0;
  Json body;  // its members, but for those that every message to a peer has
};

using ClientSignal =
    std::variant<JoinSignal, ResumeSignal, HeartbeatSignal, LeaveSignal, PeerSignal>;

/// Whatever a client wrote, the answer is a value.
std::variant<ClientSignal, SignallingFault> parse_client_signal(std::string_view text);

}  // namespace icelab
