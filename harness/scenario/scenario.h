#pragma once

#include "netns/fabric/nat_behavior.h"
#include "reports/report.h"
#include "src/base/clock.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace icelab {

// What a scenario file says, as plain values, for one cell of its matrix. See docs/scenario.md.

/// A box on a peer's way to the internet.
struct BoxSpec {
  std::string name;  // "alice.nat", or "alice.nat1", "alice.nat2" from the host outwards
  NatBehavior nat;
};

enum class Nomination { regular, aggressive };
enum class TurnTransport { udp, tcp };

/// How a peer's agent is set up. Everything has the stack's own default where it is left out.
struct AgentSpec {
  std::string kind = "libnice";  // an agent that icelab ships with; empty if it is a command
  std::vector<std::string>
      command;  // any executable that speaks the agent protocol, and its arguments
  Nomination nomination = Nomination::aggressive;
  std::vector<TurnTransport> turn = {TurnTransport::udp};  // empty: no TURN
  bool stun =
      false;  // ask the server by plain STUN too; with TURN the allocation already tells (docs)
  bool force_relay = false;
  bool ice_udp = true;
  bool ice_tcp = false;
  std::optional<int> pacing_ms;        // Ta, RFC 8445 section 14
  std::optional<int> retransmissions;  // Rc, RFC 8489 section 6.2.1
};

struct PeerSpec {
  std::string name;
  AgentSpec agent;
  std::vector<BoxSpec> behind;  // from the host outwards
};

struct ServerSpec {
  std::string name;
  std::string kind;  // "coturn"
};

/// What must hold of a run; a field that is left out is not asked for.
struct Expectation {
  std::string pointer;  // where in the file, for messages: "/expect/1"
  std::optional<bool> connected;
  std::optional<Path> path;
};

/// One run to be made: a cell of a scenario's matrix, once.
struct RunPlan {
  std::string scenario;
  std::string title;
  std::string name;
  std::vector<std::pair<std::string, std::string>> parameters;
  int repeat = 0;
  unsigned seed = 1;
  Duration deadline = std::chrono::seconds(30);
  std::vector<PeerSpec> peers;  // two; the first is controlling
  std::vector<ServerSpec> servers;
  std::vector<Expectation> expectations;  // those whose `when` holds for this cell

  /// "classic/full-cone/symmetric", or "single" for a scenario without a matrix: what a filter
  /// matches.
  [[nodiscard]] std::string full_name() const;
};

/// One thing wrong with a file: where, and what to write instead.
struct Fault {
  std::string file;
  std::string pointer;  // JSON pointer (RFC 6901); empty if the file is not JSON at all
  std::string message;

  /// "scenarios/a.json: /peers/bob/behnd: unknown key; did you mean 'behind'?"
  [[nodiscard]] std::string to_string() const;
};

struct PlanOptions {
  int repeat = 1;
  unsigned seed = 1;         // each run's own derives from it, the cell and the repeat
  std::string filter = "*";  // a glob over full_name(); '*' matches '/' too
};

/// Either every run that a set of files asks for, or every fault in them: nothing is half-run.
struct PlanResult {
  std::vector<RunPlan> runs;
  std::vector<Fault> faults;
};

/// Reads scenario files; a folder stands for the *.json files in it (not below it, no schemas).
/// That a filter leaves nothing to run is a fault too.
PlanResult plan_scenarios(const std::vector<std::string>& paths, const PlanOptions& options);

/// The text of one scenario, for tests and tools: `file` is used in messages and names the
/// scenario.
PlanResult plan_scenario_text(const std::string& text, const std::string& file,
                              const PlanOptions& options);

/// Reads a chain of boxes as on the command line of `icelab behind`: each word is a profile's name,
/// an inline JSON object as in `behind`, or @FILE holding one. Throws UsageError.
std::vector<BoxSpec> parse_behind(const std::vector<std::string>& words, const std::string& peer);

}  // namespace icelab
