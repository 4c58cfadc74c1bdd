#include "src/agent/server_signal.h"

#include "src/base/json_reader.h"
#include "src/serve/signalling_message.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <utility>

namespace icelab {
namespace {

constexpr int most = std::numeric_limits<int>::max();
/// Longer than any server waits: what is beyond is a mistake.
constexpr int longest_s = 86400;

// A member that must be there; where it is not, a fault, and a value that nobody will use.

std::string text(const JsonObject& members, std::string_view key) {
  const auto reader = members.require(key);
  return reader ? reader->string().value_or("") : "";
}

int number(const JsonObject& members, std::string_view key, int least, int greatest = most) {
  const auto reader = members.require(key);
  return reader ? reader->integer(least, greatest).value_or(least) : least;
}

std::string word(const JsonObject& members, std::string_view key,
                 std::span<const std::string> known) {
  const auto reader = members.require(key);
  return reader ? reader->word(key, known).value_or("") : "";
}

/// Browsers have a null where others leave a member out.
std::string text_or_null(const JsonObject& members, std::string_view key) {
  const auto reader = members.find(key);
  return reader && !reader->json().is_null() ? reader->string().value_or("") : "";
}

Json json_array(const JsonObject& members, std::string_view key) {
  const auto reader = members.require(key);
  return reader ? reader->json() : Json::array();
}

ServerSignal read_joined(const JsonObject& members) {
  number(members, "protocol", signalling_protocol, signalling_protocol);
  return JoinedSignal{
      .token = text(members, "token"),
      .ice_servers = json_array(members, "ice_servers"),
      .heartbeat = std::chrono::seconds(number(members, "heartbeat_s", 1, longest_s)),
      .resume = std::chrono::seconds(number(members, "resume_s", 1, longest_s))};
}

ServerSignal read_resumed(const JsonObject& members) {
  return ResumedSignal{.received = number(members, "received", 0),
                       .ice_servers = json_array(members, "ice_servers")};
}
ServerSignal read_heartbeat(const JsonObject& members) {
  const auto others = members.find("ice_servers");
  return HeartbeatReply{.received = number(members, "received", 0),
                        .ice_servers = others ? std::optional(others->json()) : std::nullopt};
}
ServerSignal read_room_full(const JsonObject&) {
  return RoomFullSignal{};
}
ServerSignal read_error(const JsonObject& members) {
  return ErrorSignal{.code = text(members, "code"), .message = text(members, "message")};
}

ServerSignal numbered(const JsonObject& members, RoomSignal signal) {
  return NumberedSignal{.seq = number(members, "seq", 1), .signal = std::move(signal)};
}

ServerSignal read_peer_joined(const JsonObject& members) {
  const std::array<std::string, 2> roles{"offerer", "answerer"};
  return numbered(members, PeerJoinedSignal{.peer = number(members, "peer", 1),
                                            .offerer = word(members, "role", roles) == "offerer",
                                            .ice_servers = json_array(members, "ice_servers")});
}
ServerSignal read_peer_left(const JsonObject& members) {
  return numbered(members, PeerLeftSignal{.peer = number(members, "peer", 1),
                                          .reason = text(members, "reason")});
}

ServerSignal peer_message(const JsonObject& members, PeerMessage::Type type, std::string said = "",
                          std::string fragment = "") {
  return numbered(members, PeerMessage{.type = type,
                                       .from = number(members, "from", 1),
                                       .text = std::move(said),
                                       .fragment = std::move(fragment)});
}

ServerSignal read_offer(const JsonObject& members) {
  return peer_message(members, PeerMessage::Type::offer, text(members, "sdp"));
}
ServerSignal read_answer(const JsonObject& members) {
  return peer_message(members, PeerMessage::Type::answer, text(members, "sdp"));
}
ServerSignal read_candidate(const JsonObject& members) {
  return peer_message(members, PeerMessage::Type::candidate, text(members, "candidate"),
                      text_or_null(members, "usernameFragment"));
}
ServerSignal read_end_of_candidates(const JsonObject& members) {
  return peer_message(members, PeerMessage::Type::end_of_candidates);
}
ServerSignal read_restart(const JsonObject& members) {
  return peer_message(members, PeerMessage::Type::restart);
}

struct SignalType {
  const char* name;
  ServerSignal (*read)(const JsonObject&);
};

constexpr std::array signal_types = {
    SignalType{"joined", read_joined},
    SignalType{"resumed", read_resumed},
    SignalType{"heartbeat", read_heartbeat},
    SignalType{"room-full", read_room_full},
    SignalType{"error", read_error},
    SignalType{"peer-joined", read_peer_joined},
    SignalType{"peer-left", read_peer_left},
    SignalType{"offer", read_offer},
    SignalType{"answer", read_answer},
    SignalType{"candidate", read_candidate},
    SignalType{"end-of-candidates", read_end_of_candidates},
    SignalType{"restart", read_restart},
};

ServerSignalFault fault_of(const JsonFaults& faults) {
  const JsonFault& first = faults.list().front();
  const char* separator = first.pointer.empty() ? "" : ": ";
  return {fmt::format("{}{}{}", first.pointer, separator, first.message)};
}

}  // namespace

std::variant<ServerSignal, ServerSignalFault> parse_server_signal(std::string_view text_of_it) {
  if (text_of_it.size() > largest_delivery)
    return ServerSignalFault{fmt::format("it has more than {} bytes", largest_delivery)};
  JsonFaults faults;
  const auto json = parse_json(text_of_it, faults);
  if (!json) return fault_of(faults);
  const JsonObject members = JsonReader(*json, faults).open_object();
  const std::string type = text(members, "type");
  if (!faults.empty()) return fault_of(faults);
  for (const SignalType& known : signal_types) {
    if (type != known.name) continue;
    ServerSignal signal = known.read(members);
    if (!faults.empty()) return fault_of(faults);
    return signal;
  }
  return ServerSignalFault{describe_unknown("message", type)};
}

}  // namespace icelab
