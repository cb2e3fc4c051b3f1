// Workers are the threads called `api`: they read requests and write replies, so that neither a
// gRPC thread nor the core does. Tasks run in the order given, on any of the threads, and must not
// wait for anything. How many wait is bounded by those who post them (admin_service.h, calls in
// flight).
#pragma once

#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace quayside::controller {

class Workers {
 public:
  using Task = absl::AnyInvocable<void()>;

  explicit Workers(int threads);
  // Runs what waits, then ends the threads.
  ~Workers();

  // Any thread; never waits.
  void Post(Task task) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();

  absl::Mutex mutex_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace quayside::controller
