#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace icelab {

/// Where a program is found: a name with a slash as it stands, another in PATH; nothing if it is
/// not there or may not be executed.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// Whether anything is found so, be it a program or not.
bool is_file_of_command(const std::string& name);

/// A program of icelab's own: it stands beside the one that is running.
std::filesystem::path own_program(const std::string& name);

}  // namespace icelab
