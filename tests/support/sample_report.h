#pragma once

#include "reports/report.h"

#include <string>
#include <vector>

namespace icelab {

// A report as a run of scenarios/classic.json leaves it, with two cells that went wrong, and one of
// a scenario without matrix.

inline PairReport sample_pair(const std::string& agent, const CandidateReport& local,
                              const CandidateReport& remote, PairOutcome outcome, int checks) {
  PairReport pair;
  pair.agent = agent;
  pair.local = local;
  pair.remote = remote;
  pair.outcome = outcome;
  pair.checks = checks;
  pair.agent_view = to_string(outcome);
  return pair;
}

/// Both sides symmetric, and yet a direct path was asked for.
inline std::vector<PairReport> sample_pairs() {
  const CandidateReport alice_host = {"host", "udp", "10.0.1.2:41010"};
  const CandidateReport alice_relay = {"relay", "udp", "203.0.113.10:50117"};
  const CandidateReport bob_host = {"host", "udp", "10.0.2.2:38221"};
  const CandidateReport bob_srflx = {"srflx", "udp", "203.0.113.22:40000"};
  const CandidateReport bob_relay = {"relay", "udp", "203.0.113.10:61544"};
  const CandidateReport alice_srflx = {"srflx", "udp", "203.0.113.21:40000"};
  const CandidateReport alice_tcp = {"host", "tcp-active", "10.0.1.2:9"};
  const CandidateReport bob_tcp = {"host", "tcp-passive", "10.0.2.2:38222"};

  auto unroutable = sample_pair("alice", alice_host, bob_host, PairOutcome::failed, 4);
  unroutable.cause = {"unroutable", "internet",
                      "10.0.2.2 is a private address, which the internet does not route"};
  auto filtered = sample_pair("alice", alice_host, bob_srflx, PairOutcome::failed, 3);
  filtered.cause = {"filtered", "bob.nat",
                    "the mapping 203.0.113.22:40000 was opened towards 203.0.113.10:3478 and lets "
                    "nobody else in"};
  filtered.agent_view = "succeeded";
  filtered.agrees = false;
  auto relayed = sample_pair("alice", alice_relay, bob_relay, PairOutcome::succeeded, 1);
  relayed.nominated = relayed.selected = true;
  relayed.rtt_ms = 0.84;
  relayed.explanation = {
      "0.101 s  alice: check to 203.0.113.10:61544, through the TURN server: "
      "it arrives at relay",
      "0.102 s  relay: check to 203.0.113.10:61544: it arrives at relay"};
  auto unchecked = sample_pair("alice", alice_tcp, bob_tcp, PairOutcome::unchecked, 0);
  unchecked.agent_view = "";

  auto mismatch = sample_pair("bob", bob_host, alice_srflx, PairOutcome::failed, 3);
  mismatch.cause = {"mapping-mismatch", "alice.nat",
                    "alice.nat maps towards 203.0.113.22:40000 to port 40003, not 40000"};
  mismatch.possible = true;
  auto abandoned = sample_pair("bob", bob_relay, alice_srflx, PairOutcome::abandoned, 2);
  auto selected = sample_pair("bob", bob_relay, alice_relay, PairOutcome::succeeded, 1);
  selected.selected = true;
  selected.rtt_ms = 12.25;
  return {unroutable, filtered, relayed, unchecked, mismatch, abandoned, selected};
}

inline RunReport sample_run(const std::string& a, const std::string& b, double seconds) {
  RunReport run;
  run.scenario = "classic";
  run.name = a + "/" + b;
  run.parameters = {{"a", a}, {"b", b}};
  run.seed = 2166136261;
  run.verdict = RunVerdict::as_expected;
  run.connected = true;
  run.path = Path::direct;
  run.seconds = {0.04, seconds, seconds + 2};
  run.peers = {{"alice", {"libnice 0.1.21", "ready", {{"host", "udp", "10.0.1.2:41010"}}}},
               {"bob", {"libnice 0.1.21", "ready", {}}}};
  run.artifacts = {{"capture", "captures/classic_" + a + "_" + b + ".pcapng"}};
  return run;
}

inline RunReport sample_unexpected() {
  auto run = sample_run("symmetric", "symmetric", 0.66);
  run.verdict = RunVerdict::unexpected;
  run.reasons = {"expected path direct (/expect/1), but the peers were connected by the relay"};
  run.path = Path::relay;
  run.possible = Path::direct;
  run.pairs = sample_pairs();
  run.events = {{.name = "reboot alice.nat",
                 .seconds = 0.9,
                 .noticed = std::nullopt,
                 .recovered = 0.125,
                 .path = Path::relay},
                {.name = "uplink lost",
                 .seconds = 1.5,
                 .noticed = 0.25,
                 .recovered = std::nullopt,
                 .path = std::nullopt},
                {.name = "too late",
                 .seconds = std::nullopt,
                 .noticed = std::nullopt,
                 .recovered = std::nullopt,
                 .path = std::nullopt}};
  run.notes = {"the flight recorder was full after 100000 packets"};
  return run;
}

inline RunReport sample_error() {
  auto run = sample_run("port-restricted-cone", "none", 0);
  run.verdict = RunVerdict::error;
  run.reasons = {"bob's agent ended with signal 11 (Segmentation fault) before it had gathered"};
  run.connected = false;
  run.path = Path::none;
  run.seconds = {std::nullopt, std::nullopt, 0.31};
  run.peers[1].second.state = "";
  return run;
}

inline Report sample_report() {
  const std::vector<std::string> nats = {"none", "full-cone", "restricted-cone",
                                         "port-restricted-cone", "symmetric"};
  Report report;
  report.version = "0.1.0";
  report.seed = 4294967295;
  report.environment = {"6.18.0", true, {{"libnice", "0.1.21"}, {"coturn", "4.6.1"}}};
  report.wall_seconds = 9.08;
  double seconds = 0.20;
  for (const auto& a : nats) {
    for (const auto& b : nats) {
      auto run = sample_run(a, b, seconds += 0.01);
      if (a == "symmetric" && b == "port-restricted-cone") run.path = Path::relay;
      if (a == "symmetric" && b == "full-cone") run.seconds.connected = 12.345;
      if (run.name == "symmetric/symmetric") run = sample_unexpected();
      if (run.name == "port-restricted-cone/none") run = sample_error();
      report.runs.push_back(run);
    }
  }
  auto single = sample_run("", "", 0.05);
  single.scenario = single.name = "single";
  single.parameters.clear();
  report.runs.push_back(single);
  return report;
}

}  // namespace icelab
