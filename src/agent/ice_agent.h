#pragma once

#include "src/agent/command.h"
#include "src/base/json.h"
#include "src/ice/candidate.h"

#include <functional>
#include <memory>
#include <string>

namespace icelab {

/// "libnice 0.1.21"
std::string ice_agent_name();

/// One ICE agent (RFC 8445) of libnice, with one data stream of one component. It lives on GLib's
/// default main context: events come while that runs. What it is told too early, it keeps: remote
/// candidates wait for the credentials that checks to them need.
class IceAgent {
 public:
  /// Receives the agent's events as docs/agent-protocol.md shapes them.
  using Emit = std::function<void(const Json& event)>;

  /// Throws CommandError if libnice does not take the configuration.
  IceAgent(const ConfigureCommand& configuration, Emit emit);
  ~IceAgent();
  IceAgent(const IceAgent&) = delete;
  IceAgent& operator=(const IceAgent&) = delete;

  // These throw CommandError if libnice refuses.
  void gather();
  /// Anew with other credentials (RFC 8445 section 9), and with the candidates that there are:
  /// libnice gathers none.
  void restart();
  /// Other ones than before mean that the peer has restarted: then so does this agent.
  void set_remote_credentials(const std::string& ufrag, const std::string& pwd);
  void add_remote_candidate(const Candidate& candidate);
  void end_remote_candidates();
  /// Over the selected pair.
  void send(const std::string& data);

  /// Before it is destroyed, where GLib's main context runs on: its relays are given back to their
  /// servers (RFC 8656 section 8), which would keep them for ten minutes otherwise.
  void give_relays_back() const;

  /// The agent's own view of its pairs, as a `pairs` event.
  [[nodiscard]] Json pairs() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icelab
