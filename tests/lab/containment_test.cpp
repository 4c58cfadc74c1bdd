#include "netns/linux/containment.h"

#include "netns/linux/process.h"
#include "src/base/error.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

namespace icelab {
namespace {

constexpr int refused = 77;

/// A child process that contains itself and then does its work, whose return value is its exit
/// status.
class ContainedChild {
 public:
  explicit ContainedChild(const std::function<int()>& work) : pid_(fork()) {
    if (pid_ == 0) _exit(contain_and_work(work));
  }
  ~ContainedChild() {
    if (ended_) return;
    kill(pid_, SIGKILL);
    wait();
  }
  ContainedChild(const ContainedChild&) = delete;
  ContainedChild& operator=(const ContainedChild&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  int wait() {
    int status = 0;
    check(waitpid(pid_, &status, 0), "wait for a child");
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static int contain_and_work(const std::function<int()>& work) {
    try {
      contain_process();
      return work();
    } catch (const MachineError& error) {
      static_cast<void>(std::fputs(error.what(), stderr));
      return refused;
    } catch (const std::exception& error) {
      static_cast<void>(std::fputs(error.what(), stderr));
      return 99;
    }
  }

  pid_t pid_;
  bool ended_ = false;
};

class Containment : public testing::Test {
 protected:
  void SetUp() override {
    testing::internal::CaptureStderr();
    const int status = ContainedChild([] { return 0; }).wait();
    const std::string why = testing::internal::GetCapturedStderr();
    if (status == refused) GTEST_SKIP() << why;
  }
};

TEST_F(Containment, GivesAPidNamespaceOfItsOwn) {
  const auto status = ContainedChild([] { return getpid() == 2 && getppid() == 1 ? 0 : 1; }).wait();
  EXPECT_EQ(status, 0);
}

TEST_F(Containment, MountsAProcThatShowsItsOwnProcessesOnly) {
  const auto status = ContainedChild([] {
                        if (std::filesystem::read_symlink("/proc/self") != "2") return 1;
                        int processes = 0;
                        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
                          const std::string name = entry.path().filename();
                          if (std::ranges::all_of(name, isdigit)) ++processes;
                        }
                        return processes == 2 ? 0 : 2;
                      }).wait();
  EXPECT_EQ(status, 0);
}

TEST_F(Containment, IsRootInItsUserNamespaceAndSaysWhetherItHadToMakeOne) {
  const bool unprivileged = geteuid() != 0;
  const auto status = ContainedChild([=] {
                        if (geteuid() != 0) return 1;
                        return is_rootless() == unprivileged ? 0 : 2;
                      }).wait();
  EXPECT_EQ(status, 0);
}

TEST_F(Containment, LeavesRootItsUsers) {
  if (geteuid() != 0) GTEST_SKIP() << "for root alone";
  const auto status = ContainedChild([] {
                        return setgroups(0, nullptr) == 0 && setuid(65534) == 0 ? 0 : 1;
                      }).wait();
  EXPECT_EQ(status, 0);
}

/// What forwards packets asks for one.
TEST_F(Containment, LeavesRootItsPriorities) {
  if (geteuid() != 0) GTEST_SKIP() << "for root alone";
  if (prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) != 1)
    GTEST_SKIP() << "root may not raise limits on this machine";
  const auto status =
      ContainedChild([] { return setpriority(PRIO_PROCESS, 0, -15) == 0 ? 0 : 1; }).wait();
  EXPECT_EQ(status, 0);
}

TEST_F(Containment, KeepsItsRootFromThisMachinesNetwork) {
  const Descriptor outside(check(open("/proc/self/ns/net", O_RDONLY), "open a namespace"));
  const auto status =
      ContainedChild([&] { return setns(outside.get(), CLONE_NEWNET) == 0 ? 1 : 0; }).wait();
  EXPECT_EQ(status, 0);
}

TEST_F(Containment, LeavesTheProcOfWhoeverCalledItAlone) {
  const auto proc_mounts = [] {
    std::ifstream mounts("/proc/self/mountinfo");
    int count = 0;
    for (std::string line; std::getline(mounts, line);) {
      if (line.find(" /proc ") != std::string::npos) ++count;
    }
    return count;
  };
  const int before = proc_mounts();
  EXPECT_EQ(ContainedChild([] { return 0; }).wait(), 0);
  EXPECT_EQ(proc_mounts(), before);
}

TEST_F(Containment, PassesTheExitStatusOn) {
  EXPECT_EQ(ContainedChild([] { return 42; }).wait(), 42);
}

TEST_F(Containment, SaysADeathBySignalAsAShellDoes) {
  EXPECT_EQ(ContainedChild([] { return raise(SIGKILL); }).wait(), 128 + SIGKILL);
}

TEST_F(Containment, PassesTerminationOnToTheContainedProcess) {
  Pipe ready = Pipe::create();
  ContainedChild child([&] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    if (write(ready.write.get(), "!", 1) != 1) return 1;
    int signal = 0;
    sigwait(&set, &signal);
    return signal == SIGTERM ? 7 : 1;
  });
  ready.write.reset();
  char byte = 0;
  ASSERT_EQ(read(ready.read.get(), &byte, 1), 1);
  kill(child.pid(), SIGTERM);
  EXPECT_EQ(child.wait(), 7);
}

TEST_F(Containment, KillsWhatTheContainedProcessLeavesRunning) {
  Pipe alive = Pipe::create();  // at its end when nobody holds the other end any more
  ContainedChild child([&] {
    if (fork() == 0) {
      setsid();
      pause();
    }
    return 0;
  });
  alive.write.reset();
  EXPECT_EQ(child.wait(), 0);
  char byte = 0;
  EXPECT_EQ(read(alive.read.get(), &byte, 1), 0);
}

TEST_F(Containment, RefusesToStartWithASecondThread) {
  const auto status = ContainedChild([] {
                        std::promise<void> end;
                        auto other =
                            std::async(std::launch::async, [&] { end.get_future().wait(); });
                        int result = 1;
                        try {
                          contain_process();
                        } catch (const std::logic_error&) {
                          result = 0;
                        }
                        end.set_value();
                        return result;
                      }).wait();
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace icelab
