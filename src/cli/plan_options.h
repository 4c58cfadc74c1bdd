#pragma once

#include "harness/scenario/plan.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace icelab {

/// What a user asked to run or list.
struct PlanRequest {
  std::vector<std::string> paths;
  PlanOptions options;
  bool verbose = false;
};

/// The options that choose what runs.
std::shared_ptr<PlanRequest> add_plan_options(CLI::App& command);

/// The runs that were asked for; nothing if a file is wrong, which has then been said on standard
/// error.
std::optional<std::vector<RunPlan>> plan_or_explain(const PlanRequest& request);

}  // namespace icelab
