// Restart decides what follows the exit of a committed container: the engine restarts it, the agent
// does (at once, after a delay, or slowly in a crash loop), or it has ended for good; and when one
// that is unhealthy is restarted. Pure.
//
// The engine restarts what it can (RestartSpec::EngineCanRestart, armed containers) until there is
// a crash loop: 5 exits in 10 minutes. Then, and for every policy that the engine cannot do, the
// agent restarts (R13).
#pragma once

#include <string>

#include "agent/container.h"
#include "common/base/backoff.h"
#include "common/model/slot_record.h"
#include "common/model/spec.h"

namespace quayside::agent {

inline constexpr int kCrashLoopExits = 5;
inline constexpr absl::Duration kCrashLoopWindow = absl::Minutes(10);
// A run of this length ends a crash loop.
inline constexpr absl::Duration kTrustedRun = absl::Minutes(10);
inline constexpr Backoff kCrashBackoff = {absl::Seconds(1), absl::Minutes(5)};

struct RestartDecision {
  enum class Kind {
    kStart,     // the agent starts it, not before `at`
    kComplete,  // it ended as it may
    kLeave,     // it ended and its policy asks for no restart
  };
  Kind kind = Kind::kStart;
  MonoTime at;
  std::string reason;  // for people
  bool operator==(const RestartDecision&) const = default;
};

// For a committed container that has exited.
RestartDecision DecideRestart(const RestartSpec& policy, const SlotRecord& record,
                              const Container& container);

// No two containers of a host are restarted for their health within this time: what makes many
// unhealthy together (a database that is away, a slow disk) is not made worse.
inline constexpr absl::Duration kUnhealthySpacing = absl::Seconds(5);

// For a committed container that runs and whose checks say that it has failed
// (Assessment::failed). kStart: it is to be stopped and started again, the first time at once, then
// when the present run has lasted as long as a crash loop's back-off asks. kLeave: its policy asks
// for no restart, or not for as many.
RestartDecision DecideUnhealthyRestart(const RestartSpec& policy, const SlotRecord& record,
                                       const Container& container);

// True when exit code 0 ends the container for good under this policy.
bool MayEnd(const RestartSpec& policy);

// Counts `exits` ends of the committed container at `at`, after a run of `ran`; enters the crash
// loop when there are too many.
void NoteExits(SlotRecord& record, const RestartSpec& policy, int exits, absl::Time at,
               absl::Duration ran);

// True when the policy on the engine is to be `unless-stopped`: committed, the engine can do what
// is asked, and there is no crash loop.
bool ShouldBeArmed(const RestartSpec& policy, const SlotRecord& record);

}  // namespace quayside::agent
