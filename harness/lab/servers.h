#pragma once

#include "harness/lab/lab.h"
#include "harness/lab/server.h"
#include "harness/scenario/scenario.h"

#include <memory>
#include <vector>

namespace icelab {

/// Starts one of a scenario's servers on its host.
std::unique_ptr<Server> start_server(EventLoop& loop, const ServerSpec& spec,
                                     const std::vector<ServerSpec>& all, const Lab& lab,
                                     Server::Ready ready);

/// Throws MachineError, with the command that mends it, if what a server needs is not installed.
void require_installed(ServerKind kind);

}  // namespace icelab
