#include "tests/unit/controller/rollout/rollout_play.h"

#include "controller/rollout/judge.h"

namespace quayside::controller {
namespace {

std::string_view Word(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kPut:
      return "put";
    case ChangeKind::kRetire:
      return "retire";
    case ChangeKind::kRemove:
      return "remove";
    case ChangeKind::kGoBack:
      return "go back";
    case ChangeKind::kStop:
      return "stop";
    case ChangeKind::kSettle:
      return "settle";
  }
  return "?";
}

bool Replaces(const RolloutTarget& target) {
  return target.action == TargetAction::kReplace || target.action == TargetAction::kNone;
}

}  // namespace

size_t RolloutPlay::Target(TargetAction action, const std::string& service, int slot,
                           const std::string& host) {
  RolloutTarget target{.slot = {spec.name, ServiceName(service), slot}, .action = action};
  target.since = now;
  if (!host.empty()) {
    Host(host);
    target.host = HostId(host);
  }
  Facts known;
  if (action != TargetAction::kCreate) {
    target.predecessor = InstanceId("old-" + service + std::to_string(slot) + host);
    known.predecessor_known = true;
    known.predecessor.state = InstanceState::kRunning;
    known.predecessor.proven = true;
    known.still_there = action == TargetAction::kRemove;
  }
  row.targets.push_back(std::move(target));
  facts.push_back(std::move(known));
  return row.targets.size() - 1;
}

void RolloutPlay::Updates(const std::string& service, int replicas) {
  for (int slot = 1; slot <= replicas; ++slot) {
    Target(TargetAction::kReplace, service, slot, "h" + std::to_string(slot));
  }
}

StepInput RolloutPlay::Input() const {
  StepInput input;
  input.row = &row;
  input.spec = &spec;
  input.succeeded = succeeded;
  input.held = held;
  input.hosts = hosts;
  input.max_starts = max_starts;
  input.now = now;
  for (const Facts& known : facts) {
    StepTarget target;
    if (known.observed_known) target.observed = &known.observed;
    if (known.predecessor_known) target.predecessor = &known.predecessor;
    target.predecessor_intent = known.predecessor_intent;
    target.removal_open = known.removal_open;
    target.off_baseline = known.off_baseline;
    target.still_there = known.still_there;
    target.brings = known.brings;
    target.frees = known.frees;
    input.targets.push_back(std::move(target));
  }
  return input;
}

std::string RolloutPlay::Step() {
  const StepInput input = Input();
  StepResult result = StepRollout(input);
  Check(input, result);
  std::string line;
  for (const InstanceChange& change : result.changes) {
    line += (line.empty() ? "" : ", ") + std::string(Word(change.kind)) + " " + Name(change.target);
  }
  row = std::move(result.next);
  more = result.more;
  for (const InstanceChange& change : result.changes) CarryOut(change);
  for (StepEvent& event : result.events) events.push_back(std::move(event));
  return line + (line.empty() ? "" : "; ") + State();
}

// What holds in every step of every rollout.
void RolloutPlay::Check(const StepInput& input, const StepResult& result) const {
  const RolloutRow& next = result.next;
  if (!Ended(next.state) && next.state != RolloutState::kPaused) {  // R19
    EXPECT_GT(next.deadline, absl::UnixEpoch()) << State();
    EXPECT_LE(next.deadline, now + absl::Hours(2)) << State();
  }
  EXPECT_TRUE(!Ended(next.state) || next.ended_at != absl::Time());
  EXPECT_TRUE(next.state != RolloutState::kPaused || !next.reason.empty());
  ASSERT_EQ(next.targets.size(), row.targets.size());
  for (const InstanceChange& change : result.changes) {
    const bool starts = change.kind == ChangeKind::kPut || change.kind == ChangeKind::kRetire;
    if (!starts) continue;
    const RolloutTarget& target = row.targets[change.target];
    ASSERT_FALSE(target.host.empty()) << Name(change.target);
    EXPECT_EQ(hosts.at(target.host).presence, Presence::kReady) << Name(change.target);
  }
  for (size_t i = 0; i < next.targets.size(); ++i) {  // a host that is lost proves nothing
    if (next.targets[i].state == TargetState::kProven &&
        row.targets[i].state != TargetState::kProven) {
      EXPECT_EQ(hosts.at(next.targets[i].host).presence, Presence::kReady) << Name(i);
    }
  }
  // The same row and facts give the same (R18), and what was decided is decided once.
  const StepResult again = StepRollout(input);
  EXPECT_EQ(again.next, next);
  EXPECT_EQ(again.changes, result.changes);
  EXPECT_EQ(again.events, result.events);
}

