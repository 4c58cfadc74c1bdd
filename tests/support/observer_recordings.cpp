// Makes the observer's golden recordings anew: runs every FOLDER/NAME/scenario.json in a lab and
// writes the evidence beside it. usage: observer_recordings FOLDER [NAME...]

#include "harness/run/runner.h"
#include "harness/scenario/plan.h"
#include "netns/linux/containment.h"
#include "src/base/error.h"
#include "tests/support/run_record_json.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace {

using namespace icelab;

std::vector<std::filesystem::path> scenarios(const std::filesystem::path& folder, int names,
                                             char** name) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto is_wanted = [&](const char* each) { return entry.path().filename() == each; };
    if (names == 0 || std::any_of(name, name + names, is_wanted)) paths.push_back(entry.path());
  }
  return paths;
}

RunPlan plan(const std::filesystem::path& folder) {
  const auto result = plan_scenarios({(folder / "scenario.json").string()}, {});
  if (!result.faults.empty()) throw UsageError(result.faults[0].to_string());
  return result.runs.at(0);
}

void record_all(const std::vector<std::filesystem::path>& folders) {
  std::vector<RunPlan> plans;
  plans.reserve(folders.size());
  for (const auto& folder : folders) plans.push_back(plan(folder));
  contain_process();
  EventLoop loop;
  const auto on_ended = [&](size_t index, const RunResult& result) {
    std::ofstream file(folders[index] / "recording.json");
    file.exceptions(std::ios::failbit | std::ios::badbit);
    file << write_run_record(result.record);
  };
  Runner runner(loop, plans, /*jobs=*/1, {.ended = on_ended, .all_ended = [&] { loop.quit(); }});
  runner.start();
  loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: {} FOLDER [NAME...]\n", argv[0]);
    return 2;
  }
  try {
    record_all(scenarios(argv[1], argc - 2, argv + 2));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", argv[0], error.what());
    return 1;
  }
  return 0;
}
