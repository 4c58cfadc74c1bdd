#pragma once

#include "src/base/clock.h"

#include <algorithm>

namespace icelab {

/// Lets so many pass at once, and then so many a second.
class TokenBucket {
 public:
  TokenBucket(double burst, double per_second, Instant now)
      : burst_(burst), per_second_(per_second), tokens_(burst), filled_(now) {}

  bool take(Instant now) {
    tokens_ = std::min(burst_, tokens_ + seconds(now - filled_) * per_second_);
    filled_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double burst_;
  double per_second_;
  double tokens_;
  Instant filled_;
};

}  // namespace icelab
