// How a rollout ends: in success, in part, or by going back.
#include "common/model/event_kind.h"
#include "controller/rollout/stepper.h"

namespace quayside::controller {

void Stepper::FailRollout(const std::string& reason) {
  if (in_.succeeded == 0) {
    // Nothing to go back to: what was started is stopped and kept for inspection.
    for (size_t i = 0; i < targets().size(); ++i) {
      if (!targets()[i].instance.empty() && targets()[i].state != TargetState::kWaiting) {
        Change(ChangeKind::kStop, i);
      }
    }
    return End(RolloutState::kFailed, reason, event_kind::kRolloutFailed);
  }
  for (size_t i = 0; i < targets().size(); ++i) {
    RolloutTarget& target = targets()[i];
    const bool touched = in_.targets[i].off_baseline || target.state == TargetState::kWorking ||
                         target.state == TargetState::kProven ||
                         target.state == TargetState::kFailed ||
                         (target.state == TargetState::kDeferred && !target.instance.empty());
    if (!touched) continue;
    Move(i, TargetState::kGoingBack, target.reason);
    Change(ChangeKind::kGoBack, i);
  }
  out_.next.state = RolloutState::kRollingBack;
  out_.next.reason = reason;
  Progress();
  Event(event_kind::kRolloutRollingBack, "every instance that was changed goes back: " + reason);
}

void Stepper::Pause(const std::string& reason) {
  out_.next.state = RolloutState::kPaused;
  out_.next.reason = reason;
  out_.next.deadline = absl::Time();
  Event(event_kind::kRolloutPaused, reason);
}

void Stepper::End(RolloutState state, const std::string& reason, std::string_view event) {
  out_.next.state = state;
  out_.next.reason = reason;
  out_.next.ended_at = in_.now;
  out_.next.deadline = absl::Time();
  Event(event, reason.empty() ? "revision " + std::to_string(out_.next.to) + " is " +
                                    std::string(ToString(state))
                              : reason);
}

}  // namespace quayside::controller
