#pragma once

#include "harness/lab/log_file.h"
#include "netns/linux/process.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace icelab {

/// Asks again and again until it is so; false if it is not within `bound`, which is generous: a
/// busy machine is slow.
bool eventually(const std::function<bool()>& condition,
                std::chrono::seconds bound = std::chrono::seconds(30));

struct Outcome {
  int status = 0;  // as a shell says it
  std::string out;
  std::string err;
};

/// A program of a test, in a session of its own; killed with all of it at the end of its scope.
class Program {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  explicit Program(const std::vector<std::string>& arguments, const Variables& environment = {});

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] std::string out() const { return out_.text(); }
  [[nodiscard]] std::string err() const { return err_.text(); }
  /// Signals the process alone, or as a terminal does every process of its group.
  void signal(int number) const;
  void signal_group(int number) const;
  /// Waits for its end; a program that has none within a minute and a half is killed, and throws.
  Outcome wait();

 private:
  LogFile out_;
  LogFile err_;
  ChildProcess process_;
};

/// Runs a program to its end.
Outcome run(const std::vector<std::string>& arguments, const Program::Variables& environment = {});

/// The command line of the icelab under test: icelab({"run", "scenarios"}).
std::vector<std::string> icelab_command(std::vector<std::string> arguments);

/// Why labs cannot be made here, in icelab's own words; empty if they can.
std::string why_no_labs();

/// Skips the test visibly, with the reason, on a machine that cannot run labs.
#define REQUIRE_LABS()                              \
  if (const auto why = why_no_labs(); !why.empty()) \
  GTEST_SKIP() << "this machine cannot run labs:\n" << why

}  // namespace icelab
