// What an agent must remember of a slot and the engine cannot tell (rule R13): what was tried and
// failed, what is committed, how often it crashed. One small durable file per slot
// (agent/state.h). Written before the engine calls that depend on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/model/ids.h"
#include "common/model/instance.h"

namespace quayside {

// An instance that was tried and failed. It is not tried again; a new attempt is a new instance.
struct Verdict {
  InstanceId instance;
  std::string reason;
  int32_t exit_code = 0;
  bool oom_killed = false;
  absl::Time at;
  std::string log_tail;  // at most 200 lines and 64 KiB
  bool operator==(const Verdict&) const = default;
};

struct SlotRecord {
  static constexpr size_t kMaxVerdicts = 8;
  static constexpr size_t kMaxExits = 8;

  SlotKey slot;
  InstanceId committed;  // the instance that was last proven here
  InstanceId previous;   // the one before it
  // The instance whose replacement has begun: from here on the one before it may be stopped.
  InstanceId candidate;
  bool candidate_started = false;  // its start was ordered, or waits for what is being stopped
  // The engine's stamp of the run it had before that start (infinite past: none): a run with
  // another stamp is its own.
  absl::Time candidate_ran_before = absl::InfinitePast();
  int32_t candidate_tries = 0;     // starts that ended `interrupted`
  std::vector<Verdict> verdicts;   // oldest first, at most kMaxVerdicts
  std::vector<absl::Time> exits;   // of the committed one, newest last, at most kMaxExits
  int32_t restart_failures = 0;    // exits in a row without a run that counts as long
  bool taken_over = false;         // a crash loop: the agent restarts it, not the engine
  absl::Time proven_at;            // when `committed` was proven
  bool completed = false;          // `committed` ended as it may: it is not run again
  int32_t unhealthy_restarts = 0;  // of the committed one, without 10 healthy minutes between them
  // The engine's stamp of the run of the committed one that is ended because it is unhealthy
  // (infinite past: none). Stopped, it is started again whatever its exit code; a run with another
  // stamp is the one after it.
  absl::Time unhealthy_run = absl::InfinitePast();
  bool operator==(const SlotRecord&) const = default;
};

// The verdict on `instance`, or nullptr.
inline const Verdict* FindVerdict(const SlotRecord& record, const InstanceId& instance) {
  for (const Verdict& verdict : record.verdicts) {
    if (verdict.instance == instance) return &verdict;
  }
  return nullptr;
}

}  // namespace quayside
