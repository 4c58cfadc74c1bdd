#pragma once

#include "src/base/error.h"

#include <cstddef>
#include <string>

namespace icelab {

/// A path leads to something that a person did not mean: a named pipe, a socket or a device.
class NotAFile : public UsageError {
 public:
  NotAFile(const std::string& path, const std::string& kind);
  /// "it is a named pipe, not a file".
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
};

/// Throws NotAFile for what could keep its reader waiting for ever. What a shell makes of
/// `<(command)` or of a pipeline's /dev/stdin is fine, and so is what is not there.
void require_file(const std::string& path);

/// The whole of a file. Throws NotAFile, or SystemError ("reading PATH"), with EFBIG if it has more
/// than `most` bytes.
std::string read_file(const std::string& path, size_t most);

}  // namespace icelab
