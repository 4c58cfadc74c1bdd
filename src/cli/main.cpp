#include "src/base/error.h"
#include "src/cli/command_line.h"
#include "src/cli/exit_status.h"
#include "src/cli/standard_streams.h"

#include <cerrno>
#include <csignal>
#include <iostream>

namespace icelab {
namespace {

int fail(int status, const std::exception& error) {
  std::cerr << "icelab: " << error.what() << '\n';
  return status;
}

/// Out of descriptors, processes or memory: not what was asked for is wrong, but where.
bool is_shortage(const SystemError& error) {
  const int code = error.code();
  return code == EMFILE || code == ENFILE || code == EAGAIN || code == ENOMEM || code == ENOBUFS;
}

int run(const std::vector<std::string>& arguments) {
  try {
    const int status = run_command_line(arguments);
    if (flush_standard_output()) return status;
    std::cerr << "icelab: standard output could not be written: is a disk full?\n";
    return exit_usage;
  } catch (const MachineError& error) {
    return fail(exit_machine, error);
  } catch (const SystemError& error) {
    return fail(is_shortage(error) ? exit_machine : exit_usage, error);
  } catch (const std::exception& error) {
    return fail(exit_usage, error);
  }
}

}  // namespace
}  // namespace icelab

int main(int argc, char** argv) {
  icelab::open_closed_streams();
  // A reader that has gone away ends output with an error to handle, not with a signal.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  return icelab::run({argv + 1, argv + argc});
}
