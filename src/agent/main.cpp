#include "src/agent/ice_agent.h"
#include "src/agent/session.h"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <span>
#include <string_view>

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<size_t>(argc));
  if (arguments.size() == 2 && std::string_view(arguments[1]) == "--version") {
    std::cout << "icelab-agent " << ICELAB_VERSION << " (" << icelab::ice_agent_name() << ")\n";
    return EXIT_SUCCESS;
  }
  if (arguments.size() > 1) {
    std::cerr << "icelab-agent: an ICE agent that takes commands on standard input, as "
                 "docs/agent-protocol.md says.\nUsage: icelab-agent [--version]\n";
    return 2;
  }
  try {
    icelab::run_agent_session(STDIN_FILENO, STDOUT_FILENO);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << "icelab-agent: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
