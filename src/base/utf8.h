#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace icelab {

// Text that others wrote (scenario files, agents' words) on its way to a terminal or an XML file.

/// Takes the first code point off a text that is not empty. A byte that is not UTF-8 (RFC 3629)
/// comes out as U+FFFD.
char32_t take_code_point(std::string_view& text);
void append_code_point(std::string& text, char32_t code_point);

size_t count_code_points(std::string_view text);

/// The text with control characters replaced by '?' and what is not UTF-8 by U+FFFD: safe on a
/// terminal, and one line.
std::string to_printable(std::string_view text);

/// The text, or its beginning and "..." if it has more code points than that.
std::string abbreviate(std::string_view text, size_t most);

}  // namespace icelab
