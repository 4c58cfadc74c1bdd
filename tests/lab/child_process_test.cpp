#include "netns/linux/host.h"
#include "netns/linux/process.h"
#include "src/base/error.h"
#include "tests/lab/contained.h"
#include "tests/lab/program.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>

namespace icelab {
namespace {

using testing::HasSubstr;

using ChildProcessTest = ContainedTest;

ProgramSpec shell(const std::string& script) {
  return {.arguments = {"sh", "-c", script}, .environment = {}};
}

/// A number that a child writes as its first line.
pid_t read_number(const Pipe& pipe) {
  std::string line;
  char byte = 0;
  while (read(pipe.read.get(), &byte, 1) == 1 && byte != '\n') line += byte;
  return std::stoi(line);
}

bool is_gone(pid_t pid) {
  return kill(pid, 0) < 0 && errno == ESRCH;
}

TEST_F(ChildProcessTest, TellsTheExitStatus) {
  ChildProcess child(shell("exit 7"));
  const ExitStatus status = child.wait();
  EXPECT_EQ(status.code, 7);
  EXPECT_EQ(status.to_string(), "exit status 7");
  EXPECT_EQ(status.shell_code(), 7);
  EXPECT_FALSE(status.success());
}

TEST_F(ChildProcessTest, TellsTheSignalThatKilledIt) {
  const ExitStatus status = ChildProcess(shell("kill -SEGV $$")).wait();
  EXPECT_EQ(status.signal, SIGSEGV);
  EXPECT_THAT(status.to_string(), HasSubstr("killed by signal 11"));
  EXPECT_EQ(status.shell_code(), 128 + SIGSEGV);
}

TEST_F(ChildProcessTest, NamesTheProgramThatCannotBeStarted) {
  try {
    ChildProcess child({.arguments = {"/no/such/program"}, .environment = {}});
    FAIL() << "it started";
  } catch (const SystemError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/no/such/program"));
    EXPECT_EQ(error.code(), ENOENT);
  }
}

TEST_F(ChildProcessTest, SaysNothingOfItsEndWhileItRuns) {
  ChildProcess child(shell("sleep 1000"));
  EXPECT_FALSE(child.poll());
  child.kill(SIGTERM);
  EXPECT_EQ(child.wait().signal, SIGTERM);
}

TEST_F(ChildProcessTest, AddsToTheEnvironmentAndReplacesInIt) {
  setenv("ICELAB_TEST_A", "old", 1);
  setenv("ICELAB_TEST_B", "kept", 1);
  auto spec = shell(R"(test "$ICELAB_TEST_A $ICELAB_TEST_B $ICELAB_TEST_C" = "new kept added")");
  spec.environment = {{"ICELAB_TEST_A", "new"}, {"ICELAB_TEST_C", "added"}};
  EXPECT_TRUE(ChildProcess(spec).wait().success());
}

TEST_F(ChildProcessTest, FindsFilesOfItsOwnWhichNobodyElseSees) {
  const std::string path = "/etc/nsswitch.conf";  // which every machine has
  const Host host = Host::create({});
  const auto is_ours = [&](const std::vector<std::pair<std::string, std::string>>& own_files) {
    auto spec = shell("test \"$(cat " + path + ")\" = ours");
    spec.network = host.network();
    spec.own_files = own_files;
    return ChildProcess(spec).wait().success();
  };
  EXPECT_TRUE(is_ours({{path, "ours"}}));
  EXPECT_TRUE(is_ours({{path, "theirs"}, {path, "ours"}}));
  EXPECT_FALSE(is_ours({}));
}

TEST_F(ChildProcessTest, SaysWhichFileCannotBeItsOwn) {
  const Host host = Host::create({});
  auto spec = shell("true");
  spec.network = host.network();
  spec.own_files = {{"/etc/no-such-file", ""}};
  try {
    const ChildProcess child(spec);
    FAIL() << "it was started";
  } catch (const MachineError& error) {
    EXPECT_THAT(error.what(), HasSubstr("mount over /etc/no-such-file"));
  }
}

TEST_F(ChildProcessTest, HasTheDescriptorsThatItIsLeft) {
  const Pipe pipe = Pipe::create();
  auto spec = shell("echo 42 >&" + std::to_string(pipe.write.get()));
  spec.inherited = {pipe.write.get()};
  EXPECT_TRUE(ChildProcess(spec).wait().success());
  EXPECT_EQ(read_number(pipe), 42);
}

TEST_F(ChildProcessTest, StartsWithTheSignalsOfAFreshProgram) {
  // icelab ignores SIGPIPE, which what it starts must not inherit. (Beyond the 31 are two signals
  // of glibc's own.)
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const auto status = ChildProcess(shell(R"(
    ignored=$(grep '^SigIgn:' /proc/self/status | cut -f 2)
    test $((0x$ignored & 0x7fffffff)) = 0)"))
                          .wait();
  EXPECT_TRUE(status.success());
}

TEST_F(ChildProcessTest, RunsOnTheHostThatIsNamed) {
  const Host host = Host::create({.interfaces = {{.name = "wlan0"}}});
  auto spec = shell("grep -q wlan0: /proc/net/dev");
  EXPECT_FALSE(ChildProcess(spec).wait().success());
  spec.network = host.network();
  EXPECT_TRUE(ChildProcess(spec).wait().success());
}

TEST_F(ChildProcessTest, TakesItsSessionWithItWhenItEnds) {
  const Pipe output = Pipe::create();
  auto spec = shell("sleep 1000 & echo $!; exit 3");
  spec.output = output.write.get();
  ChildProcess child(spec);
  const pid_t left_behind = read_number(output);
  EXPECT_EQ(child.wait().code, 3);
  EXPECT_TRUE(eventually([&] { return is_gone(left_behind); }));
}

TEST_F(ChildProcessTest, TakesItsSessionWithItWhenItIsDestroyed) {
  const Pipe output = Pipe::create();
  auto spec = shell("sleep 1000 & echo $!; trap '' TERM; wait");
  spec.output = output.write.get();
  pid_t leader = 0;
  pid_t follower = 0;
  {
    const ChildProcess child(spec);
    leader = child.pid();
    follower = read_number(output);
  }
  EXPECT_TRUE(is_gone(leader));
  EXPECT_TRUE(eventually([&] { return is_gone(follower); }));
}

}  // namespace
}  // namespace icelab
