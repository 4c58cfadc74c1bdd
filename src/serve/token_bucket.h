#pragma once

#include "src/base/clock.h"

#include <algorithm>

namespace icelab {

/// Lets so many pass at once, and then so many a second.
class TokenBucket {
 public:
  TokenBucket(double burst, double per_second, Instant now)
      : burst_(burst), per_second_(per_second), tokens_(burst), filled_(now) {}

  /// False, and nothing is taken, where there are fewer.
  bool take(Instant now, double tokens = 1) {
    if (available(now) < tokens) return false;
    tokens_ -= tokens;
    return true;
  }
  /// Up to the burst.
  void put_back(double tokens) { tokens_ = std::min(burst_, tokens_ + tokens); }
  [[nodiscard]] double available(Instant now) {
    put_back(seconds(now - filled_) * per_second_);
    filled_ = now;
    return tokens_;
  }

 private:
  double burst_;
  double per_second_;
  double tokens_;
  Instant filled_;
};

}  // namespace icelab
