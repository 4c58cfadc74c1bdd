// Any text as a list of ICE servers, as a signalling server sends it: each URI becomes a server
// with a host, or a line of the log that can be shown.

#include "src/agent/ice_servers.h"
#include "src/base/json_reader.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace icelab;

void check_server(const ServerAddress& server) {
  hold(!server.host.empty(), "a server has an address or a name");
  const auto again =
      ServerAddress::parse(server.host.find(':') == std::string::npos
                               ? server.to_string()
                               : "[" + server.host + "]:" + std::to_string(server.port));
  hold(again == server, "a server's address reads the same again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming): libFuzzer's name
    const std::uint8_t* data, std::size_t size) {
  JsonFaults faults;
  const auto json = parse_json(text_of(data, size), faults);
  if (!json) return 0;
  const IceServers servers = read_ice_servers(*json);
  for (const ServerAddress& server : servers.stun) check_server(server);
  for (const auto& server : servers.turn) check_server(server.address);
  for (const std::string& skipped : servers.skipped)
    hold_printable(skipped, "why a server is left out can be shown");
  return 0;
}
