// Instants of the tests of presence and of the breaker: seconds on the monotonic clock.
#pragma once

#include "common/base/mono_time.h"

namespace quayside::controller {

inline MonoTime At(double seconds) {
  return MonoTime::FromNanos(static_cast<int64_t>(seconds * 1e9));
}

}  // namespace quayside::controller
