#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace icelab {

/// What a fuzzer made up, as a text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// The same as a series of choices, which are all the first one once the bytes are at an end. One
/// call has one choice among its arguments: compilers differ in which they evaluate first.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : rest_(text_of(data, size)) {}

  [[nodiscard]] bool is_empty() const { return rest_.empty(); }
  std::uint32_t below(std::uint32_t end) {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte % end;
  }
  template <typename Values>
  const auto& one_of(const Values& values) {
    return values[below(static_cast<std::uint32_t>(values.size()))];
  }
  /// Up to a byte that ends it, which is taken as well.
  std::string_view text(char end = '\n') {
    const std::string_view taken = rest_.substr(0, rest_.find(end));
    rest_.remove_prefix(std::min(taken.size() + 1, rest_.size()));
    return taken;
  }

 private:
  std::string_view rest_;
};

/// Ends the program as a fuzzer's finding, if something that must hold of every input does not.
inline void hold(bool held, std::string_view what) {
  if (held) return;
  fprintf(stderr, "it does not hold that %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// Of what is shown to people: one line, and nothing that a terminal obeys.
inline void hold_printable(std::string_view line, std::string_view what) {
  const bool is_printable = std::ranges::none_of(
      line, [](char letter) { return static_cast<unsigned char>(letter) < ' ' || letter == 0x7f; });
  hold(is_printable, what);
}

}  // namespace icelab
