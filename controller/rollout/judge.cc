#include "controller/rollout/judge.h"

namespace quayside::controller {
namespace {

// Host trouble comes before everything: nothing that was reported earlier is a verdict now.
bool HostTrouble(const StepHost* host, Judgement* out) {
  if (host == nullptr) {
    *out = {Standing::kLost, "its host is gone"};
    return true;
  }
  switch (host->presence) {
    case Presence::kReady:
      break;
    case Presence::kLost:
      *out = {Standing::kLost, "host " + host->name + " is lost"};
      return true;
    case Presence::kAway:
    case Presence::kUnknown:
      *out = {Standing::kHeld,
              "host " + host->name + " is " + std::string(ToString(host->presence))};
      return true;
  }
  if (!host->engine_reachable) {
    *out = {Standing::kHeld, "the engine of host " + host->name + " cannot be reached"};
    return true;
  }
  return false;
}

// Text for a status that is not proven.
std::string Describe(const InstanceStatus& status) {
  std::string text(ToString(status.state));
  if (!status.reason.empty()) text += ": " + status.reason;
  return text;
}

Judgement JudgeStatus(const InstanceStatus* status, Intent intent) {
  if (status == nullptr) return {Standing::kWorking, "its host has not reported it yet"};
  if (intent == Intent::kStop) {
    const bool done = !MayRun(status->state) && status->state != InstanceState::kCreating &&
                      status->state != InstanceState::kPulling;
    return done ? Judgement{Standing::kProven, ""}
                : Judgement{Standing::kWorking, Describe(*status)};
  }
  if (status->proven) return {Standing::kProven, ""};
  if (status->failure == FailureKind::kInfrastructure) {
    return {Standing::kHeld, Describe(*status)};
  }
  if (status->verdict) return {Standing::kFailed, status->reason};
  return {Standing::kWorking, Describe(*status)};
}

bool StillRuns(const InstanceStatus* status) { return status != nullptr && MayRun(status->state); }

}  // namespace

bool MayRun(InstanceState state) {
  switch (state) {
    case InstanceState::kStarting:
    case InstanceState::kRunning:
    case InstanceState::kHealthy:
    case InstanceState::kUnhealthy:
    case InstanceState::kStopping:
    case InstanceState::kUnknown:
      return true;
    case InstanceState::kPending:
    case InstanceState::kPulling:
    case InstanceState::kCreating:
    case InstanceState::kStopped:
    case InstanceState::kCompleted:
    case InstanceState::kExited:
    case InstanceState::kFailed:
      return false;
  }
  return true;
}

Judgement Judge(const RolloutTarget& target, const ServiceSpec* service, const StepTarget& facts,
                const StepHost* host) {
  Judgement out;
  if (HostTrouble(host, &out)) return out;
  if (target.action == TargetAction::kRemove) {
    if (facts.still_there) return {Standing::kWorking, "it still runs"};
    return facts.removal_open ? Judgement{Standing::kWorking, "its removal is not confirmed yet"}
                              : Judgement{Standing::kProven, ""};
  }
  if (!host->rejection.empty()) {
    return {Standing::kFailed, "host " + host->name + " refuses it: " + host->rejection};
  }
  const Intent intent = service != nullptr && service->stopped ? Intent::kStop : Intent::kRun;
  const Judgement own = JudgeStatus(facts.observed, intent);
  // With nothing to go back to there is no hurry: it is stopped and its last lines are read first.
  if (own.standing == Standing::kFailed && target.predecessor.empty() &&
      StillRuns(facts.observed)) {
    return {Standing::kWorking, "it failed and is being stopped: " + own.reason};
  }
  // Done means that the new one is proven and nothing else of its slot runs.
  if (own.standing == Standing::kProven && facts.still_there) {
    return {Standing::kWorking, "the one before it still runs"};
  }
  return own;
}

Judgement JudgeBack(const RolloutTarget& target, const StepTarget& facts, const StepHost* host) {
  Judgement out;
  if (HostTrouble(host, &out)) return out;
  if (target.predecessor.empty()) {
    return StillRuns(facts.observed) ? Judgement{Standing::kWorking, "the new one still runs"}
                                     : Judgement{Standing::kProven, ""};
  }
  if (facts.predecessor == nullptr) {
    return {Standing::kWorking, "its host has not reported the one before it yet"};
  }
  const Judgement before = JudgeStatus(facts.predecessor, facts.predecessor_intent);
  const bool replaced = target.predecessor != target.instance;
  if (before.standing == Standing::kProven && replaced && StillRuns(facts.observed)) {
    return {Standing::kWorking, "the new one still runs"};
  }
  return before;
}

}  // namespace quayside::controller
