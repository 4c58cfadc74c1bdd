#pragma once

#include "src/base/descriptor.h"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace icelab {

/// Bytes that a log may hold. A program that writes more is killed by SIGXFSZ.
inline constexpr size_t largest_log = 32U << 20;

/// A program's log while it runs: a file in memory, so that nothing is left on disk, whatever
/// happens.
class LogFile {
 public:
  explicit LogFile(const std::string& name);
  /// For a child's standard output or error.
  [[nodiscard]] int descriptor() const { return file_.get(); }
  /// Adds a line, unless the log is full or there is no memory for it.
  void append(std::string_view line);
  /// What was written so far; of a long log only the end.
  [[nodiscard]] std::string text() const;
  /// The last line that is not empty, or the beginning of it.
  [[nodiscard]] std::string last_line() const;

 private:
  [[nodiscard]] off_t written() const;

  Descriptor file_;
};

}  // namespace icelab
