#include "harness/scenario/behind.h"
#include "harness/scenario/catalogue.h"
#include "harness/scenario/scenario.h"
#include "reports/painter.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"
#include "src/cli/plan_options.h"
#include "src/cli/terminal.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <iostream>

namespace icelab {
namespace {

std::string describe(const Way& way) {
  std::string text;
  for (const auto& box : way.boxes) {
    text += " > " + box.name;
    if (const auto* nat = std::get_if<NatBehavior>(&box.behavior))
      text += fmt::format(" ({}/{})", to_string(nat->mapping), to_string(nat->filtering));
    if (const auto* router = std::get_if<KernelRouterBehavior>(&box.behavior)) {
      text +=
          fmt::format(" (linux {}, input {})", to_string(router->nat), to_string(router->input));
    }
  }
  return way.network.empty() ? text : text + " > " + way.network;
}

void describe(const Topology& topology) {
  for (const auto& network : topology.networks)
    std::cout << fmt::format("  {}{}\n", network.name, describe(network.way));
  for (const auto& peer : topology.peers) {
    for (const auto& [interface, way] : peer.uplinks) {
      const auto name =
          peer.uplinks.size() == 1 ? peer.name : fmt::format("{}.{}", peer.name, interface);
      std::cout << fmt::format("  {}{}\n", name, describe(way));
    }
  }
}

/// "nat/firewall", from the host outwards.
std::string describe_boxes(const Profile& profile) {
  std::vector<std::string_view> kinds;
  for (const auto& box : parse_behind({profile.name}, "host"))
    kinds.push_back(kind_of(box.behavior));
  return fmt::format("{}", fmt::join(kinds, ", then "));
}

int list_networks(bool verbose) {
  const std::string indent = "  ";
  const size_t width = text_style(STDOUT_FILENO).width - indent.size();
  for (const auto& profile : catalogue()) {
    std::cout << fmt::format("{} ({})\n", profile.name, describe_boxes(profile));
    for (const auto& line : wrap(profile.description, width)) std::cout << indent << line << '\n';
    if (verbose) std::cout << '\n' << profile.text << '\n';
  }
  return exit_as_expected;
}

int list(const PlanRequest& request) {
  const auto runs = plan_or_explain(request);
  if (!runs) return exit_usage;
  for (const auto& run : *runs) {
    std::cout << run.full_name();
    if (run.repeat > 0) std::cout << " #" << run.repeat + 1;
    std::cout << '\n';
    if (request.verbose) describe(run.topology);
  }
  return exit_as_expected;
}

}  // namespace

void add_list_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("list", "Show what would run, without running");
  auto request = add_plan_options(*command);
  command->add_flag("-v,--verbose", request->verbose,
                    "Show shared networks and each peer's boxes too, or the networks' files");
  auto* networks =
      command->add_flag("--networks")
          ->description("Show the networks that have names, which 'behind' takes here and there");
  auto* paths = command->get_option("PATH")->required(false)->excludes(networks);
  command->callback([=, &action] {
    if (paths->empty() && networks->empty()) throw CLI::RequiredError(paths->get_name());
    if (networks->empty()) {
      action = [=] { return list(*request); };
    } else {
      action = [=] { return list_networks(request->verbose); };
    }
  });
}

}  // namespace icelab
