// A crowd of agents in one process: each with a real session (agent/session: one TCP connection of
// its own, its own back-off, the agent's Reporter for Reports and heartbeats) and an engine that is
// simulated by time alone. What an agent is assigned it acknowledges at once, without a disk, and
// reports on its way: creating, running half of `engine_time` later, proven after all of it, with
// the events that a real agent tells of a replacement.
//
// One thread (the driver) turns all sessions; what comes in is handled on gRPC's threads.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/model/ids.h"

namespace quayside::bench {

class Crowd {
 public:
  struct Options {
    std::string controller;  // HOST:PORT
    std::string prefix = "sim-";
    absl::Duration engine_time = absl::Milliseconds(100);
  };
  explicit Crowd(Options options);
  ~Crowd();  // all leave

  static std::string Name(const std::string& prefix, int number);  // from 0

  // Adds agents until there are `count`; the new ones dial at once.
  void Grow(int count);
  // Waits until every agent has a session, and returns when the last came in. After ExpectAgain
  // only sessions that begin from then on count. Ends the benchmark when it takes longer than
  // `patience`.
  MonoTime WaitConnected(absl::Duration patience) ABSL_LOCKS_EXCLUDED(mutex_);
  void ExpectAgain() ABSL_LOCKS_EXCLUDED(mutex_);
  int connected() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Sessions that ended since the last ExpectAgain, or since the beginning.
  int dropped() const ABSL_LOCKS_EXCLUDED(mutex_);

  // When the last of `count` hosts acknowledged an Assignment with this revision of the app.
  MonoTime WaitAcked(const std::string& app, int64_t revision, int count, absl::Duration patience)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  class Member;
  struct Wave {
    int count = 0;
    MonoTime last;
  };

  void Drive();
  // Members' calls; any thread.
  void Wake(int number) ABSL_LOCKS_EXCLUDED(driver_mutex_);
  void Connected() ABSL_LOCKS_EXCLUDED(mutex_);
  void Disconnected() ABSL_LOCKS_EXCLUDED(mutex_);
  void Acked(const AppName& app, int64_t revision) ABSL_LOCKS_EXCLUDED(mutex_);
  Member* At(int number) ABSL_LOCKS_EXCLUDED(driver_mutex_);
  bool AllStopped() ABSL_LOCKS_EXCLUDED(driver_mutex_);

  const Options options_;
  SystemClock clock_;
  SystemRandom random_;

  mutable absl::Mutex mutex_;
  int connected_ ABSL_GUARDED_BY(mutex_) = 0;
  int came_ ABSL_GUARDED_BY(mutex_) = 0, dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  MonoTime last_connected_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<AppName, int64_t>, Wave> waves_ ABSL_GUARDED_BY(mutex_);

  mutable absl::Mutex driver_mutex_;
  std::vector<std::unique_ptr<Member>> members_ ABSL_GUARDED_BY(driver_mutex_);
  std::set<int> awake_ ABSL_GUARDED_BY(driver_mutex_);
  bool stopping_ ABSL_GUARDED_BY(driver_mutex_) = false;
  std::thread thread_;
};

}  // namespace quayside::bench
