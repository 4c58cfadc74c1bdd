#include "src/base/line_buffer.h"

namespace icelab {

void LineBuffer::append(std::string_view piece) {
  text_.erase(0, start_);
  searched_ -= start_;
  start_ = 0;
  text_ += piece;
}

std::optional<std::string_view> LineBuffer::next_line() {
  const size_t end = text_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = text_.size();
    return std::nullopt;
  }
  const auto line = std::string_view(text_).substr(start_, end - start_);
  start_ = searched_ = end + 1;
  return line;
}

void LineBuffer::clear() {
  text_.clear();
  start_ = searched_ = 0;
}

}  // namespace icelab
