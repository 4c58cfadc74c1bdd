#include "src/serve/signalling_message.h"

#include "src/base/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace icelab {
namespace {

struct ErrorWord {
  std::string_view code;
  int close_code;
};

// In the order of SignallingError.
constexpr std::array<ErrorWord, signalling_error_count> error_words{{
    {"silent", 4000},
    {"superseded", 4001},
    {"shutting-down", 1001},
    {"too-far-behind", 4002},
    {"malformed", 1007},
    {"unknown-type", 1008},
    {"bad-message", 1008},
    {"not-joined", 1008},
    {"already-joined", 1008},
    {"out-of-order", 1008},
    {"not-your-turn", 1008},
    {"too-fast", 1008},
    {"stale-token", 4003},
    {"room-full", 4004},
    {"idle", 4005},
    {"server-full", 4006},
    {"source-limit", 4007},
}};

enum class Kind { string, number, string_or_null, number_or_null };

struct Member {
  std::string_view name;
  Kind kind;
  bool required = true;
};

struct PeerSignalForm {
  std::string_view type;
  std::span<const Member> members;
};

constexpr std::array description_members{Member{"sdp", Kind::string}};
// As RTCIceCandidateInit has them (W3C WebRTC 1.0 section 4.8.1).
constexpr std::array candidate_members{Member{"candidate", Kind::string},
                                       Member{"sdpMid", Kind::string_or_null, false},
                                       Member{"sdpMLineIndex", Kind::number_or_null, false},
                                       Member{"usernameFragment", Kind::string_or_null, false}};
constexpr std::array<PeerSignalForm, 5> peer_signals{{
    {"offer", description_members},
    {"answer", description_members},
    {"candidate", candidate_members},
    {"end-of-candidates", {}},
    {"restart", {}},
}};

constexpr size_t shortest_room = 22;
constexpr size_t longest_room = 64;
// A double holds every whole number up to here: that is all that a browser's numbers are.
constexpr std::uint64_t largest_number = (1ULL << 53) - 1;

bool is_room_character(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
}

bool is_of(Kind kind, const Json& value) {
  switch (kind) {
    case Kind::string:
      return value.is_string();
    case Kind::number:
      return value.is_number_unsigned();
    case Kind::string_or_null:
      return value.is_string() || value.is_null();
    case Kind::number_or_null:
      break;
  }
  return value.is_number_unsigned() || value.is_null();
}

std::string_view describe(Kind kind) {
  switch (kind) {
    case Kind::string:
      return "a string";
    case Kind::number:
      return "a whole number";
    case Kind::string_or_null:
      return "a string or null";
    case Kind::number_or_null:
      break;
  }
  return "a whole number or null";
}

/// Takes the members of one message, and remembers what was wrong first.
class Reader {
 public:
  Reader(const std::string& type, const Json& message) : type_(type), message_(message) {}

  const Json* find(const Member& member) {
    const auto found = message_.find(member.name);
    if (found == message_.end()) {
      if (member.required) add_fault(fmt::format("{} is missing", member.name));
      return nullptr;
    }
    if (is_of(member.kind, *found)) return &*found;
    add_fault(fmt::format("{} is not {}", member.name, describe(member.kind)));
    return nullptr;
  }
  std::string string(std::string_view name) {
    const Json* found = find({name, Kind::string});
    return found != nullptr ? found->get<std::string>() : "";
  }
  /// Empty where there is none.
  std::string optional_string(std::string_view name) {
    const Json* found = find({name, Kind::string, false});
    return found != nullptr ? found->get<std::string>() : "";
  }
  std::uint64_t number(std::string_view name, std::uint64_t least, std::uint64_t most) {
    const Json* found = find({name, Kind::number});
    if (found == nullptr) return least;
    const auto value = found->get<std::uint64_t>();
    if (value >= least && value <= most) return value;
    add_fault(fmt::format("{} is not from {} to {}", name, least, most));
    return least;
  }
  void add_fault(const std::string& what) {
    if (!fault_) fault_ = {SignallingError::bad_message, fmt::format("{}: {}", type_, what)};
  }

  std::variant<ClientSignal, SignallingFault> result(ClientSignal signal) {
    if (fault_) return *std::move(fault_);
    return signal;
  }

 private:
  const std::string& type_;
  const Json& message_;
  std::optional<SignallingFault> fault_;
};

PeerSignal read_peer_signal(Reader& reader, const PeerSignalForm& form) {
  PeerSignal signal{.type = std::string(form.type),
                    .seq = reader.number("seq", 1, largest_number),
                    .to = static_cast<int>(reader.number("to", 1, 1U << 30)),
                    .body = Json::object()};
  for (const Member& member : form.members) {
    if (const Json* value = reader.find(member)) signal.body[std::string(member.name)] = *value;
  }
  return signal;
}

}  // namespace

std::string_view code_of(SignallingError error) {
  return error_words.at(static_cast<size_t>(error)).code;
}

int close_code_of(SignallingError error) {
  return error_words.at(static_cast<size_t>(error)).close_code;
}

bool is_room_name(std::string_view name) {
  return name.size() >= shortest_room && name.size() <= longest_room &&
         std::ranges::all_of(name, is_room_character);
}

std::variant<ClientSignal, SignallingFault> parse_client_signal(std::string_view text) {
  if (text.size() > largest_signal) {
    return SignallingFault{SignallingError::malformed,
                           fmt::format("a message of more than {} bytes", largest_signal)};
  }
  JsonFaults faults;
  const auto json = parse_json(text, faults, JsonAuthor::program);
  if (!json) return SignallingFault{SignallingError::malformed, faults.list().front().message};
  const Json& message = *json;
  if (!message.is_object())
    return SignallingFault{SignallingError::malformed, "a message is one JSON object"};
  const auto found = message.find("type");
  if (found == message.end() || !found->is_string())
    return SignallingFault{SignallingError::bad_message, "a message has a string `type`"};

  const auto type = found->get<std::string>();
  Reader reader(type, message);
  if (type == "join") {
    JoinSignal join{.room = reader.string("room"), .replaces = reader.optional_string("replaces")};
    if (!is_room_name(join.room)) {
      reader.add_fault(fmt::format("room is not {} to {} letters, digits, '-' and '_'",
                                   shortest_room, longest_room));
    }
    return reader.result(std::move(join));
  }
  if (type == "resume") {
    ResumeSignal resume{.token = reader.string("token"),
                        .received = reader.number("received", 0, largest_number)};
    return reader.result(std::move(resume));
  }
  if (type == "heartbeat")
    return reader.result(HeartbeatSignal{reader.number("received", 0, largest_number)});
  if (type == "leave") return ClientSignal{LeaveSignal{}};

  const auto* const form = std::ranges::find(peer_signals, type, &PeerSignalForm::type);
  if (form == peer_signals.end())
    return SignallingFault{SignallingError::unknown_type, "there is no message of this type"};
  return reader.result(read_peer_signal(reader, *form));
}

}  // namespace icelab
