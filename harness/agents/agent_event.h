#pragma once

#include "reports/report.h"
#include "src/ice/candidate.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace icelab {

// What an agent may say, one JSON line each: docs/agent-protocol.md.

/// The version of the protocol that is spoken here.
inline constexpr int agent_protocol = 1;

struct AgentHello {
  std::string agent;
  int protocol = 0;
};
struct AgentCredentials {
  std::string ufrag;
  std::string password;
  std::string fingerprint{};  // of its certificate (RFC 8122); empty of an agent without DTLS
};
struct AgentCandidate {
  std::string sdp;
  Candidate candidate;
};
struct AgentGathered {};
struct AgentState {
  std::string state;
  Level level = Level::ice;  // where it is connected
};
struct AgentSelected {
  CandidateReport local;  // by its base, where the agent tells it
  CandidateReport remote;
};
/// A pair as the agent itself sees it.
struct AgentPair {
  CandidateReport local;
  CandidateReport remote;
  std::string state;
  bool nominated = false;
};
struct AgentPairs {
  std::vector<AgentPair> pairs;
};
struct AgentLog {
  std::string level;  // "warning"; empty if it says none
  std::string message;
};
struct AgentReceived {
  std::string data;
};
/// The agent could not obey a command.
struct AgentRefusal {
  std::string message;
};
/// A line that is not of the protocol: why not. (An unknown type, of a later protocol, is a log.)
struct AgentRubbish {
  std::string why;
};

using AgentEvent =
    std::variant<AgentHello, AgentCredentials, AgentCandidate, AgentGathered, AgentState,
                 AgentSelected, AgentPairs, AgentLog, AgentReceived, AgentRefusal, AgentRubbish>;

/// Reads one line; whatever it holds, the answer is a value.
AgentEvent parse_agent_event(std::string_view line);

/// Reads an agent's first line, which must be a hello of this protocol: everything else is rubbish.
AgentEvent parse_agent_greeting(std::string_view line);

}  // namespace icelab
