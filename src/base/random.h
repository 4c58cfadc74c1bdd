#pragma once

#include <cstdint>

namespace icelab {

/// Random numbers that a seed always gives again: SplitMix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t value = state_ += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
  }
  /// At least 0, below `end`.
  std::uint64_t below(std::uint64_t end) { return next() % end; }
  /// At least 0, below 1.
  double fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// True with this probability. Takes no number where there is nothing to choose, so that an
  /// option that is off changes nothing for the others.
  bool happens(double probability) { return probability > 0 && fraction() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace icelab
