// What is on its way: judging the targets that were started.
#include "common/model/event_kind.h"
#include "controller/rollout/stepper.h"

namespace quayside::controller {

void Stepper::JudgeWorking() {
  for (size_t i = 0; i < targets().size(); ++i) {
    if (targets()[i].state != TargetState::kWorking) continue;
    const Judgement judged = Judge(targets()[i], Service(i), in_.targets[i], Host(i));
    switch (judged.standing) {
      case Standing::kProven: {
        Move(i, TargetState::kProven, "");
        const ServiceSpec* service = Service(i);
        if (service != nullptr && targets()[i].action != TargetAction::kCreate) {
          out_.next.next_step_at = in_.now + service->update.delay;
        }
        Progress();
        break;
      }
      case Standing::kFailed:
        FailTarget(i, judged.reason);
        if (Ended(out_.next.state) || out_.next.state == RolloutState::kPaused ||
            out_.next.state == RolloutState::kRollingBack) {
          return;
        }
        break;
      case Standing::kWorking:
      case Standing::kHeld:
      case Standing::kLost:
        targets()[i].reason = judged.reason;
        break;
    }
  }
}

// A proven target may still fail while the rollout goes on: a verdict always counts, a failure that
// is not final only while the service is watched (`monitor`).
void Stepper::JudgeProven(bool window_open) {
  for (size_t i = 0; i < targets().size(); ++i) {
    const RolloutTarget& target = targets()[i];
    if (target.state != TargetState::kProven || target.action == TargetAction::kRemove) continue;
    const ServiceSpec* service = Service(i);
    const Judgement judged = Judge(target, service, in_.targets[i], Host(i));
    const InstanceStatus* status = in_.targets[i].observed;
    const bool watched = window_open && service != nullptr && !service->stopped &&
                         in_.now < target.since + service->update.monitor;
    const bool fell = watched && judged.standing == Standing::kWorking && status != nullptr &&
                      status->failure == FailureKind::kApplication;
    if (judged.standing != Standing::kFailed && !fell) continue;
    FailTarget(i, judged.reason);
    if (Ended(out_.next.state) || out_.next.state == RolloutState::kPaused ||
        out_.next.state == RolloutState::kRollingBack) {
      return;
    }
  }
}

void Stepper::ReturnDeferred() {
  for (size_t i = 0; i < targets().size(); ++i) {
    const RolloutTarget& target = targets()[i];
    if (target.state != TargetState::kDeferred || !HostReady(i)) continue;
    const bool updates = out_.next.state == RolloutState::kRunning;
    if (!updates && target.action != TargetAction::kRemove) continue;  // a batch of its own (R22)
    const bool started = target.action == TargetAction::kRemove
                             ? in_.targets[i].removal_open
                             : !target.instance.empty() && target.instance != target.predecessor;
    Move(i, started ? TargetState::kWorking : TargetState::kWaiting, "");
    Progress();
  }
}

// Hosts whose lease has run out are waited for no longer, as long as there are few of them (R22).
void Stepper::DeferLost() {
  int budget = DeferralBudget(targets().size()) - Count(TargetState::kDeferred);
  for (size_t i = 0; i < targets().size(); ++i) {
    const RolloutTarget& target = targets()[i];
    if (Settled(i) || Unplaced(i) || target.state == TargetState::kGoingBack) continue;
    if (out_.next.state == RolloutState::kRunning && LateRemoval(i)) continue;
    const StepHost* host = Host(i);
    if (host != nullptr && host->presence != Presence::kLost) {
      if (host->presence != Presence::kReady && target.state == TargetState::kWaiting) {
        targets()[i].reason = "host " + host->name + " is " + std::string(ToString(host->presence));
      }
      continue;
    }
    const std::string reason =
        host == nullptr ? "its host is gone" : "host " + host->name + " is lost";
    if (budget <= 0) {
      targets()[i].reason = reason + ", and too many others are";
      continue;
    }
    --budget;
    Move(i, TargetState::kDeferred, reason);
  }
}

void Stepper::FailTarget(size_t i, const std::string& reason) {
  Move(i, TargetState::kFailed, reason);
  Event(event_kind::kInstanceFailed, Name(i) + " failed: " + reason, i);
  const ServiceSpec* service = Service(i);
  const UpdateConfig update = service == nullptr ? UpdateConfig() : service->update;
  int failures = 0;
  int all = 0;
  for (const RolloutTarget& target : targets()) {
    if (target.slot.service != targets()[i].slot.service) continue;
    if (target.action == TargetAction::kRemove) continue;
    ++all;
    if (target.state == TargetState::kFailed) ++failures;
  }
  const bool tolerated = update.failure_action == FailureAction::kContinue ||
                         failures <= update.max_failure_ratio * all;
  if (tolerated) {
    // It alone goes back; the rollout ends `partial`, because not everything is proven.
    if (!targets()[i].predecessor.empty()) Change(ChangeKind::kGoBack, i);
    Progress();
    return;
  }
  if (update.failure_action == FailureAction::kPause) {
    return Pause(Name(i) + " failed: " + reason);
  }
  FailRollout(Name(i) + " failed: " + reason);
}

}  // namespace quayside::controller
