#pragma once

#include "netns/fabric/nat_behavior.h"
#include "src/base/json_reader.h"

#include <optional>

namespace icelab {

/// What stands under "nat": a profile's name or a behaviour in the words of its RFCs.
std::optional<NatBehavior> read_nat(const JsonReader& reader);

}  // namespace icelab
