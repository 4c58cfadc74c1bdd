#include "harness/agents/agent_setup.h"

#include "harness/lab/coturn.h"
#include "harness/lab/tinyproxy.h"
#include "src/base/error.h"
#include "src/base/path.h"

#include <fmt/format.h>

namespace icelab {
namespace {

Json turn_server(const IpAddress& address, TurnTransport transport) {
  const auto port = transport == TurnTransport::tcp_443 ? turn_web_port : turn_port;
  return {{"address", Endpoint{address, port}.to_string()},
          {"transport", transport == TurnTransport::udp ? "udp" : "tcp"},
          {"username", turn_user},
          {"password", turn_password}};
}

Json settings(const AgentSpec& spec) {
  Json json{{"nomination", spec.nomination == Nomination::regular ? "regular" : "aggressive"},
            {"force_relay", spec.force_relay},
            {"ice_udp", spec.ice_udp},
            {"ice_tcp", spec.ice_tcp}};
  if (spec.port) json["port"] = *spec.port;
  if (spec.pacing_ms) json["pacing_ms"] = *spec.pacing_ms;
  if (spec.retransmissions) json["retransmissions"] = *spec.retransmissions;
  return json;
}

}  // namespace

std::vector<std::string> agent_command(const AgentSpec& spec) {
  auto command =
      spec.command.empty() ? std::vector{own_program("icelab-agent").string()} : spec.command;
  if (!find_program(command[0])) {
    throw MachineError(
        fmt::format("the agent '{}' is not an executable file, nor in PATH", command[0]));
  }
  return command;
}

Json configure_command(const PeerSpec& peer, bool controlling,
                       const std::vector<ServerSpec>& servers, const Lab& lab) {
  const AgentSpec& spec = peer.agent;
  Json stun = Json::array();
  Json turn = Json::array();
  for (const auto& server : servers) {
    if (server.kind != ServerKind::coturn) continue;
    for (const IpAddress& address : lab.known_addresses(server.name, peer.name)) {
      // An allocation tells the server-reflexive address too; asking both ways costs libnice up to
      // 0.1.22 two seconds of RFC 3489 attempts, which a TURN server refuses once it has allocated.
      if (spec.stun || spec.turn.empty()) stun.push_back(Endpoint{address, turn_port}.to_string());
      for (const auto transport : spec.turn) turn.push_back(turn_server(address, transport));
    }
  }
  Json command{{"type", "configure"},
               {"role", controlling ? "controlling" : "controlled"},
               {"stun", stun},
               {"turn", turn},
               {"settings", settings(spec)}};
  if (!spec.proxy.empty()) {
    const IpAddress address = lab.known_addresses(spec.proxy, peer.name)[0];
    command["proxy"] = Endpoint{address, proxy_port}.to_string();
  }
  return command;
}

}  // namespace icelab
