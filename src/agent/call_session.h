#pragma once

#include "src/agent/signalling_target.h"

namespace icelab {

/// An agent that meets its peers in a room of a signalling server (docs/signalling.md), one after
/// the other, with a new ICE agent each. Events go to `output` as in the agent protocol
/// (docs/agent-protocol.md, "By signalling"), and of its commands `send`, `restart` and `quit` are
/// taken from `input`, whose end is none of its own. Returns when it is told to quit, by SIGINT or
/// SIGTERM too, or when nobody reads on; throws std::runtime_error when the signalling server
/// cannot be reached, does not let it in, or throws it out. Takes over GLib's log and default main
/// context, and SIGPIPE, so once a process.
void run_call_session(const SignallingTarget& target, int input, int output);

}  // namespace icelab
