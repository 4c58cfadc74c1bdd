// How fast labs come and go, drained: until the kernel has taken everything back. Beside it the
// same topology made with `ip` commands (routers, but not even NATs), how much memory a lab needs,
// and 500 of them standing at once.

#include "harness/lab/lab.h"
#include "netns/linux/containment.h"
#include "netns/linux/process.h"
#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/limits.h"
#include "tests/bench/support.h"

#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

namespace icelab {
namespace {

constexpr int rounds = 3;
constexpr int labs_a_round = 100;
constexpr int script_labs_a_round = 100;
constexpr int standing_labs = 500;

std::unique_ptr<Lab> make_lab() {
  const auto peer = [](const std::string& name) {
    return PeerSpec{
        .name = name,
        .agent = {},
        .uplinks = {{.way = {{{.name = name + ".nat", .behavior = NatBehavior()}}, ""}}}};
  };
  return std::make_unique<Lab>(
      Topology{
          .networks = {}, .peers = {peer("alice"), peer("bob")}, .servers = {{.name = "relay"}}},
      1, evidence_limit);
}

/// A namespace with one end of a veth pair in it, the other end here: when the kernel has destroyed
/// the namespace, our end is gone too.
void wait_for_a_namespace_to_go(const std::string& interface) {
  {
    const Host sentinel = Host::create({});
    run_program({"ip", "link", "add", interface, "type", "veth", "peer", "name", "inner", "netns",
                 fmt::format("/proc/{}/fd/{}", getpid(), sentinel.network())});
  }
  // Asking at every moment would take a core from the kernel's own worker.
  while (if_nametoindex(interface.c_str()) != 0)
    std::this_thread::sleep_for(std::chrono::microseconds(500));
}

/// Namespaces are destroyed in batches, one batch after the other. When the first sentinel has
/// gone, so has its batch's links; when the second has gone, the first one's batch is done with
/// altogether.
void drain() {
  wait_for_a_namespace_to_go("sentinel1");
  wait_for_a_namespace_to_go("sentinel2");
}

/// Seconds a lab, set-up and tear-down, drained.
template <typename Work>
double seconds_each(int count, const Work& work) {
  drain();
  const Instant start = now();
  for (int i = 0; i < count; ++i) work(i);
  drain();
  return seconds(now() - start) / count;
}

void compare_with_script(const std::string& script) {
  // It is worth comparing with only if it carries packets, from peer to peer and to the relay.
  for (const char* address : {"10.0.2.2", "203.0.113.11"})
    run_program({"sh", "-c", fmt::format("{} 0 ping -q -c1 -W5 {} >/dev/null", script, address)});
  std::vector<double> ours, theirs, ratios;
  for (int round = 0; round < rounds; ++round) {
    ours.push_back(seconds_each(labs_a_round, [](int) { make_lab(); }));
    theirs.push_back(seconds_each(script_labs_a_round, [&](int i) {
      run_program({script, fmt::format("{}", i)});
    }));
    ratios.push_back(theirs.back() / ours.back());
  }
  fmt::print("lab set-up and tear-down, drained   {:7.2f} ms a lab\n", median(ours) * 1e3);
  fmt::print("the same with ip commands           {:7.2f} ms a lab\n", median(theirs) * 1e3);
  fmt::print("RATIO ip commands / icelab          {:7.1f} (at least 20)\n", median(ratios));
}

size_t own_memory() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

size_t available_memory() {
  std::ifstream meminfo("/proc/meminfo");
  for (std::string line; std::getline(meminfo, line);) {
    size_t kilobytes = 0;
    if (std::sscanf(line.c_str(), "MemAvailable: %zu kB", &kilobytes) == 1) return kilobytes << 10;
  }
  return 0;
}

void stand_many() {
  const size_t own_before = own_memory(), available_before = available_memory();
  std::vector<std::unique_ptr<Lab>> labs;
  labs.reserve(standing_labs);
  const Instant start = now();
  for (int i = 0; i < standing_labs; ++i) labs.push_back(make_lab());
  const double built = seconds(now() - start);
  const double own = static_cast<double>(own_memory() - own_before) / standing_labs / (1 << 20);
  const double kernel =
      static_cast<double>(available_before - available_memory()) / standing_labs / (1 << 20);
  fmt::print("{} labs standing at once after       {:7.2f} s\n", labs.size(), built);
  fmt::print(
      "a lab's own memory                  {:7.3f} MiB and up to {:.0f} of evidence (at most 2); "
      "the kernel's {:.2f}\n",
      own, static_cast<double>(evidence_limit) / (1 << 20), kernel);
}

}  // namespace
}  // namespace icelab

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr,
               "usage: lab_bench SCRIPT (that makes and removes one topology with ip commands)\n");
    return 2;
  }
  try {
    icelab::contain_process();
    icelab::raise_descriptor_limit();
    icelab::check(unshare(CLONE_NEWNET), "leave this machine's network");
    icelab::compare_with_script(argv[1]);
    icelab::stand_many();
  } catch (const std::exception& error) {
    fmt::print(stderr, "lab_bench: {}\n", error.what());
    return 1;
  }
}
