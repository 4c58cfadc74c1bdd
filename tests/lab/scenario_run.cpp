#include "tests/lab/scenario_run.h"

#include "src/base/file.h"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

namespace icelab {

ScenarioRun::ScenarioRun(const std::string& scenario, std::vector<std::string> options,
                         const Program::Variables& environment) {
  const std::string file = folder_.path() + "/scenario.json";
  std::ofstream(file) << scenario;
  options.insert(options.begin(), {"run", file, "--out", out_folder()});
  program_.emplace(icelab_command(options), environment);
}

int ScenarioRun::wait() {
  outcome_ = program_->wait();
  return outcome_.status;
}

Json ScenarioRun::report() const {
  return Json::parse(read_file(out_folder() + "/report.json", 64U << 20));
}

std::vector<Json> ScenarioRun::runs() const {
  const Json runs = report().at("runs");
  return {runs.begin(), runs.end()};
}

Json ScenarioRun::only_run() const {
  const auto all = runs();
  if (all.size() != 1) throw std::runtime_error(fmt::format("{} runs instead of one", all.size()));
  return all[0];
}

Json ScenarioRun::run_named(const std::string& name) const {
  for (const Json& run : runs()) {
    if (run.at("name") == name) return run;
  }
  throw std::runtime_error("no run is called " + name);
}

}  // namespace icelab
