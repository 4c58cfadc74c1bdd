// Any line as a command to the agent: either it is understood, and its values can be used, or a
// sentence says what is wrong with it.

#include "src/agent/command.h"
#include "src/base/overloaded.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace icelab;

void check_server(const ServerAddress& server) {
  hold(!server.host.empty(), "a server has an address or a name");
  hold_printable(server.host, "a server's name can be shown");
}

void check_configuration(const ConfigureCommand& configure) {
  for (const ServerAddress& server : configure.stun) check_server(server);
  for (const auto& server : configure.turn) check_server(server.address);
  hold(configure.ice_udp || configure.ice_tcp, "there is something to gather");
  hold(configure.pacing_ms >= 1 && configure.retransmissions >= 1, "timers are positive");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  try {
    std::visit(Overloaded{[](const ConfigureCommand& configure) { check_configuration(configure); },
                          [](const RemoteCandidateCommand& remote) {
                            hold(Candidate::parse(remote.candidate.to_sdp()) == remote.candidate,
                                 "a candidate reads the same again");
                          },
                          [](const auto&) {}},
               parse_agent_command(text_of(data, size)));
  } catch (const CommandError& error) {
    hold(*error.what() != '\0', "a refusal has a reason");
  }
  return 0;
}
