// How often an app is looked at while something happens to it all the time. Looking at an app
// (step.h, views.h) costs time with the number of its instances; during a change to thousands of
// hosts a Report comes with every turn, and a core that looked each time would do little else.
// Small apps are looked at in the turn in which something happens to them. Pure.
#pragma once

#include <cstddef>

#include "absl/time/time.h"

namespace quayside::controller {

// Below this many instances there is no pace: a look takes a few milliseconds at most.
inline constexpr size_t kUnpacedInstances = 500;
// A look takes about 5 µs per instance with its view (estimated from samples of a change to 1,000
// hosts): a quarter of the core's time.
inline constexpr absl::Duration kPacePerInstance = absl::Microseconds(20);

// How long an app of this size is left alone after a look at it.
inline absl::Duration PaceOf(size_t instances) {
  if (instances < kUnpacedInstances) return absl::ZeroDuration();
  return static_cast<int64_t>(instances) * kPacePerInstance;
}

}  // namespace quayside::controller
