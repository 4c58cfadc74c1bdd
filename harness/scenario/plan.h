#pragma once

#include "harness/scenario/scenario.h"

#include <string>
#include <vector>

namespace icelab {

// From scenario files and the options of a command line to the runs that are to be made.

struct PlanOptions {
  int repeat = 1;
  unsigned seed = 1;         // each run's own derives from it, the cell and the repeat
  std::string filter = "*";  // a glob over full_name(); '*' matches '/' too
};

/// Either every run that a set of files asks for, or every fault in them: nothing is half-run.
struct PlanResult {
  std::vector<RunPlan> runs;
  std::vector<Fault> faults;
};

/// Reads scenario files; a folder stands for the *.json files in it (not below it, no schemas).
/// That a filter leaves nothing to run is a fault too.
PlanResult plan_scenarios(const std::vector<std::string>& paths, const PlanOptions& options);

/// The text of one scenario, for tests and tools: `file` is used in messages and names the
/// scenario.
PlanResult plan_scenario_text(const std::string& text, const std::string& file,
                              const PlanOptions& options);

}  // namespace icelab
