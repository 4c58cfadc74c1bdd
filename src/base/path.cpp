#include "src/base/path.h"

#include "src/base/text.h"

#include <unistd.h>

#include <cstdlib>

namespace icelab {
namespace {

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool is_program(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

/// The first of the files that a command may mean of which this holds.
std::optional<std::filesystem::path> find(const std::string& command,
                                          bool (*holds)(const std::filesystem::path&)) {
  if (command.find('/') != std::string::npos)
    return holds(command) ? std::optional<std::filesystem::path>(command) : std::nullopt;
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    const auto candidate = std::filesystem::path(folder) / command;
    if (!command.empty() && holds(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name) {
  return find(name, is_program);
}

bool is_file_of_command(const std::string& name) {
  return find(name, is_there).has_value();
}

std::filesystem::path own_program(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

}  // namespace icelab
