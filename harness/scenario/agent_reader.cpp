#include "harness/scenario/agent_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace icelab {
namespace {

const std::vector<std::string> known_agents = {"libnice", "chromium", "call-page"};
/// What a page cannot tell its browser.
constexpr std::array chromium_lacks = {"nomination", "proxy",     "ice_udp",        "ice_tcp",
                                       "port",       "pacing_ms", "retransmissions"};
/// What the call page's server tells it.
constexpr std::array call_page_lacks = {"turn", "stun"};
constexpr size_t most_arguments = 64;

std::vector<std::string> read_command(const JsonReader& reader) {
  std::vector<std::string> command;
  const auto words = reader.elements();
  if (reader.json().is_array() && (words.empty() || words.size() > most_arguments)) {
    reader.add_fault(
        fmt::format("a command is a program and up to {} arguments", most_arguments - 1));
    return command;
  }
  for (const auto& word : words) {
    const auto text = word.string();
    if (!text) continue;
    if (text->find('\0') != std::string::npos || (command.empty() && text->empty())) {
      word.add_fault("not a word of a command");
    }
    command.push_back(*text);
  }
  return command;
}

void read_program(const JsonReader& reader, const JsonObject& object, AgentSpec& agent) {
  const auto kind = object.find("kind");
  const auto command = object.find("command");
  if (kind.has_value() == command.has_value()) {
    reader.add_fault(kind ? "'kind' and 'command' exclude each other"
                          : "missing key 'kind' or 'command'");
  }
  if (kind) agent.kind = kind->word("agent", known_agents).value_or("");
  if (!command) return;
  agent.kind.clear();
  agent.command = read_command(*command);
}

Nomination read_nomination(const JsonObject& object) {
  const auto member = object.find("nomination");
  const auto word =
      member ? member->word("nomination", std::vector<std::string>{"regular", "aggressive"})
             : std::nullopt;
  return word == "regular" ? Nomination::regular : Nomination::aggressive;
}

std::vector<TurnTransport> read_turn(const JsonReader& reader) {
  static const std::vector<std::pair<std::string, TurnTransport>> known{
      {"udp", TurnTransport::udp},
      {"tcp", TurnTransport::tcp},
      {"tcp-443", TurnTransport::tcp_443}};
  static const std::vector<std::string> words{known[0].first, known[1].first, known[2].first};
  std::vector<TurnTransport> transports;
  for (const auto& element : reader.elements()) {
    const auto word = element.word("TURN transport", words);
    if (!word) continue;
    const auto transport =
        std::ranges::find(known, *word, &std::pair<std::string, TurnTransport>::first)->second;
    if (std::ranges::find(transports, transport) == transports.end()) {
      transports.push_back(transport);
    } else {
      element.add_fault(fmt::format("'{}' is there already", *word));
    }
  }
  return transports;
}

bool has(const std::vector<ServerSpec>& servers, ServerKind kind) {
  return std::ranges::find(servers, kind, &ServerSpec::kind) != servers.end();
}

void refuse(const JsonObject& object, std::span<const char* const> settings, const char* why) {
  for (const char* key : settings) {
    if (const auto setting = object.find(key)) setting->add_fault(why);
  }
}

void read_proxy(const JsonReader& reader, const std::vector<ServerSpec>& servers,
                AgentSpec& agent) {
  std::vector<std::string> proxies;
  for (const auto& server : servers) {
    if (server.kind == ServerKind::tinyproxy) proxies.push_back(server.name);
  }
  agent.proxy = reader.word("proxy", proxies).value_or("");
  if (std::ranges::all_of(agent.turn, [](auto way) { return way == TurnTransport::udp; }))
    reader.add_fault("nothing goes through a proxy but TURN over TCP: add \"tcp-443\" to 'turn'");
}

/// Settings that each make sense, but not together.
void check_settings(const JsonReader& reader, const JsonObject& object, const AgentSpec& agent,
                    const std::vector<ServerSpec>& servers) {
  if (!agent.ice_udp && !agent.ice_tcp) {
    reader.add_fault("without 'ice_udp' and 'ice_tcp' the agent has no candidates");
  }
  if (agent.is_browser())
    refuse(object, chromium_lacks, "Chromium does as it does: a page cannot set this");
  if (agent.is_on_call_page())
    refuse(object, call_page_lacks,
           "the page's server tells it of all TURN servers that there are");
  const bool asks_turn = agent.force_relay || (object.find("turn") && !agent.turn.empty());
  if (!has(servers, ServerKind::coturn) && (asks_turn || agent.stun)) {
    reader.add_fault("this agent is to use a server, and there is none under /servers");
  } else if (agent.force_relay && agent.turn.empty()) {
    reader.add_fault("'force_relay' without 'turn' leaves the agent no candidates");
  }
}

AgentSpec read_agent_object(const JsonReader& reader, const std::vector<ServerSpec>& servers) {
  const auto object =
      reader.object({"kind", "command", "nomination", "turn", "stun", "force_relay", "proxy",
                     "ice_udp", "ice_tcp", "port", "pacing_ms", "retransmissions"});
  AgentSpec agent;
  read_program(reader, object, agent);
  agent.nomination = read_nomination(object);
  if (const auto turn = object.find("turn")) agent.turn = read_turn(*turn);
  agent.stun = object.boolean("stun").value_or(agent.stun);
  agent.force_relay = object.boolean("force_relay").value_or(agent.force_relay);
  agent.ice_udp = object.boolean("ice_udp").value_or(agent.ice_udp);
  agent.ice_tcp = object.boolean("ice_tcp").value_or(agent.ice_tcp);
  if (const auto proxy = object.find("proxy")) read_proxy(*proxy, servers, agent);
  agent.port = object.integer("port", 1024, 65535);
  agent.pacing_ms =
      object.integer("pacing_ms", 5, 1000);  // RFC 8445 section 14.2: never below 5 ms
  agent.retransmissions = object.integer("retransmissions", 1, 99);
  check_settings(reader, object, agent, servers);
  return agent;
}

}  // namespace

AgentSpec read_agent(const JsonReader& reader, const std::vector<ServerSpec>& servers) {
  AgentSpec agent;
  if (reader.json().is_object()) {
    agent = read_agent_object(reader, servers);
  } else if (reader.json().is_string()) {
    agent.kind = reader.word("agent", known_agents).value_or("");
  } else {
    reader.expected("an agent's name or an object");
  }
  if (agent.is_on_call_page()) {
    agent.turn = {TurnTransport::udp, TurnTransport::tcp, TurnTransport::tcp_443};
    if (!has(servers, ServerKind::serve))
      reader.add_fault("there is no call page: add a server of kind \"serve\"");
  }
  if (!has(servers, ServerKind::coturn)) agent.turn.clear();
  return agent;
}

}  // namespace icelab
