// Mailbox hands values from any thread to the one thread that owns it. The owner runs turns: it
// waits for values or a deadline, takes all there are, and handles them. Bounded: Offer refuses
// when full, and the caller decides what that means (a clear error to a client, a drop that is
// counted).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"

namespace quayside {

template <typename T>
class Mailbox {
 public:
  // `capacity`: how many values may wait to be taken.
  Mailbox(Clock& clock, size_t capacity) : clock_(clock), capacity_(capacity) {}

  // Any thread; never waits. False when full or closed; the value is then dropped.
  bool Offer(T value) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (closed_ || values_.size() >= capacity_) return false;
    values_.push_back(std::move(value));
    return true;
  }

  // Owner thread. Returns what waits, at the latest at `deadline` (then perhaps nothing) or when
  // closed.
  std::vector<T> TakeUntil(MonoTime deadline) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return closed_ || !values_.empty();
    };
    if (deadline.is_never()) {
      mutex_.Await(absl::Condition(&ready));
    } else {
      mutex_.AwaitWithTimeout(absl::Condition(&ready), deadline - clock_.Now());
    }
    return std::exchange(values_, {});
  }

  // Any thread: wakes the owner; later offers are refused.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  bool closed() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }

 private:
  Clock& clock_;
  const size_t capacity_;
  mutable absl::Mutex mutex_;
  std::vector<T> values_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quayside
