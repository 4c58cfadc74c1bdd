#pragma once

#include "netns/fabric/kernel_router_behavior.h"
#include "src/base/json_reader.h"

#include <optional>

namespace icelab {

/// A box with an "engine": one whose packets somebody else's code forwards.
std::optional<KernelRouterBehavior> read_kernel_router(const JsonReader& reader);

}  // namespace icelab
