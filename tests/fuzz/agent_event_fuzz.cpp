// Any line as what an agent says: the harness has a value for it, and what goes on to the other
// agent is a command that it understands.

#include "harness/agents/agent_event.h"
#include "src/agent/command.h"
#include "src/base/json.h"
#include "src/base/overloaded.h"
#include "tests/fuzz/fuzz_input.h"

#include <climits>

namespace {

using namespace icelab;

/// As the harness does.
AgentCommand pass_on(const Json& command) {
  const std::string line = to_line(command) + "\n";
  hold(line.size() <= PIPE_BUF, "a pipe takes at once what goes on to the other agent");
  return parse_agent_command(line);
}

void check_candidate(const AgentCandidate& said) {
  hold(Candidate::parse(said.sdp) == said.candidate, "a candidate reads the same again");
  const auto command =
      pass_on(Json::object({{"type", "remote-candidate"}, {"candidate", said.sdp}}));
  hold(std::get<RemoteCandidateCommand>(command).candidate == said.candidate,
       "the other agent gets the candidate that was said");
}

void check_credentials(const AgentCredentials& said) {
  const auto command = pass_on(Json::object({{"type", "remote-credentials"},
                                             {"ufrag", said.ufrag},
                                             {"pwd", said.password},
                                             {"fingerprint", said.fingerprint}}));
  const auto& told = std::get<RemoteCredentialsCommand>(command);
  hold(told.ufrag == said.ufrag && told.pwd == said.password,
       "the other agent gets the credentials that were said");
}

void check(const AgentEvent& event) {
  std::visit(Overloaded{[](const AgentCandidate& said) { check_candidate(said); },
                        [](const AgentCredentials& said) { check_credentials(said); },
                        [](const AgentRubbish& said) {
                          hold(!said.why.empty(), "rubbish has a reason");
                          hold_printable(said.why, "the reason can be shown");
                        },
                        [](const auto&) {}},
             event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  check(parse_agent_event(text_of(data, size)));
  check(parse_agent_greeting(text_of(data, size)));
  return 0;
}
