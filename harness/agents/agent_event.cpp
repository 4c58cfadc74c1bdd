#include "harness/agents/agent_event.h"

#include "src/base/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>

namespace icelab {
namespace {

// What goes on to the other agent goes through a pipe that takes 4096 bytes at once.
constexpr size_t longest_credential = 256;  // RFC 8839 section 5.4
constexpr size_t longest_candidate = 1024;

/// A line as it can be shown in a message: short, and without control characters.
std::string excerpt(std::string_view line) {
  constexpr size_t longest = 80;
  std::string text(line.substr(0, longest));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return line.size() > longest ? text + "..." : text;
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(
      text, [](char letter) { return static_cast<unsigned char>(letter) < ' ' || letter == 0x7f; });
}

/// What is beyond an int is no protocol: a conversion would make one of it.
AgentEvent read_hello(const Json& json) {
  using Number = Json::number_integer_t;
  constexpr Number least = std::numeric_limits<int>::min();
  constexpr Number most = std::numeric_limits<int>::max();
  const Number protocol = json.at("protocol").get_ref<const Number&>();
  return AgentHello{json.at("agent"), static_cast<int>(std::clamp(protocol, least, most))};
}

AgentEvent read_credentials(const Json& json) {
  AgentCredentials credentials{.ufrag = json.at("ufrag"),
                               .password = json.at("pwd"),
                               .fingerprint = json.value("fingerprint", "")};
  const auto& [ufrag, password, fingerprint] = credentials;
  if (std::max({ufrag.size(), password.size(), fingerprint.size()}) > longest_credential)
    return AgentRubbish{"its credentials are longer than RFC 8839 allows"};
  // Each would take six times its place in the pipe.
  if (has_control_characters(ufrag + password + fingerprint))
    return AgentRubbish{"its credentials have control characters, which RFC 8839 does not allow"};
  return credentials;
}

CandidateReport read_candidate(const Json& json) {
  return {
      .type = json.at("type"), .transport = json.at("transport"), .address = json.at("address")};
}

AgentEvent read_sdp(const Json& json) {
  const std::string sdp = json.at("candidate");
  const auto candidate = Candidate::parse(sdp);
  if (!candidate || sdp.size() > longest_candidate)
    return AgentRubbish{fmt::format("'{}' is not a candidate", excerpt(sdp))};
  return AgentCandidate{sdp, *candidate};
}

AgentEvent read_state(const Json& json) {
  const std::string level = json.value("level", "ice");
  const auto known = parse_level(level);
  if (!known) return AgentRubbish{fmt::format("there is no level '{}'", excerpt(level))};
  return AgentState{json.at("state"), *known};
}

AgentEvent read_selected(const Json& json) {
  const Json& local = json.at("local");
  AgentSelected selected{read_candidate(local), read_candidate(json.at("remote"))};
  if (local.contains("base")) selected.local.address = local["base"];
  return selected;
}

AgentEvent read_pairs(const Json& json) {
  AgentPairs pairs;
  for (const Json& pair : json.at("pairs").get_ref<const Json::array_t&>()) {
    pairs.pairs.push_back({.local = read_candidate(pair.at("local")),
                           .remote = read_candidate(pair.at("remote")),
                           .state = pair.at("state"),
                           .nominated = pair.value("nominated", false)});
  }
  return pairs;
}

using Reader = AgentEvent (*)(const Json&);
const std::map<std::string, Reader, std::less<>> readers{
    {"hello", read_hello},
    {"credentials", read_credentials},
    {"candidate", read_sdp},
    {"gathered", [](const Json&) -> AgentEvent { return AgentGathered{}; }},
    {"state", read_state},
    {"selected", read_selected},
    {"pairs", read_pairs},
    {"log",
     [](const Json& json) -> AgentEvent {
       return AgentLog{json.value("level", ""), json.at("message")};
     }},
    {"received", [](const Json& json) -> AgentEvent { return AgentReceived{json.at("data")}; }},
    {"error", [](const Json& json) -> AgentEvent { return AgentRefusal{json.at("message")}; }},
};

}  // namespace

AgentEvent parse_agent_event(std::string_view line) {
  JsonFaults faults;
  const auto json = parse_json(line, faults, JsonAuthor::program);
  if (!json)
    return AgentRubbish{fmt::format("'{}' is {}", excerpt(line), faults.list().front().message)};
  try {
    const auto reader = readers.find(json->at("type").get<std::string>());
    if (reader == readers.end()) return AgentLog{"", excerpt(line)};
    return reader->second(*json);
  } catch (const Json::exception&) {
    return AgentRubbish{
        fmt::format("'{}' lacks a member, or has one of the wrong type", excerpt(line))};
  }
}

AgentEvent parse_agent_greeting(std::string_view line) {
  AgentEvent event = parse_agent_event(line);
  const auto* hello = std::get_if<AgentHello>(&event);
  if (hello == nullptr) {
    return AgentRubbish{fmt::format("it began with '{}', expected 'hello' with protocol {}",
                                    excerpt(line), agent_protocol)};
  }
  if (hello->protocol != agent_protocol) {
    return AgentRubbish{
        fmt::format("its 'hello' is of protocol {}, expected {}", hello->protocol, agent_protocol)};
  }
  return event;
}

}  // namespace icelab
