#pragma once

#include "harness/observe/possibility.h"
#include "harness/scenario/scenario.h"

namespace icelab {

/// Which pairs of a scenario could be made to work at all: its network, as it stands at the
/// beginning, is tried on virtual time by agents that leave nothing untried, now with one and now
/// with the other going first. Kernel routers are taken for the NATs that they are certified to be.
/// Pure: the same topology and seed give the same result.
Possibility simulate(const Topology& topology, unsigned seed);

}  // namespace icelab
