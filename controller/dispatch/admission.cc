#include "controller/dispatch/admission.h"

#include <algorithm>

namespace quayside::controller {

Admitted Admission::Ask(const std::string& host, MonoTime now) {
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
    return {.wait = times.front() + options_.host_window - now,
            .reason = "this host connects too often: it began " + std::to_string(times.size()) +
                      " sessions within " + absl::FormatDuration(options_.host_window)};
  }
  if (tokens_ < 1) {
    waiting_ += 1;
    return {.wait = absl::Seconds(1 + waiting_ / options_.hellos_per_second),
            .reason = "too many agents are connecting at once"};
  }
  tokens_ -= 1;
  times.push_back(now);
  return {};
}

void Admission::Expire(MonoTime now) {
  std::erase_if(recent_, [&](const auto& entry) {
    return entry.second.empty() || now - entry.second.back() >= options_.host_window;
  });
}

}  // namespace quayside::controller
