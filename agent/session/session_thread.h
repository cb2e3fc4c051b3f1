// SessionThread drives one Session: a thread that sleeps until the session wants a turn.
#pragma once

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/session/session.h"

namespace quayside::agent {

class SessionThread {
 public:
  explicit SessionThread(Clock& clock) : clock_(clock) {}
  ~SessionThread() { Stop(); }

  // What Session::Calls::wake should call.
  void Wake() ABSL_LOCKS_EXCLUDED(mutex_);
  // Starts turning `session`, which outlives Stop.
  void Start(Session& session);
  // Stops the session and returns when its stream is gone (within about 2 s).
  void Stop();

 private:
  void Run();

  Clock& clock_;
  Session* session_ = nullptr;
  absl::Mutex mutex_;
  bool awake_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quayside::agent
