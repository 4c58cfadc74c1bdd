#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// The known word that a mistyped one most likely meant (fewest edits, at most a third of its
/// length and at least one), or nothing if none is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

/// "a, b and c".
std::string join_words(std::span<const std::string> words);

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace icelab
