#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace icelab {

/// Text that arrives in pieces, as the lines it consists of. Each byte is looked at once, however
/// small the pieces are.
class LineBuffer {
 public:
  void append(std::string_view piece);
  /// The next whole line, without its end; valid until the next append(). Nothing until more has
  /// arrived.
  std::optional<std::string_view> next_line();
  /// Bytes of the line whose end has not come yet.
  [[nodiscard]] size_t unfinished() const { return text_.size() - start_; }
  void clear();

 private:
  std::string text_;
  size_t start_ = 0;     // of the first line that has not been given out
  size_t searched_ = 0;  // no line ends between `start_` and here
};

}  // namespace icelab
