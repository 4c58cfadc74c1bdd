#pragma once

#include "src/base/descriptor.h"

#include <string>

namespace icelab {

/// The most that a program may write to its log: one that goes on is killed by SIGXFSZ.
inline constexpr size_t largest_log = 32U << 20;

/// A program's log while it runs: a file in memory, so that nothing is left on disk, whatever
/// happens.
class LogFile {
 public:
  explicit LogFile(const std::string& name);
  /// For a child's standard output or error.
  [[nodiscard]] int descriptor() const { return file_.get(); }
  /// What was written so far; of a long log only the end.
  [[nodiscard]] std::string text() const;
  /// The last line that is not empty, or the beginning of it.
  [[nodiscard]] std::string last_line() const;

 private:
  Descriptor file_;
};

}  // namespace icelab
