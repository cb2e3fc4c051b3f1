// VirtualTime is a FakeScheduler of its own, for tests of one host: time moves only when somebody
// asks for it. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "agent/fake_engine/fake_docker.h"

namespace quayside::agent::fake {

class VirtualTime final : public FakeScheduler {
 public:
  MonoTime Now() override { return now_; }
  absl::Time Wall() override { return start_ + (now_ - MonoTime()); }
  void At(MonoTime when, absl::AnyInvocable<void()> task) override {
    tasks_.emplace(std::pair(std::max(when, now_), ++order_), std::move(task));
  }

  // Runs the next task, if there is one at or before `until`; else moves to `until` and returns
  // false.
  bool Step(MonoTime until) {
    if (tasks_.empty() || tasks_.begin()->first.first > until) {
      now_ = std::max(now_, until);
      return false;
    }
    auto node = tasks_.extract(tasks_.begin());
    now_ = node.key().first;
    node.mapped()();
    return true;
  }
  void RunFor(absl::Duration duration) {
    const MonoTime until = now_ + duration;
    while (Step(until)) {
    }
  }

 private:
  const absl::Time start_ = absl::FromUnixSeconds(1'700'000'000);
  MonoTime now_;
  uint64_t order_ = 0;
  std::map<std::pair<MonoTime, uint64_t>, absl::AnyInvocable<void()>> tasks_;
};

}  // namespace quayside::agent::fake
