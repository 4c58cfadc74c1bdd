#pragma once

#include "harness/scenario/scenario.h"
#include "src/base/json_reader.h"

#include <optional>
#include <string>
#include <vector>

namespace icelab {

/// "none" and every box that has a name.
const std::vector<std::string>& box_names();

/// One box, by its name or as an object; nothing for "none", and if there is something wrong with
/// it.
std::optional<BoxBehavior> read_box(const JsonReader& reader);

/// The chain of boxes that a "behind" says, from the host outwards, called after `prefix`; "none"
/// stands for no box.
std::vector<BoxSpec> read_boxes(const std::vector<JsonReader>& entries, const std::string& prefix);

/// Whether a host of these IP versions can be behind these boxes, of which so many are its own; if
/// not, the fault says what to write instead.
void check_ip_versions(const JsonReader& reader, const std::vector<BoxSpec>& boxes, size_t own,
                       IpVersions versions);
/// Why no IPv6 comes through, and what to do; nothing if it does.
std::optional<std::string> why_no_ipv6(const BoxBehavior& behavior);

}  // namespace icelab
