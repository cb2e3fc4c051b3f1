#include "agent/restart.h"

#include <algorithm>

namespace quayside::agent {
namespace {

// Ends that a shutdown causes: SIGKILL, SIGTERM, and "the engine lost track of it".
bool LooksLikeShutdown(int32_t exit_code) {
  return exit_code == 137 || exit_code == 143 || exit_code == 255;
}

std::string ExitText(const ContainerDetail& detail) {
  return "exited with code " + std::to_string(detail.exit_code) +
         (detail.oom_killed ? " (a process of it was killed for memory)" : "");
}

}  // namespace

bool MayEnd(const RestartSpec& policy) { return policy.condition != RestartSpec::Condition::kAny; }

RestartDecision DecideRestart(const RestartSpec& policy, const SlotRecord& record,
                              const Container& container) {
  const ContainerDetail& detail = container.detail;
  RestartDecision decision;
  decision.reason = ExitText(detail);
  if (MayEnd(policy) && (record.completed || (detail.exit_code == 0 && container.ever_ran()))) {
    decision.kind = RestartDecision::Kind::kComplete;
    decision.reason = "ended with exit code 0";
    return decision;
  }
  // Not seen to end by itself: its host or engine stopped, or somebody did it by hand.
  if (!container.exit_judged &&
      (policy.condition != RestartSpec::Condition::kNone || LooksLikeShutdown(detail.exit_code))) {
    decision.at = container.exited_at;
    return decision;
  }
  if (policy.condition == RestartSpec::Condition::kNone) {
    decision.kind = RestartDecision::Kind::kLeave;
    decision.reason += "; its restart policy asks for no restart";
    return decision;
  }
  if (policy.max_attempts > 0 && record.restart_failures > policy.max_attempts) {
    decision.kind = RestartDecision::Kind::kLeave;
    decision.reason += "; it was restarted " + std::to_string(policy.max_attempts) +
                       " times, as often as its restart policy allows";
    return decision;
  }
  absl::Duration wait = policy.delay;
  if (record.taken_over) {
    const int slow = std::max(1, record.restart_failures - kCrashLoopExits + 1);
    wait = std::max(wait, kCrashBackoff.After(slow));
    decision.reason += "; crash loop, restarted after " + absl::FormatDuration(wait);
  }
  decision.at = container.exited_at + wait;
  return decision;
}

RestartDecision DecideUnhealthyRestart(const RestartSpec& policy, const SlotRecord& record,
                                       const Container& container) {
  RestartDecision decision;
  const int done = record.unhealthy_restarts;
  if (policy.condition == RestartSpec::Condition::kNone) {
    decision.kind = RestartDecision::Kind::kLeave;
    decision.reason = "its restart policy asks for no restart";
  } else if (policy.max_attempts > 0 && done >= policy.max_attempts) {
    decision.kind = RestartDecision::Kind::kLeave;
    decision.reason = "it was restarted " + std::to_string(done) +
                      " times, as often as its restart policy allows";
  } else if (done == 0) {
    decision.at = container.running_since;
    decision.reason = "it is to be restarted";
  } else {
    const absl::Duration wait = std::max(policy.delay, kCrashBackoff.After(done));
    decision.at = container.running_since + wait;
    decision.reason = "restarted again when it has run for " + absl::FormatDuration(wait);
  }
  return decision;
}

void NoteExits(SlotRecord& record, const RestartSpec& policy, int exits, absl::Time at,
               absl::Duration ran) {
  const bool counts_as_restarted = policy.window > absl::ZeroDuration() && ran >= policy.window;
  if (counts_as_restarted || ran >= kTrustedRun) {
    record.restart_failures = 0;
    record.taken_over = false;
  }
  record.restart_failures += exits;
  for (int i = 0; i < std::min<int>(exits, SlotRecord::kMaxExits); ++i) record.exits.push_back(at);
  if (record.exits.size() > SlotRecord::kMaxExits) {
    record.exits.erase(record.exits.begin(), record.exits.end() - SlotRecord::kMaxExits);
  }
  const auto recent = std::count_if(record.exits.begin(), record.exits.end(),
                                    [&](absl::Time exit) { return at - exit <= kCrashLoopWindow; });
  if (recent >= kCrashLoopExits) record.taken_over = true;
}

bool ShouldBeArmed(const RestartSpec& policy, const SlotRecord& record) {
  return policy.EngineCanRestart() && !record.taken_over;
}

}  // namespace quayside::agent
