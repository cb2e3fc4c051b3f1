#include "common/base/clock.h"

#include <ctime>

namespace quayside {

MonoTime SystemClock::Now() {
  timespec ts{};
  clock_gettime(CLOCK_BOOTTIME, &ts);
  return MonoTime::FromNanos(int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec);
}

absl::Time SystemClock::Wall() {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  return absl::TimeFromTimespec(ts);
}

}  // namespace quayside
