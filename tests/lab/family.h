#pragma once

#include "tests/lab/program.h"

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace icelab {

/// A program and all that descends from it, wherever it went: every process of this machine that
/// has this family's mark in its environment.
class Family {
 public:
  Family();

  /// Gives a program, and so everything that it starts, the mark.
  [[nodiscard]] Program::Variables environment() const;
  [[nodiscard]] std::vector<pid_t> processes() const;
  /// Those that run this program: "turnserver".
  [[nodiscard]] std::vector<pid_t> processes_of(const std::string& program) const;
  /// The network namespaces that they are in or hold a descriptor of, but for this process's own:
  /// "net:[4026531840]".
  [[nodiscard]] std::set<std::string> networks() const;

 private:
  std::string mark_;
};

/// Of these network namespaces, those that any process of the machine still keeps alive.
std::set<std::string> still_alive(const std::set<std::string>& networks);

/// The one child of a process; throws if it has none.
pid_t only_child(pid_t pid);

}  // namespace icelab
