#pragma once

#include "src/base/error.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace icelab {

/// A folder of its own for a test, gone with all that is in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_((std::filesystem::temp_directory_path() / "icelab-test-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw SystemError("making a folder " + path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace icelab
