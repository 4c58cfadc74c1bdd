#include "tests/lab/family.h"
#include "tests/lab/program.h"
#include "tests/lab/scenario_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace icelab {
namespace {

using testing::Ge;
using testing::IsEmpty;
using testing::SizeIs;

/// Two agents that hang and a server, in three namespaces.
std::string hanging_scenario() {
  return fmt::format(R"({{
    "servers": {{ "relay": {{ "kind": "coturn" }} }},
    "peers": {{ "alice": {{ "agent": {{ "command": ["{0}/hangs"] }} }},
               "bob": {{ "agent": {{ "command": ["{0}/leaves-a-daemon-and-hangs"] }} }} }},
    "expect": [ {{ "connected": true }} ], "deadline_s": 600 }})",
                     ICELAB_TEST_AGENTS);
}

class NothingIsLeft : public testing::Test {
 protected:
  void SetUp() override { REQUIRE_LABS(); }

  /// Waits until `processes` run in at least `networks` namespaces, kills one, and waits for all to
  /// be gone.
  void kill_in_full_flight(Program& program, size_t processes, size_t networks,
                           const std::function<pid_t(const Program&)>& victim) {
    ASSERT_TRUE(eventually([&] { return family_.processes().size() >= processes; }))
        << family_.processes().size() << " processes; " << program.err();
    const auto lab = family_.networks();
    ASSERT_THAT(lab, SizeIs(Ge(networks)));
    ASSERT_EQ(still_alive(lab), lab);
    kill(victim(program), SIGKILL);
    expect_nothing_left(lab);
    EXPECT_EQ(program.wait().status, 128 + SIGKILL);
  }

  void expect_nothing_left(const std::set<std::string>& lab) {
    // Asked until it was so once: the number of a namespace that is gone may be another's next.
    std::set<std::string> alive;
    std::vector<pid_t> processes;
    EXPECT_TRUE(eventually([&] {
      processes = family_.processes();
      alive = still_alive(lab);
      return processes.empty() && alive.empty();
    })) << testing::PrintToString(processes)
        << testing::PrintToString(alive);
  }

  Family family_;
};

pid_t outermost(const Program& program) {
  return program.pid();
}

/// The contained process: the child of the PID namespace's init, which is the child of what was
/// started.
pid_t innermost(const Program& program) {
  return only_child(only_child(program.pid()));
}

// icelab itself three times, coturn, two agents, the sleeping children of both and a daemon.
constexpr size_t running = 9;
constexpr size_t hosts = 3;

TEST_F(NothingIsLeft, OfARunWhenIcelabIsKilled) {
  ScenarioRun icelab(hanging_scenario(), {}, family_.environment());
  kill_in_full_flight(icelab.program(), running, hosts, outermost);
}

TEST_F(NothingIsLeft, OfARunWhenItsInnermostProcessIsKilled) {
  ScenarioRun icelab(hanging_scenario(), {}, family_.environment());
  kill_in_full_flight(icelab.program(), running, hosts, innermost);
}

TEST_F(NothingIsLeft, OfAnInterruptedRun) {
  ScenarioRun icelab(hanging_scenario(), {}, family_.environment());
  ASSERT_TRUE(eventually([&] { return family_.processes().size() >= running; }));
  const auto lab = family_.networks();
  icelab.program().signal(SIGINT);
  EXPECT_EQ(icelab.wait(), 1);
  EXPECT_THAT(family_.processes(), IsEmpty());
  expect_nothing_left(lab);
}

// icelab three times, coturn and the shell with its daemon; a namespace for the server and one for
// the program.
TEST_F(NothingIsLeft, OfBehindWhenIcelabIsKilled) {
  Program icelab(icelab_command({"behind", "symmetric", "--", "sh", "-c",
                                 "setsid sleep 1000 & exec sleep 1000"}),
                 family_.environment());
  kill_in_full_flight(icelab, 6, 2, outermost);
}

TEST_F(NothingIsLeft, OfBehindWhenItsInnermostProcessIsKilled) {
  Program icelab(icelab_command({"behind", "symmetric", "--", "sh", "-c",
                                 "setsid sleep 1000 & exec sleep 1000"}),
                 family_.environment());
  kill_in_full_flight(icelab, 6, 2, innermost);
}

TEST_F(NothingIsLeft, OfBehindWhenItsProgramHasEnded) {
  const Outcome behind =
      run(icelab_command({"behind", "symmetric", "--", "sh", "-c", "setsid sleep 1000 & exit 4"}),
          family_.environment());
  EXPECT_EQ(behind.status, 4) << behind.err;
  EXPECT_THAT(family_.processes(), IsEmpty());
}

}  // namespace
}  // namespace icelab
