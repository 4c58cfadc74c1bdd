#pragma once

#include "harness/observe/run_record.h"
#include "src/net/pcapng.h"

#include <string>

namespace icelab {

/// A run's packets as a pcapng file. Its interfaces are the run's wires: "alice.eth0", a host's;
/// "alice.nat.wan", the outer side of a box; "relay.lo", a server's own loopback. A packet is seen
/// on each wire of its way, as it was there; a comment says what the box at the wire's end made of
/// it. Pure: `started` is when the run started by the wall clock.
std::string capture(const RunRecord& record, Pcapng::WallTime started);

}  // namespace icelab
