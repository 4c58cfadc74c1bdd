#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <iostream>

#include "src/base/error.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"

namespace icelab {
namespace {

constexpr const char* footer =
    "Exit status: 0 all as expected, 1 something was not, 2 the command or a file is wrong,\n"
    "3 this machine cannot run labs. 'icelab COMMAND --help' tells more of each.";

int fail(int status, const std::exception& error) {
  std::cerr << "icelab: " << error.what() << '\n';
  return status;
}

int run_command_line(std::vector<std::string> arguments) {
  // CLI11 has no notion of a program to run with options of its own: what stands behind "--" is kept from it.
  const auto separator = std::ranges::find(arguments, "--");
  std::vector<std::string> program;
  if (separator != arguments.end()) program.assign(separator + 1, arguments.end());
  arguments.erase(separator, arguments.end());

  CLI::App app("Puts real ICE agents behind emulated NATs and says for every candidate pair whether it "
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
  try {
    std::ranges::reverse(arguments);  // as CLI11 wants them
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_as_expected : exit_usage;
  }
  return action();
}

}  // namespace
}  // namespace icelab

int main(int argc, char** argv) {
  // A reader that has gone away ends output with an error to handle, not with a signal.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  try {
    return icelab::run_command_line({argv + 1, argv + argc});
  } catch (const icelab::MachineError& error) {
    return icelab::fail(icelab::exit_machine, error);
  } catch (const std::exception& error) {
    return icelab::fail(icelab::exit_usage, error);
  }
}
