#pragma once

#include "src/base/descriptor.h"

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace icelab {

/// A program to start on a host.
struct ProgramSpec {
  std::vector<std::string> arguments;                            // [0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>> environment;  // added to, or in place of, ours
  int network = -1;                                              // a Host's; -1 stays where we are
  // Its standard streams; -1 passes ours on.
  int input = -1;
  int output = -1;
  int error = -1;
  std::vector<int> inherited = {};  // descriptors that it has besides, under the same numbers
  /// What it finds in certain files, whatever this machine has there: path and text. Such a program
  /// has a mount namespace of its own.
  std::vector<std::pair<std::string, std::string>> own_files = {};
  /// An empty /dev/shm of its own, that goes when it does: for programs that leave files behind.
  bool own_memory = false;
  size_t largest_file = 0;  // bytes that it may write to any one file; 0: as many as we may
  bool own_session = true;  // false keeps the terminal, and with it Ctrl-C
};

/// How a process ended.
struct ExitStatus {
  int code = 0;    // valid if signal is 0
  int signal = 0;  // that killed it
  [[nodiscard]] bool success() const { return code == 0 && signal == 0; }
  /// As a shell would say it: 128 + N after signal N.
  [[nodiscard]] int shell_code() const { return signal != 0 ? 128 + signal : code; }
  /// "exit status 2" or "killed by signal 11 (Segmentation fault)".
  [[nodiscard]] std::string to_string() const;
};

/// A child process, by pidfd. Destroying it kills whatever of its session still runs, and reaps it.
class ChildProcess {
 public:
  /// Throws SystemError, naming the program, if it cannot be started.
  explicit ChildProcess(const ProgramSpec& spec);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable once the process has ended (pidfd_open(2)).
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  /// How it ended, or nothing while it runs.
  std::optional<ExitStatus> poll();
  ExitStatus wait();
  /// Signals the whole session if it has one of its own, else the process. Harmless once it has
  /// ended.
  void kill(int signal);

 private:
  std::optional<ExitStatus> reap(int options);

  pid_t pid_ = -1;
  bool own_session_ = true;
  Descriptor pidfd_;
  std::optional<ExitStatus> ended_;
};

/// A pipe's two ends, both closed on exec.
struct Pipe {
  Descriptor read;
  Descriptor write;
  static Pipe create();
};

}  // namespace icelab
