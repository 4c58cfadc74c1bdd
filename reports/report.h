#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace icelab {

// The report model: what one invocation of icelab found, as plain values. The harness fills it in,
// the renderings beside this file read it; neither knows the other. Schema "icelab-report/1".

inline constexpr std::string_view report_schema = "icelab-report/1";

/// Whether a run met its expectations, was not made since this machine lacks what it needs, or
/// could not be judged.
enum class RunVerdict { as_expected, skipped, unexpected, error };
/// What was seen to flow between the agents when they called themselves connected: checks of ICE,
/// data of their own both ways, or pictures both ways.
enum class Level { ice, data, media };
/// By which way the peers were connected in the end.
enum class Path { direct, relay, none };
/// What became of a candidate pair, by the packets seen.
enum class PairOutcome {
  succeeded,  // a check was answered
  failed,     // checks were sent and the agent gave them all their time
  abandoned,  // the agent stopped checking after it had nominated another pair
  unchecked,  // pruned, frozen, or never sent
};

std::string_view to_string(RunVerdict verdict);  // "as-expected", "skipped", "unexpected", "error"
std::string_view to_string(Level level);
std::string_view to_string(Path path);
std::string_view to_string(PairOutcome outcome);
std::optional<RunVerdict> parse_verdict(std::string_view text);
std::optional<Level> parse_level(std::string_view text);
std::optional<Path> parse_path(std::string_view text);
std::optional<PairOutcome> parse_outcome(std::string_view text);

/// One end of a pair. The address is "10.0.1.2:41010"; type and transport are the words of SDP.
struct CandidateReport {
  std::string type;
  std::string transport;
  std::string address;
};

struct CauseReport {
  std::string code;    // "filtered", "no-mapping", ...
  std::string at;      // the hop: "bob.nat"
  std::string detail;  // the rule that decided, in words
};

struct PairReport {
  std::string agent;  // the peer whose pair it is
  CandidateReport local;
  CandidateReport remote;
  PairOutcome outcome = PairOutcome::unchecked;
  bool nominated = false;
  bool selected = false;
  int checks = 0;  // Binding requests sent, retransmissions included
  std::optional<double> rtt_ms{};
  std::optional<CauseReport> cause{};  // of a failed pair, or of one whose checks nobody saw
  std::string agent_view{};  // the agent's own word for the pair's state; empty if it says nothing
  bool agrees = true;        // whether that word is compatible with the outcome
  /// What happened to it, a line a packet: "0.105 s  alice: check to 203.0.113.22:5002: ...".
  std::vector<std::string> explanation{};
  std::optional<bool> possible{};  // whether the network allows it, where that is known
  /// The agent failed what the network allows.
  [[nodiscard]] bool is_missed() const {
    return outcome == PairOutcome::failed && possible == true;
  }
};

struct PeerReport {
  std::string agent;  // "libnice 0.1.21"
  std::string state;  // the last state it told: "ready", "failed", ...
  std::vector<CandidateReport> candidates;
};

/// Something that happened to the network in mid-run, and what followed. Seconds count from it.
struct EventReport {
  std::string name;
  std::optional<double> seconds;    // from the run's beginning; nothing if it never happened
  std::optional<double> noticed;    // until an agent said that something had changed
  std::optional<double> recovered;  // until data had come through both ways again
  std::optional<Path> path;         // by which way it then did
};

struct RunSeconds {
  std::optional<double> gathering;
  std::optional<double> connected;
  double total = 0;
};

struct RunReport {
  std::string scenario;  // the file's stem: "classic"
  std::string name;  // the parameters' values, "full-cone/symmetric"; the scenario's if it has none
  std::vector<std::pair<std::string, std::string>> parameters;  // in the file's order
  int repeat = 0;
  unsigned seed = 1;  // this run's own
  RunVerdict verdict = RunVerdict::error;
  std::vector<std::string> reasons;  // why the verdict is not as-expected, one sentence each
  bool connected = false;
  Path path = Path::none;
  std::optional<Level> level{};    // of those who are connected
  std::optional<Path> possible{};  // the best that the network allows, where that is known
  RunSeconds seconds;
  std::vector<std::pair<std::string, PeerReport>> peers;
  std::vector<PairReport> pairs;
  std::vector<EventReport> events;
  std::vector<std::string> notes;  // what a reader should know: evidence that was cut short, ...
  std::vector<std::pair<std::string, std::string>>
      artifacts;  // what -> file, relative to the report
};

struct Environment {
  std::string kernel;
  bool rootless = false;
  std::vector<std::pair<std::string, std::string>> versions;  // "libnice" -> "0.1.21"
};

struct Summary {
  int runs = 0;
  int as_expected = 0;
  int skipped = 0;
  int unexpected = 0;
  int errors = 0;
};

struct Report {
  std::string version;  // icelab's own
  unsigned seed = 1;    // of the whole invocation: each run's own derives from it
  Environment environment;
  double wall_seconds = 0;
  bool interrupted = false;  // stopped by the user: the runs are those that had ended
  std::vector<RunReport> runs;

  [[nodiscard]] Summary summary() const;
};

}  // namespace icelab
