// Exponential back-off as a value: how long to wait before attempt n+1. Pure; jitter is the
// caller's (Random).
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace quayside {

struct Backoff {
  absl::Duration first;
  absl::Duration max;

  // The wait after `failures` failures in a row (1 = after the first): first × 2^(failures-1), at
  // most max.
  absl::Duration After(int failures) const {
    if (failures <= 0) return absl::ZeroDuration();
    absl::Duration wait = first;
    for (int i = 1; i < failures && wait < max; ++i) wait *= 2;
    return std::min(wait, max);
  }
};

}  // namespace quayside
