#pragma once

#include <string>
#include <vector>

namespace icelab {

/// Reads the command line, behind the program's own name, and does what it says; the exit status.
/// Throws UsageError if it cannot be understood, and what the commands throw.
int run_command_line(std::vector<std::string> arguments);

}  // namespace icelab
