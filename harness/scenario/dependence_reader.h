#pragma once

#include "netns/fabric/nat_behavior.h"
#include "src/base/json_reader.h"

#include <string_view>

namespace icelab {

/// Reads "endpoint-independent" and the like, if it is there.
void read_dependence(const JsonObject& object, std::string_view key, Dependence& dependence);

}  // namespace icelab
