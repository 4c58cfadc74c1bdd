#include "src/cli/command_line.h"

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace icelab {
namespace {

constexpr const char* footer =
    "Exit status: 0 all as expected, 1 something was not, 2 the command or a file is wrong,\n"
    "3 this machine cannot run labs. 'icelab COMMAND --help' tells more of each.";

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const auto meant = nearest(word, known);
  return meant ? fmt::format("; did you mean '{}'?", *meant) : "";
}

bool is_option(const std::string& argument) {
  return argument.starts_with("--");
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options()) names.push_back(option->get_name());
  return names;
}

void require_known_options(const CLI::App& command, std::span<const std::string> arguments) {
  for (const auto& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    if (!is_option(name) || command.get_option_no_throw(name) != nullptr) continue;
    throw UsageError(fmt::format("{0}: there is no option '{1}'{2}\n'icelab {0} --help' lists them",
                                 command.get_name(), name,
                                 did_you_mean(name, option_names(command))));
  }
}

/// CLI11 speaks of what is missing before it speaks of what it does not know: a mistyped word comes
/// first here.
void require_known_words(CLI::App& app, const std::vector<std::string>& arguments) {
  const auto word = std::ranges::find_if_not(arguments, is_option);
  if (word == arguments.end() || word->starts_with('-')) return;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() == *word)
      return require_known_options(*command, {word + 1, arguments.end()});
    known.push_back(command->get_name());
  }
  throw UsageError(fmt::format("there is no command '{}'{}\n'icelab --help' lists them", *word,
                               did_you_mean(*word, known)));
}

}  // namespace

int run_command_line(std::vector<std::string> arguments) {
  // CLI11 has no notion of a program to run with options of its own: what stands behind "--" is
  // kept from it.
  const auto separator = std::ranges::find(arguments, "--");
  const bool has_program = separator != arguments.end();
  std::vector<std::string> program;
  if (has_program) program.assign(separator + 1, arguments.end());
  arguments.erase(separator, arguments.end());

  CLI::App app(
      "Puts real ICE agents behind emulated NATs and says for every candidate pair whether it "
      "works, and where it does not, which box dropped which packet and why.",
      "icelab");
  app.set_version_flag("--version", "icelab " ICELAB_VERSION);
  app.require_subcommand(1);
  app.footer(footer);
  Action action;
  add_run_command(app, action);
  add_list_command(app, action);
  add_behind_command(app, action, program);
  add_doctor_command(app, action);
  add_certify_command(app, action);
  add_report_command(app, action);
  add_serve_command(app, action);
  require_known_words(app, arguments);
  try {
    std::ranges::reverse(arguments);  // as CLI11 wants them
    app.parse(arguments);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw UsageError(
        fmt::format("{}\n'icelab --help' and 'icelab COMMAND --help' tell more", error.what()));
  }
  if (has_program && !app.got_subcommand("behind"))
    throw UsageError("only 'behind' takes a program to run behind '--'");
  return action();
}

}  // namespace icelab
