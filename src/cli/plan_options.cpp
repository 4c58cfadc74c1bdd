#include "src/cli/plan_options.h"

#include <CLI/CLI.hpp>

#include <iostream>

namespace icelab {

std::shared_ptr<PlanRequest> add_plan_options(CLI::App& command) {
  auto request = std::make_shared<PlanRequest>();
  command.add_option("PATH", request->paths, "Scenario files, or folders of them")->required();
  command.add_option("--repeat", request->options.repeat, "Make every run this often")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  command.add_option("--seed", request->options.seed, "Where everything random starts from")
      ->type_name("S");
  command
      .add_option("--filter", request->options.filter,
                  "Only runs whose scenario/name matches, such as 'classic/symmetric/*'")
      ->type_name("GLOB");
  return request;
}

std::optional<std::vector<RunPlan>> plan_or_explain(const PlanRequest& request) {
  auto plan = plan_scenarios(request.paths, request.options);
  if (plan.faults.empty()) return std::move(plan.runs);
  for (const auto& fault : plan.faults) std::cerr << "icelab: " << fault.to_string() << '\n';
  return std::nullopt;
}

}  // namespace icelab
