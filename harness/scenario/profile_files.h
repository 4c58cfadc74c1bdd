#pragma once

#include <span>
#include <string_view>

namespace icelab {

/// A file of scenarios/profiles as it was when the program was built.
struct ProfileFile {
  std::string_view name;  // without ".json"
  std::string_view text;
};

/// In the order of their names. Defined in a source that CMake writes.
std::span<const ProfileFile> profile_files();

}  // namespace icelab
