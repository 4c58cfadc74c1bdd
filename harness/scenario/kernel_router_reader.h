#pragma once

#include "netns/fabric/kernel_router_behavior.h"
#include "src/base/json_reader.h"

#include <optional>
#include <string_view>

namespace icelab {

std::optional<KernelRouterBehavior> find_kernel_router(std::string_view name);

/// A box with an "engine": one whose packets somebody else's code forwards.
std::optional<KernelRouterBehavior> read_kernel_router(const JsonReader& reader);

}  // namespace icelab
