#pragma once

#include "netns/fabric/firewall_behavior.h"
#include "src/base/json_reader.h"

#include <optional>

namespace icelab {

/// What stands under "firewall": a profile's name or what is allowed.
std::optional<FirewallBehavior> read_firewall(const JsonReader& reader);

}  // namespace icelab
