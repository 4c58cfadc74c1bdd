#include "src/base/utf8.h"

namespace icelab {
namespace {

constexpr char32_t replacement = 0xFFFD;

struct Lead {
  size_t length;
  char32_t bits;
  char32_t least;  // below this the sequence is overlong
};

Lead read_lead(unsigned char byte) {
  if (byte < 0x80) return {1, byte, 0};
  if ((byte & 0xE0) == 0xC0) return {2, byte & 0x1FU, 0x80};
  if ((byte & 0xF0) == 0xE0) return {3, byte & 0x0FU, 0x800};
  if ((byte & 0xF8) == 0xF0) return {4, byte & 0x07U, 0x10000};
  return {1, replacement, 0};
}

bool is_code_point(char32_t value) {
  return value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

bool is_control(char32_t value) {
  return value < 0x20 || (value >= 0x7F && value < 0xA0);
}

}  // namespace

char32_t take_code_point(std::string_view& text) {
  const auto [length, bits, least] = read_lead(static_cast<unsigned char>(text.front()));
  char32_t value = bits;
  for (size_t i = 1; i < length; ++i) {
    const unsigned char byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
    if ((byte & 0xC0) != 0x80) {
      text.remove_prefix(1);
      return replacement;
    }
    value = value << 6 | (byte & 0x3FU);
  }
  const bool valid = value >= least && is_code_point(value);
  text.remove_prefix(valid ? length : 1);
  return valid ? value : replacement;
}

void append_code_point(std::string& text, char32_t code_point) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  const auto put_tail = [&](int shift) { put(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put_tail(0);
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put_tail(6);
    put_tail(0);
  } else {
    put(0xF0 | code_point >> 18);
    put_tail(12);
    put_tail(6);
    put_tail(0);
  }
}

size_t count_code_points(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) take_code_point(text);
  return count;
}

std::string to_printable(std::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const char32_t value = take_code_point(text);
    append_code_point(printable, is_control(value) ? U'?' : value);
  }
  return printable;
}

std::string abbreviate(std::string_view text, size_t most) {
  std::string beginning;
  for (size_t count = 0; !text.empty(); ++count) {
    if (count == most) return beginning + "...";
    append_code_point(beginning, take_code_point(text));
  }
  return beginning;
}

}  // namespace icelab
