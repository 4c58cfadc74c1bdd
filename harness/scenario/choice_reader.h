#pragma once

#include "netns/fabric/nat_behavior.h"
#include "src/base/json_reader.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace icelab {

/// Reads one of the words of an option's choices, if it is there.
template <typename Choice>
void read_choice(const JsonObject& object, std::string_view key, Choice& choice) {
  static const std::vector<std::string> known(words_of<Choice>.begin(), words_of<Choice>.end());
  const auto member = object.find(key);
  const auto word = member ? member->word(key, known) : std::nullopt;
  if (word) choice = static_cast<Choice>(std::ranges::find(known, *word) - known.begin());
}

}  // namespace icelab
