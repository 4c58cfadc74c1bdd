#include "harness/scenario/plan.h"

#include "harness/scenario/scenario_reader.h"
#include "src/base/error.h"
#include "src/base/file.h"
#include "src/base/hash.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

namespace icelab {
namespace {

namespace fs = std::filesystem;

/// From what identifies a run, so that a cell that comes or goes changes no other run's seed.
unsigned derive_seed(unsigned seed, const RunPlan& plan) {
  return fnv1a(fmt::format("{}\n{}\n{}", seed, plan.full_name(), plan.repeat));
}

bool is_selected(const RunPlan& plan, const std::string& filter) {
  return fnmatch(filter.c_str(), plan.full_name().c_str(), 0) == 0;
}

/// The runs of the cells that the filter selects.
std::vector<RunPlan> select_runs(const std::vector<RunPlan>& cells, const PlanOptions& options) {
  std::vector<RunPlan> runs;
  for (const auto& cell : cells) {
    if (!is_selected(cell, options.filter)) continue;
    for (int repeat = 0; repeat < options.repeat; ++repeat) {
      auto& run = runs.emplace_back(cell);
      run.repeat = repeat;
      run.seed = derive_seed(options.seed, run);
    }
  }
  return runs;
}

void append(std::vector<Fault>& faults, const std::string& file, const JsonFaults& found) {
  for (const auto& [pointer, message] : found.list()) faults.push_back({file, pointer, message});
}

std::string reason_of(int error) {
  if (error != EFBIG) return std::generic_category().message(error);
  return fmt::format("larger than {} MiB, which no scenario is", largest_scenario >> 20);
}

/// Reads files one after the other into cells and faults.
class Planner {
 public:
  void read_path(const std::string& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      read_folder(path);
    } else {
      read_scenario_file(path);
    }
  }

  void read_text(const std::string& text, const std::string& file) {
    JsonFaults found;
    auto cells = read_scenario(text, fs::path(file).stem().string(), found);
    append(faults_, file, found);
    std::ranges::move(cells, std::back_inserter(cells_));
  }

  PlanResult finish(const PlanOptions& options) {
    if (!faults_.empty()) return {{}, std::move(faults_)};
    auto runs = select_runs(cells_, options);
    if (!runs.empty() || cells_.empty()) return {std::move(runs), {}};
    return {{},
            {{"--filter", "",
              fmt::format("'{}' matches none of the {} cells, such as '{}'", options.filter,
                          cells_.size(), cells_.front().full_name())}}};
  }

 private:
  void read_folder(const std::string& folder) {
    std::vector<std::string> files;
    try {
      for (const auto& entry : fs::directory_iterator(folder)) {
        const auto& path = entry.path();
        const bool is_schema = path.stem().extension() == ".schema";
        if (path.extension() == ".json" && !is_schema) files.push_back(path.string());
      }
    } catch (const fs::filesystem_error& error) {
      add_unreadable(folder, reason_of(error.code().value()));
      return;
    }
    if (files.empty()) faults_.push_back({folder, "", "no scenarios (*.json) in this folder"});
    std::ranges::sort(files);
    for (const auto& file : files) read_scenario_file(file);
  }

  void read_scenario_file(const std::string& file) {
    std::error_code error;
    const auto canonical = fs::weakly_canonical(file, error).string();
    if (!seen_.insert(canonical).second) return;
    try {
      const auto text = read_file(file, largest_scenario);
      if (is_named_twice(file)) return;
      read_text(text, file);
    } catch (const NotAFile& failure) {
      add_unreadable(file, failure.reason());
    } catch (const SystemError& failure) {
      add_unreadable(file, reason_of(failure.code()));
    }
  }

  /// Two scenarios of one name would be one in every report.
  bool is_named_twice(const std::string& file) {
    const auto [entry, is_new] = files_.emplace(fs::path(file).stem().string(), file);
    if (is_new) return false;
    faults_.push_back(
        {file, "", fmt::format("{} has the same name; rename one of them", entry->second)});
    return true;
  }

  void add_unreadable(const std::string& path, const std::string& reason) {
    faults_.push_back({path, "", fmt::format("cannot be read: {}", reason)});
  }

  std::vector<RunPlan> cells_;
  std::vector<Fault> faults_;
  std::set<std::string> seen_;                // canonical paths
  std::map<std::string, std::string> files_;  // by scenario name
};

}  // namespace

PlanResult plan_scenarios(const std::vector<std::string>& paths, const PlanOptions& options) {
  Planner planner;
  for (const auto& path : paths) planner.read_path(path);
  return planner.finish(options);
}

PlanResult plan_scenario_text(const std::string& text, const std::string& file,
                              const PlanOptions& options) {
  Planner planner;
  planner.read_text(text, file);
  return planner.finish(options);
}

}  // namespace icelab
