#include "netns/linux/containment.h"

#include "netns/linux/user_namespace.h"
#include "src/base/descriptor.h"
#include "src/base/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace icelab {
namespace {

bool rootless = false;
bool confined = false;

void require_single_thread() {
  const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  if (std::distance(begin(tasks), end(tasks)) != 1)
    throw std::logic_error("contain_process() must be called before any thread is started");
}

std::string refusal(const std::string& why) {
  return fmt::format(
      "cannot create namespaces: {}\n"
      "icelab needs user namespaces, or root. To allow them:\n"
      "  sysctl user.max_user_namespaces=16384 user.max_pid_namespaces=16384\n"
      "  sysctl kernel.unprivileged_userns_clone=1              (where it exists)\n"
      "  sysctl kernel.apparmor_restrict_unprivileged_userns=0  (where it exists)\n"
      "In a container they need --privileged, or CAP_SYS_ADMIN. 'icelab doctor' checks all of it.",
      why);
}

void make_namespaces() {
  constexpr int flags = CLONE_NEWPID | CLONE_NEWNS;
  rootless = geteuid() != 0;
  try {
    if (rootless) {
      become_namespace_root(flags);
      confined = true;
    } else {
      confined = confine_root();
      check(unshare(flags), "unshare");
    }
  } catch (const SystemError& error) {
    throw MachineError(refusal(error.what()));
  }
}

/// The signals that the processes left behind wait for. Blocked there, restored in the contained
/// one.
sigset_t forwarded_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

int shell_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/// Reaps whatever ends here, orphans too; the child's exit status if it was among them.
std::optional<int> reap(pid_t child) {
  std::optional<int> ended;
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == child) ended = shell_status(status);
  }
  return ended;
}

/// Waits for the child, passing on what a person or a supervisor sends to this process. What the
/// terminal's driver sends, it sends to the child as well: passing that on would say it twice.
[[noreturn]] void stand_by(pid_t child) {
  const sigset_t signals = forwarded_signals();
  while (true) {
    siginfo_t info{};
    const int signal = sigwaitinfo(&signals, &info);
    if (signal == SIGCHLD) {
      if (const auto status = reap(child)) _exit(*status);
    } else if (signal > 0 && info.si_code != SI_KERNEL) {
      kill(child, signal);
    }
  }
}

/// Dies when the process that made it does. `lifeline` is a pipe whose other end that process
/// holds: if it was gone before the kernel was asked, the pipe tells.
void die_with_parent(const Descriptor& lifeline) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd poll_fd{lifeline.get(), POLLIN, 0};
  if (poll(&poll_fd, 1, 0) != 0) _exit(1);
}

pid_t fork_or_refuse() {
  const pid_t child = fork();
  if (child >= 0) return child;
  throw MachineError(std::string(SystemError("start a process in a PID namespace").what()) +
                     "\nMore processes are allowed by 'ulimit -u' and by 'sysctl kernel.pid_max'");
}

/// A /proc that shows this PID namespace. Where a container's own /proc forbids mounting another,
/// the old one serves: /proc/self is right in either.
void mount_proc() {
  mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
}

}  // namespace

void contain_process() {
  require_single_thread();
  static_cast<void>(std::fflush(nullptr));
  make_namespaces();

  std::array<int, 2> pipe_ends{};
  check(pipe2(pipe_ends.data(), O_CLOEXEC), "create a pipe");
  Descriptor lifeline(pipe_ends[0]);
  Descriptor held(pipe_ends[1]);

  const sigset_t signals = forwarded_signals();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);

  const pid_t init = fork_or_refuse();
  if (init > 0) stand_by(init);

  held.reset();
  die_with_parent(lifeline);
  mount_proc();
  const pid_t contained = fork_or_refuse();
  if (contained > 0) stand_by(contained);

  sigprocmask(SIG_SETMASK, &before, nullptr);
}

bool is_rootless() {
  return rootless;
}

bool is_in_user_namespace() {
  return confined;
}

}  // namespace icelab
