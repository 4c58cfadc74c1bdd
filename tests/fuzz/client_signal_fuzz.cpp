// Any text as what a client says to the signalling server: it has a value for it, and what goes on
// to the peer is a message that the peer understands, hardly longer than it came.

#include "src/agent/server_signal.h"
#include "src/base/overloaded.h"
#include "src/serve/signalling_message.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace icelab;

/// As the server writes it.
std::string pass_on(const PeerSignal& signal) {
  Json message = Json::object({{"type", signal.type}, {"seq", 1}, {"from", 1}});
  message.update(signal.body);
  return to_line(message);
}

void check_peer_signal(const PeerSignal& signal, size_t size) {
  hold(signal.seq >= 1 && signal.to >= 1, "a message to a peer has numbers");
  const std::string message = pass_on(signal);
  hold(message.size() <= size + 16, "a message does not grow on its way");
  const auto read = parse_server_signal(message);
  const auto* heard = std::get_if<ServerSignal>(&read);
  hold(heard != nullptr && std::holds_alternative<NumberedSignal>(*heard),
       "the peer understands what the server lets through");
}

void check(const ClientSignal& signal, size_t size) {
  std::visit(
      Overloaded{
          [&](const PeerSignal& peer_signal) { check_peer_signal(peer_signal, size); },
          [](const JoinSignal& join) { hold(is_room_name(join.room), "a room has a room's name"); },
          [](const auto&) {}},
      signal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  const auto read = parse_client_signal(text_of(data, size));
  if (const auto* signal = std::get_if<ClientSignal>(&read)) {
    check(*signal, size);
  } else {
    const auto& fault = std::get<SignallingFault>(read);
    hold(!fault.message.empty(), "a fault has a reason");
    hold_printable(fault.message, "the reason can be shown");
  }
  return 0;
}
