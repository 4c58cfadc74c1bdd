// What a verdict costs: judging a recorded run with all its explanations, explaining alone, and the
// simulation of what was possible. To be held against the processor time of a whole run, which
// `icelab run` takes some hundred milliseconds of.

#include "harness/observe/explain.h"
#include "harness/observe/judge.h"
#include "harness/simulate/simulate.h"
#include "tests/support/golden_recordings.h"

#include <benchmark/benchmark.h>

namespace icelab {
namespace {

void judging(benchmark::State& state, const std::string& name) {
  const RunRecord record = read_golden_recording(name);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(judge(record));
}

void explaining(benchmark::State& state, const std::string& name) {
  const RunRecord record = read_golden_recording(name);
  const auto trips = trace(record.recording);
  const Sightings sightings = find_sightings(trips);
  const auto checks_of = [&](size_t peer) {
    return collect_checks(trips, sightings, record.peers[peer], record.peers[1 - peer],
                          record.started);
  };
  const std::array checks{checks_of(0), checks_of(1)};
  for ([[maybe_unused]] auto _ : state) {
    const Explainer explainer(record, trips, sightings, {checks.data(), &checks[1]});
    for (const size_t peer : {0U, 1U}) {
      for (const auto& [key, its] : checks[peer])
        benchmark::DoNotOptimize(explainer.explain(peer, key, its));
    }
  }
}

/// The nine cells of RFC 4787, each against each.
void simulating(benchmark::State& state) {
  constexpr std::array dependences = {Dependence::endpoint_independent,
                                      Dependence::address_dependent,
                                      Dependence::address_and_port_dependent};
  std::vector<Topology> pairs;
  for (int i = 0; i < 81; ++i) {
    const auto peer = [&](const std::string& name, int cell) {
      NatBehavior nat;
      nat.mapping = dependences[static_cast<size_t>(cell / 3)];
      nat.filtering = dependences[static_cast<size_t>(cell % 3)];
      return PeerSpec{.name = name,
                      .agent = {},
                      .uplinks = {{.way = {.boxes = {{name + ".nat", nat}}, .network = {}}}}};
    };
    pairs.push_back({.networks = {},
                     .peers = {peer("alice", i / 9), peer("bob", i % 9)},
                     .servers = {{.name = "relay"}}});
  }
  for ([[maybe_unused]] auto _ : state) {
    for (const auto& topology : pairs) benchmark::DoNotOptimize(simulate(topology, 1));
  }
}

BENCHMARK_CAPTURE(judging, direct, "direct")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(judging, relay, "relay")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(explaining, direct, "direct")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(explaining, relay, "relay")->Unit(benchmark::kMicrosecond);
BENCHMARK(simulating)->Name("simulating 81 pairs of NATs")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace icelab
