#pragma once

#include "harness/agents/agent_event.h"
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
  std::vector<Candidate> candidates;
  std::vector<AgentPair> pairs;
  std::optional<AgentSelected> selected;
  std::optional<Instant> gathered;
  std::optional<Instant> connected;

  /// Whether a hop is one of its interfaces.
  [[nodiscard]] bool owns(std::string_view hop) const {
    return std::ranges::find(interfaces, hop) != interfaces.end();
  }
  [[nodiscard]] bool is_connected() const { return state == "connected" || state == "ready"; }
  [[nodiscard]] bool is_settled() const { return state == "ready" || state == "failed"; }
};

/// The evidence of one run, on which it is judged.
struct RunRecord {
  RunPlan plan;
  Instant started;
  Instant ended;
  std::vector<PeerRecord> peers;
  Recording recording;
  std::vector<std::string> errors;  // what went wrong with the means, not with the network
  std::vector<std::string> notes;
};

}  // namespace icelab
