#include "harness/lab/coturn.h"
#include "harness/lab/lab.h"
#include "harness/observe/host_drops.h"
#include "harness/scenario/behind.h"
#include "harness/scenario/box_reader.h"
#include "netns/linux/containment.h"
#include "netns/linux/process.h"
#include "src/base/error.h"
#include "src/base/event_loop.h"
#include "src/base/path.h"
#include "src/base/text.h"
#include "src/cli/commands.h"
#include "src/cli/exit_status.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace icelab {
namespace {

constexpr const char* host = "host";
constexpr const char* relay = "relay";
// As shells say it (POSIX, Shell Command Language, section 2.8.2), and env(1) and timeout(1).
constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

constexpr const char* footer =
    "BOX is 'none', a name, a JSON object as in a scenario's `behind`, be it a NAT, a firewall or\n"
    "a link, or @FILE with one; several are a chain from the host outwards.\n"
    "The program runs on a host of its own, where it is root. Its packets go through the boxes, "
    "and\n"
    "this machine's network is closed to it. Files, and sockets that are files, are this "
    "machine's,\n"
    "with the rights of the user who runs icelab: it contains packets, not malice.\n"
    "The program finds in its environment:\n"
    "  ICELAB_STUN           the STUN server, ADDRESS:PORT; it has two addresses (RFC 5780)\n"
    "  ICELAB_TURN           the TURN server, ADDRESS:PORT, over UDP and TCP\n"
    "  ICELAB_TURN_USER, ICELAB_TURN_PASSWORD  credentials for it, good for a day\n"
    "  ICELAB_STUN6, ICELAB_TURN6  the same by IPv6, where the host has both IP versions\n"
    "The host has IPv4, and where a box is for IPv6, that too; behind a nat64 without a clat it\n"
    "has IPv6 alone, and knows the servers by addresses of the nat64's prefix.\n"
    "What the host's own interface drops, and not the network, is told when the program has "
    "ended.\n"
    "The exit status is the program's, 127 if it is not found, or 126 if it is not executable;\n"
    "icelab's own are 2 and 3.\n"
    "Example: icelab behind symmetric -- turnutils_natdiscovery -m -f 203.0.113.10";

/// The kernel does not take the file for a program, or does not find its interpreter.
bool is_no_program(const SystemError& error) {
  return error.code() == ENOENT || error.code() == ENOEXEC || error.code() == EACCES;
}

/// Starts the program once the servers answer, and ends when it does.
class Session {
 public:
  Session(const Topology& topology, std::vector<std::string> program)
      : program_(std::move(program)), lab_(topology, 1, 0) {}

  int run() {
    const auto server = start_coturn(
        loop_, lab_.host(relay).network(), lab_.place(relay).addresses, relay,
        [this](const auto& failure) {
          if (!failure) return start();
          if (!child_) throw MachineError(*failure);
          std::cerr << fmt::format("icelab: {}\n",
                                   *failure);  // the program goes on without
        });
    loop_.run();
    tell_drops();
    return status_.shell_code();
  }

 private:
  void start() {
    // Ctrl-C and Ctrl-\ are the program's from now on: it shares the terminal.
    static_cast<void>(std::signal(SIGINT, SIG_IGN));
    static_cast<void>(std::signal(SIGQUIT, SIG_IGN));
    try {
      child_.emplace(program_spec());
    } catch (const SystemError& error) {
      if (!is_no_program(error)) throw;
      std::cerr << fmt::format("icelab: {}\n", error.what());
      status_.code = error.code() == ENOENT ? exit_not_found : exit_not_executable;
      loop_.quit();
      return;
    }
    ended_ = loop_.on_readable(child_->pidfd(), [this] {
      status_ = child_->wait();
      loop_.quit();
    });
  }

  /// Packets that hosts' own interfaces dropped look to the program as if the network had lost
  /// them.
  void tell_drops() {
    for (const auto& sentence : describe_host_drops(lab_.stop()))
      std::cerr << fmt::format("icelab: {}\n", sentence);
  }

  [[nodiscard]] ProgramSpec program_spec() const {
    return {.arguments = program_,
            .environment = environment(),
            .network = lab_.host(host).network(),
            .own_session = false};
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const {
    const auto known = lab_.known_addresses(relay, host);
    const auto credentials = lab_turn_credentials(host);
    const auto server = [](const IpAddress& address) {
      return Endpoint{address, turn_port}.to_string();
    };
    std::vector<std::pair<std::string, std::string>> variables{
        {"ICELAB_STUN", server(known.front())},
        {"ICELAB_TURN", server(known.front())},
        {"ICELAB_TURN_USER", credentials.username},
        {"ICELAB_TURN_PASSWORD", credentials.password}};
    if (known.size() > 1) {
      variables.emplace_back("ICELAB_STUN6", server(known.back()));
      variables.emplace_back("ICELAB_TURN6", server(known.back()));
    }
    return variables;
  }

  void pass_on(int signal) {
    if (child_) {
      child_->kill(signal);
    } else {
      status_ = {.code = 0, .signal = signal};
      loop_.quit();
    }
  }

  std::vector<std::string> program_;
  EventLoop loop_;
  // What is sent to icelab alone is passed on. To the last: a signal sent to a whole group comes
  // here more than once, and must not take the place of the program's exit status.
  EventLoop::Watch terminate_ = loop_.on_signal(SIGTERM, [this] { pass_on(SIGTERM); });
  EventLoop::Watch hang_up_ = loop_.on_signal(SIGHUP, [this] { pass_on(SIGHUP); });
  Lab lab_;
  std::optional<ChildProcess> child_;
  EventLoop::Watch ended_;
  ExitStatus status_{.code = exit_unexpected, .signal = 0};
};

/// Says why it is no program, and the exit status for it.
int refuse(const std::string& command) {
  const bool is_there = is_file_of_command(command);
  std::cerr << fmt::format("icelab: {}: {}\n", command, is_there ? "not executable" : "not found");
  return is_there ? exit_not_executable : exit_not_found;
}

Topology topology_behind(const std::vector<BoxSpec>& boxes) {
  const IpVersions versions = choose_ip_versions(boxes);
  return {.networks = {},
          .peers = {{.name = host, .agent = {}, .uplinks = {{.way = {boxes, ""}}}, .ip = versions}},
          .servers = {{.name = relay}}};
}

int behind(const std::vector<std::string>& words, const std::vector<std::string>& program) {
  if (program.empty())
    throw UsageError("behind: no program to run: icelab behind BOX... -- PROGRAM [ARGUMENT...]");
  const auto topology = topology_behind(parse_behind(words, host));
  if (!find_program(program[0])) return refuse(program[0]);
  require_coturn();
  static_cast<void>(affordable_labs(descriptors_for(topology)));
  contain_process();
  const int status = Session(topology, program).run();
  for (const int signal : {SIGTERM, SIGHUP}) static_cast<void>(std::signal(signal, SIG_IGN));
  return status;
}

}  // namespace

void add_behind_command(CLI::App& app, Action& action, const std::vector<std::string>& program) {
  auto* command = app.add_subcommand(
      "behind", "Run any program behind NATs, with STUN and TURN servers on the lab's internet");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("BOX", *words, "From the host outwards")
      ->required()
      ->type_name("... -- PROGRAM [ARGUMENT...]");
  command->footer(fmt::format("{}\n\nNames: {}", footer, join_words(box_names())));
  command->callback(
      [words, program, &action] { action = [words, program] { return behind(*words, program); }; });
}

}  // namespace icelab
