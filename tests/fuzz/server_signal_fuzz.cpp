// Any text as what the signalling server says to an agent: the agent has a value for it, and takes
// from its servers what it can use.

#include "src/agent/ice_servers.h"
#include "src/agent/server_signal.h"
#include "src/agent/session_description.h"
#include "src/base/overloaded.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace icelab;

void check_room_signal(const RoomSignal& signal) {
  std::visit(
      Overloaded{
          [](const PeerJoinedSignal& joined) { hold(joined.peer >= 1, "a peer has a number"); },
          [](const PeerLeftSignal& left) { hold(left.peer >= 1, "a peer has a number"); },
          [](const PeerMessage& message) {
            hold(message.from >= 1, "a peer has a number");
            (void)read_description(message.text);
            (void)Candidate::parse(message.text);
          }},
      signal);
}

void check(const ServerSignal& signal) {
  std::visit(Overloaded{[](const JoinedSignal& joined) {
                          hold(joined.heartbeat.count() >= 1 && joined.resume.count() >= 1,
                               "there is time between heartbeats");
                          (void)read_ice_servers(joined.ice_servers);
                        },
                        [](const ResumedSignal& resumed) {
                          hold(resumed.received >= 0, "what was received has a number");
                          (void)read_ice_servers(resumed.ice_servers);
                        },
                        [](const HeartbeatReply& reply) {
                          hold(reply.received >= 0, "what was received has a number");
                          if (reply.ice_servers) (void)read_ice_servers(*reply.ice_servers);
                        },
                        [](const NumberedSignal& numbered) {
                          hold(numbered.seq >= 1, "numbers begin with one");
                          check_room_signal(numbered.signal);
                        },
                        [](const auto&) {}},
             signal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  const auto read = parse_server_signal(text_of(data, size));
  if (const auto* signal = std::get_if<ServerSignal>(&read)) {
    check(*signal);
  } else {
    hold(!std::get<ServerSignalFault>(read).message.empty(), "a fault has a reason");
  }
  return 0;
}
