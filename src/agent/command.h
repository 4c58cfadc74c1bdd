#pragma once

#include "src/ice/candidate.h"
#include "src/net/address.h"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace icelab {

// What a harness may ask of an agent: docs/agent-protocol.md, "Commands".

/// A command that could not be obeyed, and why: the text of an `error` event.
class CommandError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A server as an agent is told of it, by address or by name: "203.0.113.10:3478", "[::1]:3478" or
/// "relay.example:3478".
struct ServerAddress {
  std::string host;  // an address without brackets, or a name that libnice resolves
  std::uint16_t port = 0;

  static std::optional<ServerAddress> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const { return host + ":" + std::to_string(port); }
  bool operator==(const ServerAddress&) const = default;
};

struct ConfigureCommand {
  struct TurnServer {
    ServerAddress address;
    bool over_tcp = false;
    std::string username;
    std::string password;
  };

  bool controlling = false;
  std::vector<ServerAddress> stun;
  std::vector<TurnServer> turn;
  std::optional<Endpoint> proxy;  // HTTP, for TURN over TCP

  bool regular_nomination = false;
  bool force_relay = false;
  bool ice_udp = true;
  bool ice_tcp = false;
  std::uint16_t port = 0;   // of host candidates; 0: any
  int pacing_ms = 20;       // Ta, RFC 8445 section 14
  int retransmissions = 3;  // Rc, RFC 8489 section 6.2.1: every send of a check counts
  std::vector<IpAddress>
      addresses;  // gather on these alone; empty: on every interface but loopback
};

struct GatherCommand {};

struct RemoteCredentialsCommand {
  std::string ufrag;
  std::string pwd;
};

struct RemoteCandidateCommand {
  Candidate candidate;
};

struct RemoteGatheredCommand {};

struct SendCommand {
  std::string data;
};

/// Restart ICE (RFC 8445 section 9).
struct RestartCommand {};

struct QuitCommand {};

using AgentCommand =
    std::variant<ConfigureCommand, GatherCommand, RemoteCredentialsCommand, RemoteCandidateCommand,
                 RemoteGatheredCommand, RestartCommand, SendCommand, QuitCommand>;

/// Reads one line. Throws CommandError, which names the member that is wrong.
AgentCommand parse_agent_command(std::string_view line);

}  // namespace icelab
