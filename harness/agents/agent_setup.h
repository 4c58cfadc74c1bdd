#pragma once

#include "harness/lab/lab.h"
#include "harness/scenario/scenario.h"
#include "src/base/json.h"

#include <string>
#include <utility>
#include <vector>

namespace icelab {

/// The command that starts the agent that a scenario names. Throws MachineError if it is not there.
std::vector<std::string> agent_command(const AgentSpec& spec);

/// The files by which an agent that is told servers by name resolves them; see name_server.h.
std::vector<std::pair<std::string, std::string>> agent_files(const PeerSpec& peer,
                                                             const std::vector<ServerSpec>& servers,
                                                             const Lab& lab);

/// The first line an agent is sent: its role, its servers and its settings
/// (docs/agent-protocol.md).
Json configure_command(const PeerSpec& peer, bool controlling,
                       const std::vector<ServerSpec>& servers, const Lab& lab);

}  // namespace icelab
