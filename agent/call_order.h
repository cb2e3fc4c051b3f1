// Keeps the promise of agent/engine.h that calls of one container are begun and answered in the
// order given. An engine asks Enter before it begins a call, and Leave when it has answered one.
// Any thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/engine.h"

namespace quayside::agent {

// The container whose calls keep their order; "" for calls that need none (lists, images, probes,
// logs).
std::string OrderKey(const EngineCall& call);

class CallOrder {
 public:
  // How many calls may wait for one container; a caller that asks for more has lost count.
  static constexpr size_t kMaxWaiting = 64;

  using Entry = std::pair<EngineCall, Engine::Done>;
  enum class Entered { kBegin, kWaits, kRefused };

  // kBegin: begin it now; `entry` is untouched. kWaits: `entry` was taken, Leave gives it back.
  // kRefused: too many.
  Entered Enter(const std::string& key, Entry& entry) ABSL_LOCKS_EXCLUDED(mutex_);
  // A call of `key` has been answered; the result is the one to begin now.
  std::optional<Entry> Leave(const std::string& key) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  // A key is in here while a call of it runs; its queue holds those behind.
  std::map<std::string, std::deque<Entry>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quayside::agent
