#include "harness/agents/agent_setup.h"

#include "harness/lab/call_server.h"
#include "harness/lab/coturn.h"
#include "harness/lab/name_server.h"
#include "harness/lab/tinyproxy.h"
#include "src/base/error.h"
#include "src/base/path.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace icelab {
namespace {

/// By what a peer is to call a server, a port each; see name_server.h.
using Caller = std::function<std::string(std::uint16_t port)>;

std::vector<Caller> callers_of(const ServerSpec& server, const std::string& peer, const Lab& lab) {
  std::vector<Caller> callers;
  if (server.told_by == ToldBy::name) {
    const auto name =
        lab.place(peer).needs_nat64() ? ipv4_name_of(server.name) : name_of(server.name);
    callers.emplace_back([name](std::uint16_t port) { return fmt::format("{}:{}", name, port); });
    return callers;
  }
  for (const IpAddress& address : lab.known_addresses(server.name, peer)) {
    callers.emplace_back([address](std::uint16_t port) {
      return Endpoint{address, port}.to_string();
    });
  }
  return callers;
}

Json turn_server(const Caller& called, TurnTransport transport,
                 const TurnCredentials& credentials) {
  const auto port = transport == TurnTransport::tcp_443 ? turn_web_port : turn_port;
  return {{"address", called(port)},
          {"transport", transport == TurnTransport::udp ? "udp" : "tcp"},
          {"username", credentials.username},
          {"password", credentials.password}};
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

/// A program of Node.js that drives the browser, with a library beside it.
std::filesystem::path browser_agent() {
  return own_program("icelab-agent-chromium");
}

/// The call page as a peer opens it.
std::string link_for(const PeerSpec& peer, const std::vector<ServerSpec>& servers, const Lab& lab) {
  const auto server = std::ranges::find(servers, ServerKind::serve, &ServerSpec::kind);
  return call_link(lab.known_addresses(server->name, peer.name)[0], peer.agent.force_relay);
}

}  // namespace

std::optional<std::string> missing_for_browsers() {
  std::error_code error;
  const auto script = std::filesystem::canonical(browser_agent(), error);
  const bool installed = !error && find_program("chromium") && find_program("node") &&
                         std::filesystem::exists(script.parent_path() / "node_modules", error);
  if (installed) return std::nullopt;
  return "browsers need chromium, nodejs and puppeteer-core; to install them: ./dev browser";
}

std::vector<std::string> agent_command(const AgentSpec& spec) {
  if (spec.is_browser()) return {browser_agent().string()};
  auto command =
      spec.command.empty() ? std::vector{own_program("icelab-agent").string()} : spec.command;
  if (!find_program(command[0])) {
    throw MachineError(
        fmt::format("the agent '{}' is not an executable file, nor in PATH", command[0]));
  }
  return command;
}

ProgramSpec agent_program(const PeerSpec& peer, const std::vector<ServerSpec>& servers,
                          const Lab& lab) {
  ProgramSpec program{.arguments = agent_command(peer.agent),
                      .environment = {},
                      .network = lab.host(peer.name).network()};
  const auto named = std::ranges::find(servers, ToldBy::name, &ServerSpec::told_by);
  if (named != servers.end())
    program.own_files = files_to_resolve_by(lab.own_address(named->name, peer.name));
  if (peer.agent.is_browser()) {
    // Its profile is a folder that it does not get to remove when it is killed.
    program.own_memory = true;
    program.environment = {{"TMPDIR", "/dev/shm"}};
  }
  if (peer.agent.is_on_call_page()) {
    program.arguments.emplace_back("--page");
    program.arguments.push_back(link_for(peer, servers, lab));
  }
  return program;
}

Json configure_command(const PeerSpec& peer, bool controlling,
                       const std::vector<ServerSpec>& servers, const Lab& lab) {
  const AgentSpec& spec = peer.agent;
  Json stun = Json::array();
  Json turn = Json::array();
  const auto credentials = lab_turn_credentials(peer.name);
  for (const auto& server : servers) {
    if (server.kind != ServerKind::coturn) continue;
    for (const Caller& called : callers_of(server, peer.name, lab)) {
      // An allocation tells the server-reflexive address too; asking both ways costs libnice up to
      // 0.1.22 two seconds of RFC 3489 attempts, which a TURN server refuses once it has allocated.
      if (spec.stun || spec.turn.empty()) stun.push_back(called(turn_port));
      for (const auto transport : spec.turn)
        turn.push_back(turn_server(called, transport, credentials));
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
