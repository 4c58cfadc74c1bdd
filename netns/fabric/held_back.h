#pragma once

#include <cstddef>

namespace icelab {

/// What a box holds back at most in one direction, in bytes of memory: what waits in a link's queue
/// and what is on its way through it. More is lost.
inline constexpr std::size_t most_held_back = std::size_t{64} << 20;

}  // namespace icelab
