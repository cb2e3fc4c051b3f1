// Two clocks. Monotonic time measures (leases, back-off, health windows); wall time is stored and
// shown. Both are injected, so that the simulator owns time. Deciders take `now` as an argument and
// never see a Clock.
#pragma once

#include "absl/time/time.h"
#include "common/base/mono_time.h"

namespace quayside {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime Now() = 0;
  virtual absl::Time Wall() = 0;
};

// The machine's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  MonoTime Now() override;
  absl::Time Wall() override;
};

}  // namespace quayside
