#include "tests/lab/program.h"
#include "tests/lab/scenario_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace icelab {
namespace {

using testing::Ge;
using testing::IsEmpty;
using testing::SizeIs;

namespace fs = std::filesystem;

constexpr const char* marker = "ICELAB_TEST_MARKER";

std::string content(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::ranges::all_of(name, isdigit)) found.push_back(std::stoi(name));
  }
  return found;
}

fs::path proc(pid_t pid) {
  return fmt::format("/proc/{}", pid);
}

/// A network namespace is alive while a process is in it or holds a descriptor of it:
/// "net:[4026531840]".
std::set<std::string> networks_of(pid_t pid) {
  std::set<std::string> found;
  std::error_code gone;
  found.insert(fs::read_symlink(proc(pid) / "ns/net", gone));
  for (const auto& fd : fs::directory_iterator(proc(pid) / "fd", gone)) {
    const std::string target = fs::read_symlink(fd.path(), gone);
    if (target.starts_with("net:[")) found.insert(target);
  }
  return found;
}

/// The processes whose environment has this test's marker in it, and so everything that icelab
/// starts.
class Family {
 public:
  Family() : mark_(fmt::format("{}-{}", getpid(), ++count_)) {}

  [[nodiscard]] Program::Variables environment() const { return {{marker, mark_}}; }

  [[nodiscard]] std::vector<pid_t> processes() const {
    std::vector<pid_t> found;
    for (const pid_t pid : all_processes()) {
      const std::string needle = fmt::format("{}={}", marker, mark_) + '\0';
      if (content(proc(pid) / "environ").find(needle) != std::string::npos) found.push_back(pid);
    }
    return found;
  }

  /// Those that are not this test's own.
  [[nodiscard]] std::set<std::string> networks() const {
    std::set<std::string> found;
    for (const pid_t pid : processes()) found.merge(networks_of(pid));
    for (const auto& own : networks_of(getpid())) found.erase(own);
    return found;
  }

 private:
  static inline int count_ = 0;
  std::string mark_;
};

/// Of these networks, those that any process of the machine still keeps alive.
std::set<std::string> still_alive(const std::set<std::string>& networks) {
  std::set<std::string> alive;
  for (const pid_t pid : all_processes()) {
    for (const auto& network : networks_of(pid)) {
      if (networks.contains(network)) alive.insert(network);
    }
  }
  return alive;
}

/// The contained process: the child of the PID namespace's init, which is the child of what was
/// started.
pid_t innermost(const Program& program) {
  const auto only_child = [](pid_t pid) {
    return std::stoi(content(proc(pid) / fmt::format("task/{}/children", pid)));
  };
  return only_child(only_child(program.pid()));
}

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
    eventually([&] { return family_.processes().empty() && still_alive(lab).empty(); });
    EXPECT_THAT(family_.processes(), IsEmpty());
    EXPECT_THAT(still_alive(lab), IsEmpty());
  }

  Family family_;
};

pid_t outermost(const Program& program) {
  return program.pid();
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
