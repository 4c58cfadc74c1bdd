#pragma once

#include "harness/agents/agent_event.h"
#include "harness/observe/possibility.h"
#include "harness/scenario/scenario.h"
#include "netns/fabric/recorder.h"
#include "src/base/clock.h"
#include "src/ice/candidate.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// What one agent told of itself in a run.
struct PeerRecord {
  std::string name;
  std::vector<std::string> interfaces;  // where its host's packets are seen first: "alice.eth0"
  std::string agent;                    // "libnice 0.1.21"
  bool controlling = false;
  std::string state = "silent";  // the last it told
  Level level = Level::ice;      // at which it said that it is connected
  std::vector<Candidate> candidates;
  std::vector<AgentPair> pairs;
  std::optional<AgentSelected> selected;
  std::optional<Instant> gathered;
  std::optional<Instant> connected;   // for the first time
  std::vector<Instant> sessions{};    // of ICE, each with credentials of its own
  std::vector<Instant> selections{};  // of a pair
  std::vector<Instant> changes{};     // these, and all that it told of not being connected any more

  /// Whether a hop is one of its interfaces.
  [[nodiscard]] bool owns(std::string_view hop) const {
    return std::ranges::find(interfaces, hop) != interfaces.end();
  }
  [[nodiscard]] bool is_connected() const { return state == "connected" || state == "ready"; }
  [[nodiscard]] bool is_settled() const { return state == "ready" || state == "failed"; }
};

/// What one peer sent to the other over the selected pair, to see whether data flows.
struct Beat {
  size_t from = 0;  // which peer
  std::string text;
  Instant sent{};
  std::optional<Instant> received{};
};

/// How long something in a run had to wait for a processor of this machine.
struct Wait {
  std::string who;  // "alice's agent"
  Duration waited{};
};
/// How long icelab's own loop, which signals between the agents and keeps the time, was late.
struct LoopLateness {
  Duration at_once{};
  Duration in_all{};
};
/// The most that any program of the run had to wait, and icelab's own lateness, which is none of
/// theirs.
struct Lateness {
  Wait at_once;  // within a short time
  Wait in_all;
  LoopLateness loop{};
};

/// The evidence of one run, on which it is judged.
struct RunRecord {
  RunPlan plan;
  Instant started;
  Instant ended;
  std::vector<PeerRecord> peers;
  Recording recording;
  std::optional<Instant> restarted{};            // ICE, for the last time
  std::vector<Beat> beats;                       // in order of sending; only where there are events
  std::vector<std::optional<Instant>> happened;  // of each event of the plan
  std::vector<std::string> errors;  // what went wrong with the means, not with the network
  std::vector<std::string> notes;
  Lateness lateness{};
  std::optional<Possibility> possible{};  // where the network stays as it is
};

}  // namespace icelab
