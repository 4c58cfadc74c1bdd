#pragma once

#include "src/agent/command.h"
#include "src/agent/event_output.h"
#include "src/agent/ice_agent.h"
#include "src/agent/server_signal.h"
#include "src/agent/session_description.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// What there is of one peer, from its joining to its leaving: an ICE agent, which comes to terms
/// with the peer's by offer and answer (RFC 3264) and candidates as they are found (RFC 8838). Who
/// offers is the controlling side (RFC 8445 section 6.1.1). Restarts are offers too: the offerer's,
/// for which the answerer asks.
class Meeting {
 public:
  struct Means {
    EventOutput& output;  // the agent's events, and what there is to be said of the peer's messages
    std::function<void(Json message)> say;  // to the peer
  };

  // These throw CommandError if libnice refuses, or where there is no sense in it.
  /// Makes the offer, if `configuration.controlling`.
  Meeting(ConfigureCommand configuration, Means means);
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;
  void hear(const PeerMessage& message);
  void restart();
  void send(const std::string& data);

  /// The agent's own view of its pairs, as a `pairs` event; nothing before there is an agent: an
  /// answerer's begins with the offer.
  [[nodiscard]] std::optional<Json> pairs() const;
  /// Before it is destroyed, where the next peer is waited for.
  void close() const;

 private:
  struct EarlyCandidate {
    std::string text;
    std::string fragment;
  };

  void begin();
  void on_event(const Json& event);
  /// Tells the peer of the agent's credentials, by an offer or an answer.
  void describe();
  void take_offer(const std::string& sdp);
  void take_answer(const std::string& sdp);
  void take_candidate(const std::string& text, const std::string& fragment);
  void take_restart();
  void take_description(const RemoteDescription& description);
  void hand_over(const std::string& candidate);

  ConfigureCommand configuration_;
  Means means_;
  LocalDescription own_;
  std::string remote_fragment_;  // of the peer's latest description; empty before the first
  std::vector<EarlyCandidate> early_;
  bool owes_answer_ = false;
  bool awaits_answer_ = false;
  std::optional<IceAgent> agent_;
};

}  // namespace icelab
