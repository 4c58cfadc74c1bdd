#pragma once

#include "src/base/json_reader.h"

#include <string_view>

namespace icelab {

/// Adds a fault unless it fits a peer or a server: it names hosts, boxes ("alice.nat") and files.
void check_host_name(const JsonReader& reader, std::string_view name);
/// Adds a fault unless an interface of a host can be called so.
void check_interface_name(const JsonReader& reader, std::string_view name);
/// Adds a fault unless it can stand in "${name}".
void check_parameter_name(const JsonReader& reader, std::string_view name);

}  // namespace icelab
