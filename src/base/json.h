#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace icelab {

/// Objects keep the order in which they were written, so that a matrix's cells come in file order
/// and a report reads the same way every time.
using Json = nlohmann::ordered_json;

/// One line, safe to write anywhere: text that is not UTF-8 is replaced, not refused.
std::string to_line(const Json& json);

}  // namespace icelab
