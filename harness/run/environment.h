#pragma once

#include "reports/report.h"

#include <filesystem>
#include <optional>
#include <string>

namespace icelab {

/// The first line in which a program says what it is when asked with --version; nothing if it
/// fails.
std::optional<std::string> program_version(const std::filesystem::path& program);

/// On what the runs were made: the kernel, and the versions of servers and agents, "libnice 0.1.21"
/// as they tell them themselves.
Environment describe_environment(const std::vector<RunReport>& runs);

}  // namespace icelab
