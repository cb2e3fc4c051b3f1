// How a rollout ends: in success, in part, or by going back.
#include "common/model/event_kind.h"
#include "controller/rollout/stepper.h"

namespace quayside::controller {

void Stepper::FailRollout(const std::string& reason) {
  out_.next.state = RolloutState::kRollingBack;
  out_.next.reason = reason;
  Progress();
  if (in_.succeeded == 0) {
    StopStarted();
    return;
  }
  Event(event_kind::kRolloutRollingBack, "every instance that was changed goes back: " + reason);
  SendBack();
}

bool Stepper::ToGoBack(size_t i) const {
  const RolloutTarget& target = targets()[i];
  switch (target.state) {
    case TargetState::kGoingBack:
    case TargetState::kBack:
      return false;
    case TargetState::kWorking:
    case TargetState::kProven:
    case TargetState::kFailed:
      return true;
    case TargetState::kDeferred:
      return in_.targets[i].off_baseline || !target.instance.empty();
    case TargetState::kWaiting:
      return in_.targets[i].off_baseline;
  }
  return false;
}

// Sends back the next share (R28): the states of the targets say what is left. True when nothing
// was sent: what is known of the targets is not older than their going back.
bool Stepper::SendBack() {
  bool sent = false;
  for (size_t i = 0; i < targets().size(); ++i) {
    if (!ToGoBack(i)) continue;
    sent = true;
    if (Full()) {
      out_.more = true;
      break;
    }
    SendBackGroup(i);
  }
  return !sent;
}

// The target and all that hand ports over on its host: they go back in one turn (R15).
void Stepper::SendBackGroup(size_t i) {
  std::vector<size_t> group = {i};
  Move(i, TargetState::kGoingBack, targets()[i].reason);
  for (size_t next = 0; next < group.size(); ++next) {
    Change(ChangeKind::kGoBack, group[next]);
    for (const size_t other : links_[group[next]]) {
      if (!ToGoBack(other)) continue;
      Move(other, TargetState::kGoingBack, targets()[other].reason);
      group.push_back(other);
    }
  }
}

// Nothing to go back to: what was started is stopped, a share in each step, and kept for
// inspection. True when the rollout has ended with that.
bool Stepper::StopStarted() {
  bool left = false;
  for (size_t i = 0; i < targets().size(); ++i) {
    const RolloutTarget& target = targets()[i];
    if (target.state == TargetState::kWaiting || in_.targets[i].stopped) continue;
    if (target.instance.empty()) {
      // Started in this very step: it gets its instance with it.
      left |= target.state == TargetState::kWorking && target.action != TargetAction::kRemove;
      continue;
    }
    if (Full()) {
      left = true;
      break;
    }
    Change(ChangeKind::kStop, i);
  }
  out_.more |= left;
  if (left) return false;
  End(RolloutState::kFailed, out_.next.reason, event_kind::kRolloutFailed);
  return true;
}

// An ended rollout's proven targets need what is kept in their slots no more; a share in each step.
void Stepper::SettleProven() {
  for (size_t i = 0; i < targets().size(); ++i) {
    const RolloutTarget& target = targets()[i];
    if (target.state != TargetState::kProven || !in_.targets[i].keeps) continue;
    if (target.action == TargetAction::kRemove && !MovesWithState(i)) continue;
    if (Full()) {
      out_.more = true;
      return;
    }
    Change(ChangeKind::kSettle, i);
  }
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
