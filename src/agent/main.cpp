#include "src/agent/call_session.h"
#include "src/agent/ice_agent.h"
#include "src/agent/session.h"
#include "src/base/error.h"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr auto usage =
    "Usage: icelab-agent [--version]        an ICE agent that takes commands on standard input\n"
    "       icelab-agent --signal URL ROOM  one that meets its peer in a room of `icelab serve`\n"
    "\n"
    "Its events come on standard output, a JSON object a line: docs/agent-protocol.md.\n"
    "URL is the link that `icelab serve` prints, ROOM what stands behind the # of the page's;\n"
    "a link with #ROOM has both.\n";

void run(std::span<const std::string> arguments) {
  if (arguments.empty()) return icelab::run_agent_session(STDIN_FILENO, STDOUT_FILENO);
  const std::string& first = arguments.front();
  if (first == "--version" && arguments.size() == 1) {
    std::cout << "icelab-agent " << ICELAB_VERSION << " (" << icelab::ice_agent_name() << ")\n";
  } else if (first == "--help" && arguments.size() == 1) {
    std::cout << usage;
  } else if (first == "--signal") {
    const auto target = icelab::parse_signalling_target(arguments.subspan(1));
    icelab::run_call_session(target, STDIN_FILENO, STDOUT_FILENO);
  } else {
    throw icelab::UsageError(
        "it takes --signal URL ROOM, or commands on standard input; --help "
        "says more");
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(std::vector<std::string>(argv + 1, argv + argc));
    return EXIT_SUCCESS;
  } catch (const icelab::UsageError& error) {
    std::cerr << "icelab-agent: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "icelab-agent: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
