#include "tests/lab/program.h"

#include "src/cli/exit_status.h"

#include <fmt/format.h>
#include <poll.h>

#include <csignal>
#include <stdexcept>

namespace icelab {
namespace {

constexpr auto poll_interval = std::chrono::milliseconds(10);
constexpr auto patience = std::chrono::seconds(90);

}  // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::seconds bound) {
  const auto give_up = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    poll(nullptr, 0, static_cast<int>(poll_interval.count()));
  }
  return true;
}

Program::Program(const std::vector<std::string>& arguments, const Variables& environment)
    : out_("out"),
      err_("err"),
      process_({.arguments = arguments,
                .environment = environment,
                .output = out_.descriptor(),
                .error = err_.descriptor()}) {}

void Program::signal(int number) const {
  kill(pid(), number);
}

void Program::signal_group(int number) const {
  kill(-pid(), number);
}

Outcome Program::wait() {
  std::optional<ExitStatus> status;
  const bool ended = eventually([&] { return (status = process_.poll()).has_value(); }, patience);
  if (!ended) {
    throw std::runtime_error(
        fmt::format("it does not end\nits output: {}\nits errors: {}", out(), err()));
  }
  return {.status = status->shell_code(), .out = out(), .err = err()};
}

Outcome run(const std::vector<std::string>& arguments, const Program::Variables& environment) {
  return Program(arguments, environment).wait();
}

std::vector<std::string> icelab_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ICELAB_PROGRAM);
  return arguments;
}

std::string why_no_labs() {
  const Outcome doctor = run(icelab_command({"doctor"}));
  return doctor.status == exit_machine ? doctor.out : "";
}

}  // namespace icelab
