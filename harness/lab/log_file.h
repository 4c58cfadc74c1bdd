#pragma once

#include "src/base/descriptor.h"

#include <string>

namespace icelab {

/// A program's log while it runs: a file in memory, so that nothing is left on disk, whatever
/// happens.
class LogFile {
 public:
  explicit LogFile(const std::string& name);
  /// For a child's standard output or error.
  [[nodiscard]] int descriptor() const { return file_.get(); }
  /// What was written so far; of a long log only the end.
  [[nodiscard]] std::string text() const;
  /// The last line that is not empty.
  [[nodiscard]] std::string last_line() const;

 private:
  Descriptor file_;
};

}  // namespace icelab
