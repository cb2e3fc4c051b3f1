#include "controller/dispatch/admission.h"

#include <algorithm>

namespace quayside::controller {

absl::Duration Admission::Ask(const std::string& host, MonoTime now) {
  if (refilled_) {
    tokens_ += absl::ToDoubleSeconds(now - refilled_at_) * options_.hellos_per_second;
    if (tokens_ >= options_.burst) {
      tokens_ = options_.burst;
      waiting_ = 0;
    }
  }
  refilled_ = true;
  refilled_at_ = now;

  std::vector<MonoTime>& times = recent_[host];
  std::erase_if(times, [&](MonoTime t) { return now - t >= options_.host_window; });
  if (static_cast<int>(times.size()) >= options_.host_sessions) {
    return times.front() + options_.host_window - now;
  }
  if (tokens_ < 1) {
    waiting_ += 1;
    return absl::Seconds(1 + waiting_ / options_.hellos_per_second);
  }
  tokens_ -= 1;
  times.push_back(now);
  return absl::ZeroDuration();
}

void Admission::Expire(MonoTime now) {
  std::erase_if(recent_, [&](const auto& entry) {
    return entry.second.empty() || now - entry.second.back() >= options_.host_window;
  });
}

}  // namespace quayside::controller
