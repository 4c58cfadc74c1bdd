#include "netns/linux/process.h"

#include "netns/linux/capabilities.h"
#include "netns/linux/host.h"
#include "netns/linux/own_files.h"
#include "src/base/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace icelab {
namespace {

/// posix_spawn's file actions and attributes are C objects with a destroy call each.
class SpawnSettings {
 public:
  explicit SpawnSettings(const ProgramSpec& spec) {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (const auto& [from, to] : {std::pair{spec.input, STDIN_FILENO},
                                   {spec.output, STDOUT_FILENO},
                                   {spec.error, STDERR_FILENO}}) {
      if (from >= 0) posix_spawn_file_actions_adddup2(&actions, from, to);
    }
    // Onto itself: it stays open when the program starts.
    for (const int each : spec.inherited) posix_spawn_file_actions_adddup2(&actions, each, each);
    // The child starts as a shell would start it, whatever this program blocks or ignores.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    const int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                      (spec.own_session ? POSIX_SPAWN_SETSID : 0);
    posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

std::vector<std::string> merged_environment(const ProgramSpec& spec) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view ours(*entry);
    const bool replaced = std::ranges::any_of(
        spec.environment, [&](const auto& added) { return ours.starts_with(added.first + "="); });
    if (!replaced) merged.emplace_back(ours);
  }
  for (const auto& [name, value] : spec.environment)
    merged.push_back(fmt::format("{}={}", name, value));
  return merged;
}

std::vector<char*> c_strings(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (auto& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t spawn(const ProgramSpec& spec) {
  const SpawnSettings settings(spec);
  auto arguments = spec.arguments;
  auto environment = merged_environment(spec);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, arguments[0].c_str(), &settings.actions, &settings.attributes,
                   c_strings(arguments).data(), c_strings(environment).data());
  if (error != 0) throw SystemError(fmt::format("start {}", spec.arguments[0]), error);
  return pid;
}

/// glibc 2.36 declares its pidfd_open without C linkage.
int open_pidfd(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

/// posix_spawn cannot limit its child beforehand; a moment later is soon enough for a limit on
/// size.
void limit_file_size(pid_t pid, size_t bytes) {
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  prlimit(pid, RLIMIT_FSIZE, &limit, nullptr);
}

}  // namespace

std::string ExitStatus::to_string() const {
  if (signal == 0) return fmt::format("exit status {}", code);
  return fmt::format("killed by signal {} ({})", signal, strsignal(signal));
}

ChildProcess::ChildProcess(const ProgramSpec& spec) : own_session_(spec.own_session) {
  // A child is born in the namespaces of the thread that makes it.
  if (spec.network < 0) {
    pid_ = spawn(spec);
  } else {
    run_inside(spec.network, [&] {
      if (!spec.own_files.empty() || spec.own_memory) keep_files_to_oneself();
      put_in_place(spec.own_files);
      if (spec.own_memory) cover_shared_memory();
      limit_capabilities();
      pid_ = spawn(spec);
    });
  }
  if (spec.largest_file > 0) limit_file_size(pid_, spec.largest_file);
  pidfd_ = Descriptor(open_pidfd(pid_));
  if (pidfd_) return;
  const int error = errno;
  kill(SIGKILL);  // nobody would ever know how it goes on
  waitpid(pid_, nullptr, 0);
  throw SystemError(fmt::format("watch {}", spec.arguments[0]), error);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      own_session_(other.own_session_),
      pidfd_(std::move(other.pidfd_)),
      ended_(other.ended_) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0 || ended_) return;
  kill(SIGKILL);
  reap(WEXITED);
}

std::optional<ExitStatus> ChildProcess::poll() {
  return reap(WEXITED | WNOHANG);
}

ExitStatus ChildProcess::wait() {
  return *reap(WEXITED);
}

void ChildProcess::kill(int signal) {
  if (ended_) return;
  ::kill(own_session_ ? -pid_ : pid_, signal);
}

std::optional<ExitStatus> ChildProcess::reap(int options) {
  if (ended_) return ended_;
  const auto wait = [&](int how) {
    siginfo_t info{};
    while (waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, how) < 0) {
      if (errno != EINTR) throw SystemError(fmt::format("wait for process {}", pid_));
    }
    return info;
  };
  if (wait(options | WNOWAIT).si_pid == 0) return std::nullopt;
  // What it leaves running in its session ends with it; until it is reaped, its number is its own.
  if (own_session_) ::kill(-pid_, SIGKILL);
  const siginfo_t info = wait(WEXITED);
  ended_ = info.si_code == CLD_EXITED ? ExitStatus{.code = info.si_status, .signal = 0}
                                      : ExitStatus{.code = 0, .signal = info.si_status};
  return ended_;
}

Pipe Pipe::create() {
  std::array<int, 2> ends{};
  check(pipe2(ends.data(), O_CLOEXEC), "create a pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace icelab
