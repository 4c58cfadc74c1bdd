#pragma once

#include "netns/fabric/nat_behavior.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace icelab {

/// At least 0, below `end`, which is above 0: where property tests and fuzzers differ.
using Choose = std::function<std::uint32_t(std::uint32_t end)>;

/// One of an option's choices.
template <typename Choice>
void pick(const Choose& choose, Choice& choice) {
  choice = static_cast<Choice>(choose(static_cast<std::uint32_t>(words_of<Choice>.size())));
}

template <typename Choice>
void pick(const Choose& choose, std::optional<Choice>& choice) {
  if (choose(2) == 0) return;
  choice.emplace();
  pick(choose, *choice);
}

/// What a judge says when something did not hold.
inline void must(bool held, std::string_view what) {
  if (!held) throw std::logic_error(std::string(what));
}

}  // namespace icelab
