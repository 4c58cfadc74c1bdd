#pragma once

#include "src/base/json.h"
#include "tests/lab/program.h"
#include "tests/support/temporary_folder.h"

#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// A scenario of a test and `icelab run` on it, in a folder of its own.
class ScenarioRun {
 public:
  /// `options` stand behind the path: {"--jobs", "1"}.
  explicit ScenarioRun(const std::string& scenario, std::vector<std::string> options = {},
                       const Program::Variables& environment = {});

  Program& program() { return *program_; }
  /// Waits for icelab's end, and keeps what it said.
  int wait();
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  [[nodiscard]] std::string out_folder() const { return folder_.path() + "/out"; }
  /// out/report.json, and its runs; throws if it is not there or not JSON.
  [[nodiscard]] Json report() const;
  [[nodiscard]] std::vector<Json> runs() const;
  /// The one run of a scenario without a matrix, or the one of that name.
  [[nodiscard]] Json only_run() const;
  [[nodiscard]] Json run_named(const std::string& name) const;

 private:
  TemporaryFolder folder_;
  std::optional<Program> program_;
  Outcome outcome_;
};

}  // namespace icelab
