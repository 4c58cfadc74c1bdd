#pragma once

namespace icelab {

/// Speaks the agent protocol (docs/agent-protocol.md) for one agent: commands, a line each, come
/// from `input`, events go to `output`. Returns when it is told to quit, or when either end is
/// closed. Takes over GLib's log and default main context, and SIGPIPE, so once a process.
void run_agent_session(int input, int output);

}  // namespace icelab
