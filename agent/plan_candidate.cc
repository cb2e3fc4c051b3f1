// A candidate: a desired instance that is neither proven nor failed. Prepare, switch, prove, and
// commit or fail.
#include <algorithm>

#include "agent/planner.h"
#include "agent/restart.h"
#include "common/model/event_kind.h"

namespace quayside::agent {
namespace {

// After the second interruption a candidate is started more and more slowly.
constexpr Backoff kInterruptedBackoff = {absl::Seconds(5), absl::Minutes(5)};

std::string ExitReason(const ContainerDetail& detail) {
  return "exited with code " + std::to_string(detail.exit_code) +
         (detail.oom_killed ? " (a process of it was killed for memory)" : "") +
         " before it was proven";
}

}  // namespace

void Planner::PlanCandidate(SlotView& view) {
  const InstanceId& id = view.desired->id;
  const Container* container = view.Find(id);
  if (container == nullptr && view.record.candidate == id) {
    // It was removed in the middle: the one before it runs until there is a new one.
    view.record.candidate = InstanceId();
    view.record.candidate_started = false;
  }
  const bool switching = view.record.candidate == id;
  const Container* committed = view.Find(view.committed);
  if (committed != nullptr && (!switching || view.start_first)) Heal(view, *committed);
  if (committed != nullptr && view.record_known) RetireSuperseded(view);
  if (container == nullptr) return Prepare(view, OnTrouble::kFail);

  if (const std::string failure = FailureOf(view); !failure.empty()) return Fail(view, failure);
  for (const SlotView* member : view.group) {
    if (member == &view || !switching) continue;
    if (const std::string failure = FailureOf(*member); !failure.empty()) {
      return Fail(view, "it is replaced together with " + quayside::ToString(member->key) +
                            ", which failed: " + failure);
    }
  }
  switch (container->state()) {
    case ContainerState::kDead:
      Act(Action::Kind::kRemove, view, *container, "the engine could not remove it");
      return;
    case ContainerState::kRemoving:
      Wait(id, {.state = InstanceState::kPending, .reason = "the engine is removing it"});
      return;
    case ContainerState::kPaused:
      Act(Action::Kind::kUnpause, view, *container, "paused by hand");
      return;
    case ContainerState::kRunning:
    case ContainerState::kRestarting:
      return Judge(view, *container);
    case ContainerState::kCreated:
    case ContainerState::kExited:
      return PlanCandidateStart(view, *container);
  }
}

void Planner::RetireSuperseded(const SlotView& view) {
  // None armed never (R13): the one before it goes on until the committed one has been armed.
  const Container* committed = view.Find(view.committed);
  const ContainerSpec* spec = SpecOf(committed->identity.spec);
  const bool arming = committed->active() && !committed->armed() && spec != nullptr &&
                      ShouldBeArmed(spec->restart, view.record);
  for (const auto& [id, container] : view.containers) {
    if (id == view.desired->id || id == view.committed) continue;
    if (arming && id == view.record.previous) continue;
    if (container->active()) {
      Act(Action::Kind::kStop, view, *container, "superseded by " + view.desired->id.value);
    } else if (container->armed()) {
      Act(Action::Kind::kDisarm, view, *container, "superseded by " + view.desired->id.value);
    } else if (!Kept(view, id)) {
      Act(Action::Kind::kRemove, view, *container, "superseded by " + view.desired->id.value);
    }
  }
}

bool Planner::RanAsCandidate(const SlotView& view, const Container& container) const {
  const SlotRecord& record = view.record;
  return record.candidate == container.identity.instance && record.candidate_started &&
         container.ever_ran() && container.detail.started_at != record.candidate_ran_before;
}

std::string Planner::FailureOf(const SlotView& view) const {
  const InstanceId& id = view.desired->id;
  const Container* container = view.Find(id);
  if (container == nullptr || Busy(BusyKeyOfInstance(id))) return "";
  if (const Trouble* trouble = DefiniteTrouble(BusyKeyOfInstance(id))) return trouble->reason;
  if (container->active()) {
    const Assessment* health = HealthOf(id);
    return health != nullptr && health->failed ? health->reason : "";
  }
  if (!RanAsCandidate(view, *container) || !container->exit_judged || Proven(view)) return "";
  return ExitReason(container->detail);
}

bool Planner::Proven(const SlotView& view) const {
  const InstanceId& id = view.desired->id;
  const Container* container = view.Find(id);
  if (container == nullptr) return false;
  if (container->active()) {
    const Assessment* health = HealthOf(id);
    return health != nullptr && health->proven;
  }
  return RanAsCandidate(view, *container) && container->detail.exit_code == 0 &&
         MayEnd(view.spec->restart);
}

void Planner::Judge(SlotView& view, const Container& container) {
  const InstanceId& id = view.desired->id;
  if (view.record.candidate != id || !view.record.candidate_started) {
    view.record.candidate = id;
    view.record.candidate_started = true;
    view.record.candidate_ran_before = absl::InfinitePast();
  }
  const std::vector<const Container*> blockers = Blockers(view, id);
  if (!blockers.empty()) ClearTheWay(view, blockers);
  const Assessment* health = HealthOf(id);
  if (health == nullptr) return;
  WakeAt(health->next);
  const bool all_proven = std::all_of(view.group.begin(), view.group.end(),
                                      [&](const SlotView* member) { return Proven(*member); });
  if (all_proven) {
    Commit(view, !container.active());
  } else if (health->proven) {
    Wait(id, {.state = health->state, .reason = "waits for the slots it is replaced with"});
  }
}

void Planner::PlanCandidateStart(SlotView& view, const Container& container) {
  const InstanceId& id = view.desired->id;
  SlotRecord& record = view.record;
  if (Busy(BusyKeyOfInstance(id))) return;
  if (RanAsCandidate(view, container)) {
    if (Proven(view)) return Commit(view, true);
    // Not seen to end by itself: its engine or host did. Once more, with a fresh window.
    record.candidate_started = false;
    ++record.candidate_tries;
    Notify(event_kind::kInterrupted, view, id, "its engine, host or agent ended; tried again");
    return;
  }
  std::string reason;
  if (!DependenciesHold(view, &reason)) {
    Wait(id, {.state = InstanceState::kPending, .reason = reason});
    return;
  }
  for (const SlotView* member : view.group) {
    if (member->ready) continue;
    Wait(id, {.state = InstanceState::kPending,
              .reason = "waits for " + quayside::ToString(member->key) +
                        ", with which it is replaced together"});
    return;
  }
  const std::vector<const Container*> blockers = Blockers(view, id);
  if (!blockers.empty()) return ClearTheWay(view, blockers);

  if (container.armed()) {
    Act(Action::Kind::kDisarm, view, container, "a candidate is not armed");
    return;
  }
  const MonoTime not_before =
      record.candidate_tries > 1
          ? container.exited_at + kInterruptedBackoff.After(record.candidate_tries - 1)
          : container.exited_at;
  if (in_.now < not_before) {
    WakeAt(not_before);
    Wait(id, {.state = InstanceState::kPending,
              .failure = FailureKind::kInfrastructure,
              .reason = "interrupted " + std::to_string(record.candidate_tries) +
                        " times by an end of its engine or host; tried again"});
    return;
  }
  if (HeldBack(BusyKeyOfInstance(id), id, InstanceState::kPending)) return;
  RecordStart(view, container);
  Wait(id, {.state = InstanceState::kStarting});
  Act(Action::Kind::kStart, view, container, "new");
  if (view.start_first) return;
  // A stop already keeps the engine from starting the old one again; disarming it need not delay
  // the start.
  for (const auto& [other, old] : view.containers) {
    if (other == id || old->active() || !old->armed()) continue;
    Act(Action::Kind::kDisarm, view, *old, "makes way for " + id.value);
  }
}

void Planner::RecordStart(SlotView& view, const Container& container) {
  SlotRecord& record = view.record;
  if (record.candidate != view.desired->id) record.candidate_tries = 0;
  record.candidate = view.desired->id;
  record.candidate_started = true;
  record.candidate_ran_before = container.detail.started_at;
}

void Planner::Fail(SlotView& view, std::string reason) {
  const InstanceId& id = view.desired->id;
  const Container* container = view.Find(id);
  Verdict verdict{.instance = id, .reason = std::move(reason), .at = in_.wall};
  if (container != nullptr && !container->active() && container->ever_ran()) {
    verdict.exit_code = container->detail.exit_code;
    verdict.oom_killed = container->detail.oom_killed;
  }
  std::string text = verdict.reason;
  view.record.verdicts.push_back(std::move(verdict));
  if (view.record.verdicts.size() > SlotRecord::kMaxVerdicts) {
    view.record.verdicts.erase(view.record.verdicts.begin());
  }
  view.record.committed = view.committed;
  view.record.candidate = InstanceId();
  view.record.candidate_started = false;
  view.record.candidate_tries = 0;
  Notify(event_kind::kInstanceFailed, view, id, text);
  if (view.committed.empty()) return;
  if (view.Find(view.committed) != nullptr) {
    Notify(event_kind::kWentBack, view, view.committed,
           "runs again, because " + id.value + " failed: " + text);
  } else {
    Notify(event_kind::kPreviousLost, view, view.committed,
           "there is no container to go back to; the last good revision must be deployed again");
  }
}

void Planner::Commit(SlotView& view, bool completed) {
  const InstanceId& id = view.desired->id;
  const InstanceId before = view.committed;
  view.record.previous = before;
  view.record.committed = id;
  view.record.candidate = InstanceId();
  view.record.candidate_started = false;
  view.record.candidate_tries = 0;
  view.record.exits.clear();
  view.record.restart_failures = 0;
  view.record.taken_over = false;
  view.record.unhealthy_restarts = 0;
  view.record.unhealthy_run = absl::InfinitePast();
  view.record.proven_at = in_.wall;
  view.record.completed = completed;
  Notify(event_kind::kContainerProven, view, id,
         completed ? "ended with exit code 0" : "ran as its health rules ask");
  if (!before.empty()) Notify(event_kind::kReplaced, view, id, "took the place of " + before.value);
}

bool Planner::DependencyHolds(const SlotView& dependency, DependencyCondition condition) const {
  const InstanceId& id = dependency.desired->id;
  const Container* container = dependency.Find(id);
  const bool committed = dependency.committed == id;
  const bool completed = committed && dependency.record.completed;
  const Assessment* health = HealthOf(id);
  switch (condition) {
    case DependencyCondition::kStarted:
      return completed || (container != nullptr && container->active());
    case DependencyCondition::kHealthy:
      return container != nullptr && health != nullptr && health->checks_pass;
    case DependencyCondition::kCompletedSuccessfully:
      return completed;
  }
  return false;
}

bool Planner::DependenciesHold(const SlotView& view, std::string* reason) const {
  for (const Dependency& dependency : view.spec->depends_on) {
    const SlotKey first{.app = view.key.app, .service = dependency.service, .slot = 0};
    for (auto it = views_.lower_bound(first);
         it != views_.end() && it->first.app == first.app && it->first.service == first.service;
         ++it) {
      const SlotView& other = it->second;
      if (other.desired == nullptr) continue;
      const bool stopped = other.desired->intent == Intent::kStop;
      const bool failed = FindVerdict(other.record, other.desired->id) != nullptr;
      if (!dependency.required && (stopped || failed)) continue;
      if (!stopped && !failed && DependencyHolds(other, dependency.condition)) continue;
      *reason = "waits for " + quayside::ToString(other.key) +
                (failed    ? ", which failed"
                 : stopped ? ", which is stopped"
                           : "");
      return false;
    }
  }
  return true;
}

bool Planner::Occupies(const Container& container) const {
  return container.active() || InHand(container.identity.instance, Action::Kind::kStart);
}

bool Planner::InHand(const InstanceId& id, Action::Kind kind) const {
  const auto busy = in_.busy.find(BusyKeyOfInstance(id));
  if (busy != in_.busy.end() && busy->second == kind) return true;
  return std::any_of(out_.actions.begin(), out_.actions.end(), [&](const Action& action) {
    return action.kind == kind && action.instance == id;
  });
}

std::vector<const Container*> Planner::Blockers(const SlotView& view,
                                                const InstanceId& instance) const {
  const Claims& mine = ClaimsOfInstance(instance);
  std::vector<const Container*> blockers;
  const bool is_candidate = view.candidate && instance == view.desired->id;
  for (const auto& [id, other] : view.containers) {
    if (id == instance || !Occupies(*other)) continue;
    // An overtaken candidate is not what `start_first` was decided against.
    const bool both_bound = mine.slot_bound && ClaimsOfInstance(id).slot_bound &&
                            !(is_candidate && view.desired->start_first_forced);
    const bool overlap = both_bound || (is_candidate && !view.start_first);
    if (overlap || !Clash(mine, ClaimsOfInstance(id)).empty()) blockers.push_back(other);
  }
  for (const std::string& key : HostWideKeys(mine)) {
    const auto holders = holders_.find(key);
    if (holders == holders_.end()) continue;
    for (const Container* other : holders->second) {
      if (other->identity.slot == view.key || !Occupies(*other)) continue;
      if (std::find(blockers.begin(), blockers.end(), other) != blockers.end()) continue;
      if (!Clash(mine, ClaimsOfInstance(other->identity.instance)).empty()) {
        blockers.push_back(other);
      }
    }
  }
  return blockers;
}

void Planner::ClearTheWay(SlotView& view, const std::vector<const Container*>& blockers) {
  const InstanceId& id = view.desired->id;
  for (const Container* blocker : blockers) {
    const SlotView& owner = views_.at(blocker->identity.slot);
    const InstanceId& blocking = blocker->identity.instance;
    const bool same_slot = owner.key == view.key;
    const bool in_group =
        std::any_of(view.group.begin(), view.group.end(),
                    [&](const SlotView* member) { return member->key == owner.key; });
    const bool its_turn = same_slot || (in_group && blocking != owner.desired->id);
    const bool unknown =
        same_slot && !view.record_known && !blocker->armed() && !Kept(view, blocking);
    if (its_turn && !unknown) continue;
    const std::string clash = Clash(ClaimsOfInstance(id), ClaimsOfInstance(blocking));
    Wait(id, {.state = InstanceState::kPending,
              .failure = FailureKind::kInfrastructure,
              .reason = unknown ? "container " + blocker->detail.row.name +
                                      " runs in its slot and nothing is known about it"
                                : clash + " is held by " + blocker->detail.row.name});
    return;
  }
  const Container* container = view.Find(id);
  // The start is recorded with the stop, so that nothing is written while neither runs. A run is
  // the candidate's own by its stamp, so a start that never came is none.
  if (!container->active()) RecordStart(view, *container);
  for (const Container* blocker : blockers) {
    const SlotView& owner = views_.at(blocker->identity.slot);
    Act(Action::Kind::kStop, owner, *blocker, "makes way for " + id.value);
  }
  if (!container->active()) {
    Wait(id, {.state = InstanceState::kPending, .reason = "the one before it is being stopped"});
  }
}

}  // namespace quayside::agent
