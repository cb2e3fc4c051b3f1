// MonoTime: an instant to measure with, as a value. Deciders take it as an argument; only Clock
// (clock.h) can tell which one it is now.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace quayside {

// An instant of the monotonic clock, which counts time spent in suspend (CLOCK_BOOTTIME). Instants
// of two processes cannot be compared.
class MonoTime {
 public:
  constexpr MonoTime() = default;
  static constexpr MonoTime FromNanos(int64_t nanos) { return MonoTime(nanos); }
  static constexpr MonoTime Never() { return MonoTime(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t nanos() const { return nanos_; }
  constexpr bool is_never() const { return *this == Never(); }

  friend constexpr auto operator<=>(MonoTime, MonoTime) = default;
  friend MonoTime operator+(MonoTime t, absl::Duration d) {
    if (t.is_never() || d == absl::InfiniteDuration()) return Never();
    return MonoTime(t.nanos_ + absl::ToInt64Nanoseconds(d));
  }
  friend MonoTime operator-(MonoTime t, absl::Duration d) { return t + -d; }
  friend absl::Duration operator-(MonoTime a, MonoTime b) {
    if (a.is_never()) return absl::InfiniteDuration();
    return absl::Nanoseconds(a.nanos_ - b.nanos_);
  }

 private:
  explicit constexpr MonoTime(int64_t nanos) : nanos_(nanos) {}
  int64_t nanos_ = 0;
};

}  // namespace quayside
