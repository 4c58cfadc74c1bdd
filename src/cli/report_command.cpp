#include "reports/compare.h"
#include "reports/json.h"
#include "reports/text.h"
#include "src/base/file.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"
#include "src/cli/terminal.h"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <iostream>

namespace icelab {
namespace {

constexpr size_t largest_report = size_t{1} << 30;

Report read_report(const std::string& path) {
  return parse_report(read_file(path, largest_report), path);
}

int show(const std::string& path, bool explained) {
  auto style = text_style(STDOUT_FILENO);
  style.explained = explained;
  std::cout << render_text(read_report(path), style);
  return exit_as_expected;
}

int compare(const std::string& old_path, const std::string& new_path) {
  const Report before = read_report(old_path), after = read_report(new_path);
  const auto changes = compare(before, after);
  std::cout << render_comparison(changes, before, after, text_style(STDOUT_FILENO));
  return has_regression(changes) ? exit_unexpected : exit_as_expected;
}

}  // namespace

void add_report_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("report", "Show a report.json, or hold one against another");
  auto paths = std::make_shared<std::vector<std::string>>();
  auto compared = std::make_shared<std::vector<std::string>>();
  auto* file = command->add_option("FILE", *paths, "A report.json that 'run --out' has written");
  file->expected(1);
  auto explained = std::make_shared<bool>(false);
  command->add_flag("--explain", *explained, explain_help)->needs(file);
  auto* comparison = command->add_option("--compare", *compared,
                                         "Cells that changed path, verdict, cause, or time beyond "
                                         "noise; exit status 1 if any is worse");
  comparison->expected(2)->type_name("OLD NEW")->excludes(file);
  command->callback([=, &action] {
    if (paths->empty() && compared->empty()) throw CLI::RequiredError("FILE or --compare OLD NEW");
    if (compared->empty()) {
      action = [=] { return show(paths->at(0), *explained); };
    } else {
      action = [=] { return compare(compared->at(0), compared->at(1)); };
    }
  });
}

}  // namespace icelab
