#pragma once

#include "reports/report.h"
#include "src/base/clock.h"

#include <filesystem>
#include <optional>
#include <string>

namespace icelab {

/// The first line in which a program says what it is when asked with --version; nothing if it
/// fails, or has not ended in that time, when it is killed.
std::optional<std::string> program_version(const std::filesystem::path& program,
                                           Duration patience = std::chrono::seconds(3));

/// On what the runs were made: the kernel, and the versions of servers and agents, "libnice 0.1.21"
/// as they tell them themselves; "unknown" for a server that does not.
Environment describe_environment(const std::vector<RunReport>& runs);

}  // namespace icelab
