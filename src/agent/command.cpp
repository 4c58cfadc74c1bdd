#include "src/agent/command.h"

#include "src/base/json_reader.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace icelab {
namespace {

/// What is missing or wrong becomes a fault, and a value that nobody will use.
template <typename Value>
Value parse_or_fault(const std::optional<JsonReader>& reader, const char* what) {
  const auto text = reader ? reader->string() : std::nullopt;
  const auto value = text ? Value::parse(*text) : std::nullopt;
  if (text && !value) reader->expected(what);
  return value.value_or(Value{});
}

ServerAddress read_server(const std::optional<JsonReader>& reader) {
  return parse_or_fault<ServerAddress>(
      reader, "an address or name, and a port, such as '203.0.113.10:3478'");
}

std::string read_text(const JsonObject& members, std::string_view key) {
  const auto reader = members.require(key);
  return reader ? reader->string().value_or("") : "";
}

bool is_word(const std::optional<JsonReader>& reader, std::string_view what, std::string_view word,
             std::string_view other) {
  const std::array known{std::string(word), std::string(other)};
  return reader && reader->word(what, known) == word;
}

std::vector<JsonReader> elements(const JsonObject& members, std::string_view key) {
  const auto reader = members.find(key);
  return reader ? reader->elements() : std::vector<JsonReader>{};
}

ConfigureCommand::TurnServer read_turn_server(const JsonReader& reader) {
  const JsonObject members = reader.open_object();
  return {.address = read_server(members.require("address")),
          .over_tcp = is_word(members.require("transport"), "transport", "tcp", "udp"),
          .username = read_text(members, "username"),
          .password = read_text(members, "password")};
}

void read_settings(const JsonReader& reader, ConfigureCommand& configure) {
  const JsonObject settings = reader.open_object();
  configure.regular_nomination =
      is_word(settings.find("nomination"), "nomination", "regular", "aggressive");
  configure.force_relay = settings.boolean("force_relay").value_or(configure.force_relay);
  configure.ice_udp = settings.boolean("ice_udp").value_or(configure.ice_udp);
  configure.ice_tcp = settings.boolean("ice_tcp").value_or(configure.ice_tcp);
  if (!configure.ice_udp && !configure.ice_tcp)
    reader.add_fault("ice_udp and ice_tcp are both off: nothing is left to gather");
  configure.port = static_cast<std::uint16_t>(settings.integer("port", 1, 65535).value_or(0));
  configure.pacing_ms = settings.integer("pacing_ms", 1, 60'000).value_or(configure.pacing_ms);
  configure.retransmissions =
      settings.integer("retransmissions", 1, 99).value_or(configure.retransmissions);
  for (const JsonReader& address : elements(settings, "addresses"))
    configure.addresses.push_back(parse_or_fault<IpAddress>(address, "an IP address"));
}

AgentCommand read_configure(const JsonObject& members) {
  ConfigureCommand configure;
  configure.controlling = is_word(members.require("role"), "role", "controlling", "controlled");
  for (const JsonReader& server : elements(members, "stun"))
    configure.stun.push_back(read_server(server));
  for (const JsonReader& server : elements(members, "turn"))
    configure.turn.push_back(read_turn_server(server));
  if (const auto proxy = members.find("proxy")) {
    configure.proxy =
        parse_or_fault<Endpoint>(*proxy, "an address and port such as '203.0.113.12:8888'");
  }
  if (const auto settings = members.find("settings")) read_settings(*settings, configure);
  return configure;
}

AgentCommand read_gather(const JsonObject&) {
  return GatherCommand{};
}

AgentCommand read_remote_credentials(const JsonObject& members) {
  return RemoteCredentialsCommand{.ufrag = read_text(members, "ufrag"),
                                  .pwd = read_text(members, "pwd")};
}

AgentCommand read_remote_candidate(const JsonObject& members) {
  return RemoteCandidateCommand{parse_or_fault<Candidate>(
      members.require("candidate"), "a candidate with an IP address (RFC 8839 section 5.1)")};
}

AgentCommand read_remote_gathered(const JsonObject&) {
  return RemoteGatheredCommand{};
}
AgentCommand read_send(const JsonObject& members) {
  return SendCommand{read_text(members, "data")};
}
AgentCommand read_quit(const JsonObject&) {
  return QuitCommand{};
}

AgentCommand read_restart(const JsonObject&) {
  return RestartCommand{};
}

struct CommandType {
  const char* name;
  AgentCommand (*read)(const JsonObject&);
};

constexpr std::array command_types = {
    CommandType{"configure", read_configure},
    CommandType{"gather", read_gather},
    CommandType{"remote-credentials", read_remote_credentials},
    CommandType{"remote-candidate", read_remote_candidate},
    CommandType{"remote-gathered", read_remote_gathered},
    CommandType{"restart", read_restart},
    CommandType{"send", read_send},
    CommandType{"quit", read_quit},
};

/// The command, or something arbitrary where there are faults.
AgentCommand read_command(const JsonReader& reader) {
  const JsonObject members = reader.open_object();
  const auto type = members.require("type");
  std::vector<std::string> names;
  names.reserve(command_types.size());
  for (const CommandType& known : command_types) names.emplace_back(known.name);
  const auto name = type ? type->word("command", names) : std::nullopt;
  for (const CommandType& known : command_types) {
    if (name == known.name) return known.read(members);
  }
  return QuitCommand{};
}

}  // namespace

std::optional<ServerAddress> ServerAddress::parse(std::string_view text) {
  if (const auto endpoint = Endpoint::parse(text))
    return ServerAddress{endpoint->address.to_string(), endpoint->port};
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  // The port reads as it does behind an address.
  const auto port = Endpoint::parse(fmt::format("0.0.0.0{}", text.substr(colon)));
  const std::string_view name = text.substr(0, colon);
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
  if (!port || name.find_first_not_of(letters) != std::string_view::npos) return std::nullopt;
  return ServerAddress{std::string(name), port->port};
}

AgentCommand parse_agent_command(std::string_view line) {
  JsonFaults faults;
  const auto json = parse_json(line, faults);
  AgentCommand command =
      json ? read_command(JsonReader(*json, faults)) : AgentCommand{QuitCommand{}};
  if (faults.empty()) return command;

  std::string message = "a command was not understood:";
  for (const JsonFault& fault : faults.list()) {
    message +=
        fmt::format(" {}{}{};", fault.pointer, fault.pointer.empty() ? "" : ": ", fault.message);
  }
  message.pop_back();
  throw CommandError(message);
}

}  // namespace icelab
