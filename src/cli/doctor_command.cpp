#include "harness/agents/agent_setup.h"
#include "harness/lab/name_server.h"
#include "harness/run/environment.h"
#include "netns/linux/containment.h"
#include "netns/linux/host.h"
#include "netns/linux/kernel_router.h"
#include "src/base/error.h"
#include "src/base/path.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>

namespace icelab {
namespace {

/// One line of the doctor's findings, and below it what to do if something is amiss.
class Findings {
 public:
  explicit Findings(std::ostream& out) : out_(out) {}

  void fine(const std::string& what, const std::string& detail) const { say("ok", what, detail); }
  void optional_missing(const std::string& what, const std::string& remedy) const {
    say("--", what, remedy);
  }
  void missing(const std::string& what, const std::string& remedy) {
    say("NO", what, remedy);
    all_fine_ = false;
  }
  [[nodiscard]] bool all_fine() const { return all_fine_; }

 private:
  void say(std::string_view mark, const std::string& what, std::string detail) const {
    for (size_t at = 0; (at = detail.find('\n', at)) != std::string::npos; at += 22)
      detail.replace(at, 1, "\n" + std::string(21, ' '));
    out_ << fmt::format("{}  {:<16} {}\n", mark, what, detail);
  }

  std::ostream& out_;
  bool all_fine_ = true;
};

/// The real thing is tried: what a check merely infers, a lab would find out later.
void examine_namespaces(Findings& findings) {
  try {
    contain_process();
    findings.fine("namespaces", is_rootless()            ? "yes, through a user namespace"
                                : is_in_user_namespace() ? "yes, as root, in a user namespace"
                                                         : "yes, as root");
  } catch (const std::exception& error) {
    findings.missing("namespaces", error.what());
    return;
  }
  try {
    static_cast<void>(Host::create({}));
    findings.fine("TUN device", "yes, /dev/net/tun");
  } catch (const std::exception& error) {
    findings.missing("TUN device", error.what());
    return;
  }
  try {
    require_kernel_routers();
    findings.fine("kernel routers", "yes, nftables");
  } catch (const std::exception& error) {
    findings.optional_missing("kernel routers", error.what());
  }
}

void examine_program(Findings& findings, const std::string& what, const std::string& program,
                     const std::string& remedy, const std::string& needed_for) {
  const auto path = find_program(program);
  const auto version = path ? program_version(*path) : std::nullopt;
  const std::string amiss =
      path ? fmt::format("{} --version fails", path->string()) : std::string("not installed");
  if (version) {
    findings.fine(what, fmt::format("{} ({})", *version, path->string()));
  } else if (needed_for.empty()) {
    findings.missing(what, fmt::format("{}: {}", amiss, remedy));
  } else {
    findings.optional_missing(what,
                              fmt::format("{}, needed only for {}: {}", amiss, needed_for, remedy));
  }
}

/// A program that only some scenarios need, of the package of its name.
void examine_presence(const Findings& findings, const std::string& program,
                      const std::optional<std::string>& path, const std::string& needed_for) {
  if (path) return findings.fine(program, *path);
  findings.optional_missing(
      program,
      fmt::format("not installed, needed only for {}: apt-get install {}", needed_for, program));
}

int examine() {
  Findings findings(std::cout);
  examine_namespaces(findings);
  examine_program(findings, "coturn", "turnserver", "apt-get install coturn", "");
  examine_program(findings, "libnice", own_program("icelab-agent"), "./dev build", "");
  const auto tinyproxy = find_program("tinyproxy");
  examine_presence(findings, "tinyproxy",
                   tinyproxy ? std::optional(tinyproxy->string()) : std::nullopt,
                   "scenarios with an HTTP proxy");
  examine_presence(findings, "unbound", find_unbound(), "servers told by name");
  const auto lacking = missing_for_browsers();
  if (lacking) {
    findings.optional_missing("chromium", *lacking);
  } else {
    findings.fine("chromium", "scenarios with browsers can run");
  }
  examine_program(findings, "nft", "nft", "apt-get install nftables", "the benchmarks");
  std::cout << (findings.all_fine()
                    ? "This machine can run labs.\n"
                    : "This machine cannot run labs yet: mend what is marked NO.\n");
  return findings.all_fine() ? exit_as_expected : exit_machine;
}

}  // namespace

void add_doctor_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("doctor", "Can this machine run labs? What to do if not");
  command->callback([&action] { action = examine; });
}

}  // namespace icelab
