#pragma once

#include "netns/fabric/link_behavior.h"
#include "src/base/json_reader.h"

#include <optional>

namespace icelab {

/// What stands under "link".
std::optional<DuplexLinkBehavior> read_link(const JsonReader& reader);

}  // namespace icelab
