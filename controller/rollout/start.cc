// What comes next: new slots at once, then updates service by service, then removals.
#include <algorithm>

#include "controller/rollout/stepper.h"

namespace quayside::controller {

void Stepper::StartNext() {
  if (StartCreates()) return;
  StartUpdates();
}

// Starts the new slots that take nothing from others. True while some of them are on their way:
// updates come after them.
bool Stepper::StartCreates() {
  bool busy = false;
  for (size_t i = 0; i < targets().size(); ++i) {
    RolloutTarget& target = targets()[i];
    if (target.action != TargetAction::kCreate || Settled(i) || Unplaced(i)) continue;
    if (target.state == TargetState::kWaiting && WaitsForItsData(i)) {
      // The removal of the same slot is an update.
      target.reason = "its data is on another host, where the old container has not ended";
      continue;
    }
    if (HandsOverPort(i)) continue;
    if (target.state == TargetState::kWaiting && HostReady(i)) {
      if (Full()) {
        out_.more = true;
        return true;
      }
      Start(i, ChangeKind::kPut);
    }
    busy |= target.state == TargetState::kWorking;
  }
  return busy;
}

// What a target on its way needs the port of, or gives its port to, comes with it: they are one
// replacement, of which something before this rollout has put a part.
void Stepper::CompleteGroups() {
  for (size_t i = 0; i < targets().size(); ++i) {
    if (targets()[i].state != TargetState::kWorking) continue;
    for (const size_t other : links_[i]) {
      const bool waits = targets()[other].state == TargetState::kWaiting && HostReady(other);
      if (!waits || WaitsForItsData(other)) continue;
      if (Full()) {
        out_.more = true;
        return;
      }
      StartGroup(other);
    }
  }
}

void Stepper::StartUpdates() {
  CompleteGroups();
  ServiceName current;
  int in_flight = 0;
  // The first service, in the order of the row, that has something on its way or to do.
  for (size_t i = 0; i < targets().size(); ++i) {
    const RolloutTarget& target = targets()[i];
    if (Settled(i) || Unplaced(i) || LateRemoval(i)) continue;
    if (target.action == TargetAction::kCreate && !HandsOverPort(i)) continue;
    if (WaitsForItsData(i)) continue;
    const bool working = target.state == TargetState::kWorking;
    if (!working && !HostReady(i)) continue;
    if (current.empty()) current = target.slot.service;
    if (working && target.slot.service == current) ++in_flight;
  }
  if (current.empty()) return;
  const ServiceSpec* service = FindService(*in_.spec, current);
  const int parallelism = service == nullptr ? 1 : service->update.parallelism;
  for (size_t i = 0; i < targets().size(); ++i) {
    const RolloutTarget& target = targets()[i];
    if (target.slot.service != current || target.state != TargetState::kWaiting) continue;
    if (Unplaced(i) || LateRemoval(i) || !HostReady(i)) continue;
    if (target.action == TargetAction::kCreate && !HandsOverPort(i)) continue;
    if (WaitsForItsData(i)) continue;
    if (parallelism > 0 && in_flight >= parallelism) return;
    if (in_.now < out_.next.next_step_at) return;
    if (Full()) {
      out_.more = true;
      return;
    }
    StartGroup(i);
    ++in_flight;
  }
}

// The target and all that hand ports over on its host, directly or through others: they form one
// replacement (R15).
void Stepper::StartGroup(size_t i) {
  std::vector<size_t> group = {i};
  for (size_t next = 0; next < group.size(); ++next) {
    for (const size_t other : links_[group[next]]) {
      if (targets()[other].state != TargetState::kWaiting || WaitsForItsData(other)) continue;
      if (std::find(group.begin(), group.end(), other) == group.end()) group.push_back(other);
    }
  }
  for (const size_t member : group) {
    Start(member, targets()[member].action == TargetAction::kRemove ? ChangeKind::kRetire
                                                                    : ChangeKind::kPut);
  }
}

void Stepper::StartRemovals() {
  for (size_t i = 0; i < targets().size(); ++i) {
    if (!LateRemoval(i) || targets()[i].state != TargetState::kWaiting) continue;
    if (Full()) {
      out_.more = true;
      return;
    }
    Start(i, ChangeKind::kRemove);
  }
}

void Stepper::Start(size_t i, ChangeKind kind) {
  Move(i, TargetState::kWorking, "");
  targets()[i].since = in_.now;
  if (kind == ChangeKind::kPut && targets()[i].action == TargetAction::kNone) {
    targets()[i].instance = targets()[i].predecessor;  // the same container, told otherwise
  }
  Change(kind, i);
  if (!Ended(out_.next.state)) Progress();
}

}  // namespace quayside::controller
