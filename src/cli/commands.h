#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace icelab {

/// Of a flag that `run` and `report` have.
inline constexpr auto explain_help =
    "Of every run: who opened which box for whom, packet by packet, pair by pair";

/// What a subcommand does once the whole command line has been read; returns the exit status.
using Action = std::function<int()>;

// Each subcommand is a file of its own: it declares its options, and if it was the one asked for
// sets `action`.
void add_run_command(CLI::App& app, Action& action);
void add_list_command(CLI::App& app, Action& action);
/// `program` is what stood behind "--" on the command line.
void add_behind_command(CLI::App& app, Action& action, const std::vector<std::string>& program);
void add_doctor_command(CLI::App& app, Action& action);
void add_certify_command(CLI::App& app, Action& action);
void add_report_command(CLI::App& app, Action& action);
void add_serve_command(CLI::App& app, Action& action);

}  // namespace icelab