void RolloutPlay::CarryOut(const InstanceChange& change) {
  RolloutTarget& target = row.targets[change.target];
  Facts& known = facts[change.target];
  switch (change.kind) {
    case ChangeKind::kPut:
      known.observed = InstanceStatus();
      known.observed_known = false;
      if (target.action == TargetAction::kNone) {
        known.observed = known.predecessor;
        known.observed_known = true;
        return;
      }
      target.instance = InstanceId("new-" + Name(change.target) + ToString(target.slot));
      known.still_there = Replaces(target);
      return;
    case ChangeKind::kRetire:
    case ChangeKind::kRemove:
      known.removal_open = true;
      return;
    case ChangeKind::kGoBack:
      known.removal_open = target.predecessor.empty();
      hosts.at(target.host).rejection.clear();  // it was about another assignment
      known.predecessor_known = false;
      return;
    case ChangeKind::kStop:
      known.observed.state = InstanceState::kStopped;
      return;
    case ChangeKind::kSettle:
      return;
  }
}

void RolloutPlay::Work() {
  for (size_t i = 0; i < row.targets.size(); ++i) {
    const RolloutTarget& target = row.targets[i];
    if (target.host.empty() || hosts.at(target.host).presence != Presence::kReady) continue;
    WorkOn(i);
  }
}

void RolloutPlay::WorkOn(size_t i) {
  const RolloutTarget& target = row.targets[i];
  Facts& known = facts[i];
  const auto named = fates.find(i);
  const Fate fate = named == fates.end() ? Fate::kProves : named->second;
  if (target.state == TargetState::kGoingBack) {
    if (fate == Fate::kSilent) return;
    known = Facts{.brings = known.brings, .frees = known.frees};
    known.predecessor_known = !target.predecessor.empty();
    known.predecessor.state = InstanceState::kRunning;
    known.predecessor.proven = true;
    return;
  }
  if (target.state != TargetState::kWorking) return;
  if (target.action == TargetAction::kRemove) {
    if (fate == Fate::kProves) known.removal_open = known.still_there = false;
    return;
  }
  const bool stops = FindService(spec, target.slot.service)->stopped;
  switch (fate) {
    case Fate::kProves:
      known.still_there = false;
      return Report(i, stops ? InstanceState::kStopped : InstanceState::kRunning, !stops,
                    FailureKind::kNone, false);
    case Fate::kExits:
      return Report(i, InstanceState::kFailed, false, FailureKind::kApplication, true);
    case Fate::kUnhealthy:
      return Report(i, InstanceState::kFailed, false, FailureKind::kApplication, true);
    case Fate::kRejects:
      hosts.at(target.host).rejection = "it is privileged";
      return;
    case Fate::kNoImage:
      return Report(i, InstanceState::kPulling, false, FailureKind::kInfrastructure, false);
    case Fate::kStarts:
      return Report(i, InstanceState::kStarting, false, FailureKind::kNone, false);
    case Fate::kSilent:
      return;
  }
}

void RolloutPlay::Report(size_t i, InstanceState state, bool proven, FailureKind failure,
                         bool verdict) {
  Facts& known = facts[i];
  known.observed_known = true;
  known.observed.state = state;
  known.observed.proven = proven;
  known.observed.failure = failure;
  known.observed.verdict = verdict;
  known.observed.reason = failure == FailureKind::kApplication      ? "exited with 3"
                          : failure == FailureKind::kInfrastructure ? "the registry answers 503"
                                                                    : "";
}

std::string RolloutPlay::Run(absl::Duration at_most) {
  std::string text;
  std::string last = State();
  for (const absl::Time end = now + at_most; now < end; Pass(absl::Seconds(1))) {
    const std::string line = Step();
    if (line != last) {
      text += (text.empty() ? "" : "\n") + absl::FormatDuration(now - began_) + " " + line;
    }
    last = State();
    Work();
    if (Ended(row.state) || row.state == RolloutState::kPaused) break;
  }
  return text;
}

RolloutState RolloutPlay::Finish() {
  for (int round = 0; round < 1000; ++round) {
    Step();
    if (Ended(row.state) || row.state == RolloutState::kPaused) return row.state;
    Work();
    Pass(absl::Seconds(10));
  }
  ADD_FAILURE() << "it does not end: " << Targets();
  return row.state;
}

std::string RolloutPlay::Targets() const {
  std::string text;
  for (size_t i = 0; i < row.targets.size(); ++i) {
    text +=
        (text.empty() ? "" : "; ") + Name(i) + " " + std::string(ToString(row.targets[i].state));
  }
  return text;
}

std::string RolloutPlay::Name(size_t i) const {
  const RolloutTarget& target = row.targets[i];
  return target.slot.service.value + "." + std::to_string(target.slot.slot) +
         (target.host.empty() ? "" : "@" + target.host.value);
}

}  // namespace quayside::controller
