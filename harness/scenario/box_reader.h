#pragma once

#include "harness/scenario/scenario.h"
#include "src/base/json_reader.h"

#include <string>
#include <vector>

namespace icelab {

/// "none" and every box that has a name.
const std::vector<std::string>& box_names();

/// The chain of boxes that a peer's "behind" says, from the host outwards; "none" stands for no
/// box.
std::vector<BoxSpec> read_boxes(const std::vector<JsonReader>& entries, const std::string& peer);

/// Whether a host of these IP versions can be behind these boxes; if not, the fault says what to
/// write instead.
void check_ip_versions(const JsonReader& reader, const std::vector<BoxSpec>& boxes,
                       IpVersions versions);

}  // namespace icelab
