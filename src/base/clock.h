#pragma once

#include <chrono>

namespace icelab {

/// The one clock. Code that decides anything by time takes an Instant as an argument, so that a
/// test (or a simulation) can say what time it is; only the outermost loops ask now().
using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Duration = Clock::duration;

inline Instant now() {
  return Clock::now();
}

inline Duration duration_of(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}
inline double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
inline double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace icelab
