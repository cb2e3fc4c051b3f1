// Slots with a desired instance: which of a slot's containers is to run, and what becomes of the
// others.
#include <algorithm>

#include "agent/planner.h"
#include "agent/restart.h"

namespace quayside::agent {

void Planner::PlanSlot(SlotView& view) {
  if (view.spec == nullptr) {
    Wait(view.desired->id, {.state = InstanceState::kPending,
                            .failure = FailureKind::kApplication,
                            .reason = "its spec is not known on this host"});
    return;
  }
  if (view.desired->intent == Intent::kStop) return PlanStopped(view);
  if (const Verdict* verdict = FindVerdict(view.record, view.desired->id)) {
    return PlanWentBack(view, *verdict);
  }
  if (view.candidate) return PlanCandidate(view);
  PlanCommitted(view);
}

void Planner::PlanStopped(SlotView& view) {
  view.record.candidate = InstanceId();
  view.record.candidate_started = false;
  view.record.unhealthy_run = absl::InfinitePast();
  for (const auto& [id, container] : view.containers) {
    if (container->active()) {
      Act(Action::Kind::kStop, view, *container, "stopped by `ctl stop`");
    } else if (container->armed()) {
      Act(Action::Kind::kDisarm, view, *container, "stopped by `ctl stop`");
    } else if (!Kept(view, id)) {
      Act(Action::Kind::kRemove, view, *container, "not needed any more");
    }
  }
  const Container* container = view.Find(view.desired->id);
  if (container == nullptr || !container->active()) {
    Wait(view.desired->id, {.state = InstanceState::kStopped});
  }
}

void Planner::PlanWentBack(SlotView& view, const Verdict& verdict) {
  const InstanceId& failed = view.desired->id;
  const Container* tried = view.Find(failed);
  if (tried != nullptr && tried->active()) {
    Act(Action::Kind::kStop, view, *tried, "failed: " + verdict.reason);
  } else if (tried != nullptr && tried->armed()) {
    Act(Action::Kind::kDisarm, view, *tried, "failed: " + verdict.reason);
  } else if (tried != nullptr && tried->ever_ran() && verdict.log_tail.empty() &&
             !in_.logs_read.contains(failed)) {
    Act(Action::Kind::kReadLogs, view, *tried, "its last lines tell why it failed");
  }
  const Container* previous = view.committed == failed ? nullptr : view.Find(view.committed);
  if (previous != nullptr) Heal(view, *previous);
  for (const auto& [id, container] : view.containers) {
    if (id == failed || id == view.committed) continue;
    if (container->active()) {
      Act(Action::Kind::kStop, view, *container, "not desired here any more");
    } else if (container->armed()) {
      Act(Action::Kind::kDisarm, view, *container, "not desired here any more");
    } else if (!Kept(view, id)) {
      Act(Action::Kind::kRemove, view, *container, "not needed any more");
    }
  }
}

void Planner::PlanCommitted(SlotView& view) {
  if (!view.record_known) {
    // The record was lost and the engine's policy says that this one was committed.
    view.record.committed = view.committed;
    view.record.proven_at = in_.wall;
  }
  // The controller went back by itself: what was to replace this one is nobody's candidate now.
  view.record.candidate = InstanceId();
  view.record.candidate_started = false;
  view.record.candidate_tries = 0;
  const Container* container = view.Find(view.desired->id);
  if (container != nullptr) {
    Heal(view, *container);
  } else if (!view.record.completed) {
    Prepare(view, OnTrouble::kWait);
  }
  // What was tried after it, or was started by hand, gives its place back.
  if (container != nullptr && !container->active() && !view.record.completed) {
    for (const Container* blocker : Blockers(view, view.desired->id)) {
      if (blocker->identity.slot != view.key) continue;
      Act(Action::Kind::kStop, view, *blocker, "makes way for " + view.desired->id.value);
    }
  }
  Retire(view, container);
}

bool Planner::MayRetire(const SlotView& view, const Container* successor) const {
  if (view.record.completed) return true;
  if (successor == nullptr || !successor->active()) return false;
  return successor->armed() || !ShouldBeArmed(view.spec->restart, view.record);
}

bool Planner::MayStop(const SlotView& view, const Container* successor) const {
  if (MayRetire(view, successor)) return true;
  return successor != nullptr && successor->active() &&
         InHand(successor->identity.instance, Action::Kind::kArm);
}

void Planner::Retire(SlotView& view, const Container* successor) {
  // Removing takes the engine as long as a start, and nobody waits for it: the old one goes first.
  const bool replacing =
      std::any_of(view.containers.begin(), view.containers.end(), [&](const auto& entry) {
        return entry.second != successor && (entry.second->active() || entry.second->armed());
      });
  for (const auto& [id, container] : view.containers) {
    if (container == successor) continue;
    // None armed never (R13): the old one is disarmed when the new one is armed. It is stopped
    // while that is under way: a stop and an arming take the engine some 30 ms each.
    if (container->active()) {
      if (!MayStop(view, successor)) continue;
      Act(Action::Kind::kStop, view, *container, "replaced by " + view.desired->id.value);
    } else if (container->armed()) {
      if (!MayRetire(view, successor)) continue;
      Act(Action::Kind::kDisarm, view, *container, "replaced by " + view.desired->id.value);
    } else if (!replacing && !Kept(view, id)) {
      Act(Action::Kind::kRemove, view, *container, "not needed for going back any more");
    }
  }
}

}  // namespace quayside::agent
