#pragma once

#include "harness/scenario/box_reader.h"
#include "harness/scenario/catalogue.h"
#include "harness/scenario/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace icelab {

// Scenarios for tests, and what becomes of them.

// How messages list what has a name.
inline const std::string known_nats = fmt::format("{}", fmt::join(names_of_single("nat"), ", "));
inline const std::string known_boxes = fmt::format("(known: {})", fmt::join(box_names(), ", "));

/// A scenario whose peers are these, which expects nothing.
inline std::string with_peers(const std::string& alice,
                              const std::string& bob = R"({"agent": "libnice"})") {
  return fmt::format(R"({{"servers": {{"relay": {{"kind": "coturn"}}}},
                          "peers": {{"alice": {}, "bob": {}}}, "expect": []}})",
                     alice, bob);
}

/// A scenario with alice behind ${a} and these members besides.
inline std::string with(const std::string& members) {
  return fmt::format(R"({{"peers": {{"alice": {{"agent": "libnice", "behind": ["${{a}}"]}},
                                     "bob": {{"agent": "libnice"}}}}, {}}})",
                     members);
}

inline std::vector<RunPlan> plan(const std::string& text, const PlanOptions& options = {}) {
  const auto result = plan_scenario_text(text, "x.json", options);
  for (const auto& fault : result.faults) ADD_FAILURE() << fault.to_string();
  return result.runs;
}

inline std::vector<std::string> faults_in(const PlanResult& result) {
  EXPECT_TRUE(result.runs.empty() || result.faults.empty()) << "something would be half-run";
  std::vector<std::string> lines;
  for (const auto& fault : result.faults) lines.push_back(fault.to_string());
  return lines;
}

inline std::vector<std::string> names(const std::vector<RunPlan>& runs) {
  std::vector<std::string> names;
  names.reserve(runs.size());
  for (const auto& run : runs) names.push_back(run.name);
  return names;
}

}  // namespace icelab
