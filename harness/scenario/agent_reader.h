#pragma once

#include "harness/scenario/scenario.h"
#include "src/base/json_reader.h"

namespace icelab {

/// How a peer's agent is set up: the name of an agent that icelab ships with, or an object. Without
/// a TURN server among the lab's there is no TURN, and asking for it is a fault.
AgentSpec read_agent(const JsonReader& reader, const std::vector<ServerSpec>& servers);

}  // namespace icelab
