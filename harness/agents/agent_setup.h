#pragma once

#include "harness/lab/lab.h"
#include "harness/scenario/scenario.h"
#include "netns/linux/process.h"
#include "src/base/json.h"

#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// What agents that are browsers need and this machine lacks, with the command that installs it.
std::optional<std::string> missing_for_browsers();

/// The command that starts the agent that a scenario names. Throws MachineError if it is not there,
/// unless it is a browser.
std::vector<std::string> agent_command(const AgentSpec& spec);

/// The same on its host, with the files by which it resolves servers that it is told by name (see
/// name_server.h).
ProgramSpec agent_program(const PeerSpec& peer, const std::vector<ServerSpec>& servers,
                          const Lab& lab);

/// The first line an agent is sent: its role, its servers and its settings
/// (docs/agent-protocol.md).
Json configure_command(const PeerSpec& peer, bool controlling,
                       const std::vector<ServerSpec>& servers, const Lab& lab);

}  // namespace icelab
