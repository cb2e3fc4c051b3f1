#include "controller/rollout/stepper.h"

#include <algorithm>
#include <set>

#include "common/model/event_kind.h"

namespace quayside::controller {
namespace {

// Beyond the agent's own deadline: its verdict has to travel first.
constexpr absl::Duration kVerdictMargin = absl::Seconds(30);

}  // namespace

absl::Duration HealthyTime(const AppSpec& spec) {
  absl::Duration longest = absl::Seconds(1);
  for (const ServiceSpec& service : spec.services) {
    longest = std::max(longest, service.rollout.deadline);
  }
  return longest;
}

absl::Duration ProgressTime(const AppSpec& spec) {
  absl::Duration extra;
  for (const ServiceSpec& service : spec.services) {
    extra = std::max(extra,
                     service.rollout.min_healthy + service.update.delay + service.update.monitor);
  }
  // The first time is for pulling and starting, the second for becoming healthy.
  return 2 * HealthyTime(spec) + extra + kVerdictMargin;
}

int DeferralBudget(size_t targets) { return std::max(1, static_cast<int>(targets / 5)); }

StepResult StepRollout(const StepInput& input) { return Stepper(input).Run(); }

StepResult Stepper::Run() {
  switch (out_.next.state) {
    case RolloutState::kPending:
    case RolloutState::kPrepull:
      if (in_.held) {
        out_.next.reason = "waits for `ctl recovery accept`";
        break;
      }
      out_.next.state = RolloutState::kRunning;
      Progress();
      Advance();
      break;
    case RolloutState::kRunning:
      if (!in_.held) Advance();
      break;
    case RolloutState::kMonitoring:
      if (!in_.held) Monitor();
      break;
    case RolloutState::kRollingBack:
      if (!in_.held) RollBack();
      break;
    case RolloutState::kPartial:
      if (!in_.held) CatchUp();
      break;
    case RolloutState::kPaused:
    case RolloutState::kSucceeded:
    case RolloutState::kRolledBack:
    case RolloutState::kFailed:
    case RolloutState::kAborted:
    case RolloutState::kSuperseded:
      break;
  }
  return std::move(out_);
}

void Stepper::Advance() {
  out_.next.reason.clear();
  ReturnDeferred();
  JudgeWorking();
  if (out_.next.state != RolloutState::kRunning) return;
  JudgeProven(/*window_open=*/true);
  if (out_.next.state != RolloutState::kRunning) return;
  DeferLost();
  StartNext();
  bool done = true;
  bool only_unplaced = true;
  for (size_t i = 0; i < targets().size(); ++i) {
    if (Settled(i) || LateRemoval(i)) continue;
    done = false;
    if (!Unplaced(i)) only_unplaced = false;
  }
  if (done && !targets().empty() && Count(TargetState::kProven) == 0 &&
      Count(TargetState::kDeferred) > 0) {
    // Nothing was proven anywhere: wait for one of the hosts until the deadline.
    out_.next.reason = "every host of this change is lost; it waits for one to come back";
    if (in_.now >= out_.next.deadline) Finish();
    return;
  }
  if (done && ProvenNowhere()) return Finish();
  if (done) {
    out_.next.state = RolloutState::kMonitoring;
    absl::Duration monitor;
    for (size_t i = 0; i < targets().size(); ++i) {
      const ServiceSpec* service = Service(i);
      if (service != nullptr && targets()[i].action != TargetAction::kRemove) {
        monitor = std::max(monitor, service->update.monitor);
      }
    }
    out_.next.next_step_at = in_.now + monitor;
    Progress();
    out_.next.deadline = std::max(out_.next.deadline, in_.now + monitor + kVerdictMargin);
    return Monitor();
  }
  if (only_unplaced &&
      in_.now >= out_.next.deadline - ProgressTime(*in_.spec) + HealthyTime(*in_.spec)) {
    std::string reasons;
    for (size_t i = 0; i < targets().size(); ++i) {
      if (Unplaced(i)) reasons += (reasons.empty() ? "" : "; ") + targets()[i].reason;
    }
    return End(RolloutState::kFailed, reasons, event_kind::kRolloutFailed);
  }
  if (in_.now >= out_.next.deadline) AtDeadline();
}

void Stepper::Monitor() {
  const bool window_open = in_.now < out_.next.next_step_at;
  bool removing = false;
  for (size_t i = 0; i < targets().size(); ++i) {
    removing |= LateRemoval(i) && targets()[i].state != TargetState::kWaiting;
  }
  if (!removing) {
    JudgeProven(window_open);
    if (out_.next.state != RolloutState::kMonitoring) return;
    if (ProvenNowhere()) return Finish();
  }
  if (window_open) return;
  ReturnDeferred();
  JudgeWorking();
  StartRemovals();
  DeferLost();
  for (size_t i = 0; i < targets().size(); ++i) {
    if (Settled(i)) continue;
    if (in_.now >= out_.next.deadline) return Finish();
    return;
  }
  Finish();
}

void Stepper::Finish() {
  const bool failed = ProvenNowhere();
  std::string reason;
  for (size_t i = 0; i < targets().size(); ++i) {
    RolloutTarget& target = targets()[i];
    if (failed && target.state != TargetState::kFailed) continue;
    if (!Settled(i)) Move(i, TargetState::kDeferred, target.reason);
    if (target.state == TargetState::kProven) continue;
    reason += (reason.empty() ? "" : "; ") + Name(i) +
              (target.state == TargetState::kDeferred ? " is deferred: " : ": ") + target.reason;
  }
  if (failed) {
    End(RolloutState::kFailed, "it was proven nowhere: " + reason, event_kind::kRolloutFailed);
  } else if (reason.empty()) {
    End(RolloutState::kSucceeded, "", event_kind::kRolloutSucceeded);
  } else {
    End(RolloutState::kPartial, reason, event_kind::kRolloutPartial);
    SettleProven();
  }
}

void Stepper::AtDeadline() {
  std::string held;
  bool tolerated = false;
  for (size_t i = 0; i < targets().size(); ++i) {
    const RolloutTarget& target = targets()[i];
    if (target.state != TargetState::kWorking) continue;
    const Judgement now = Judge(target, Service(i), in_.targets[i], Host(i));
    const InstanceStatus* status = in_.targets[i].observed;
    // A container was made and is not what it should be: that is the application's doing.
    const bool tried = status != nullptr && status->state != InstanceState::kUnknown &&
                       (MayRun(status->state) || status->state == InstanceState::kExited ||
                        status->state == InstanceState::kFailed);
    if (now.standing == Standing::kWorking && tried && target.action != TargetAction::kRemove) {
      FailTarget(i, "was not healthy in time (" + now.reason + ")");
      if (out_.next.state != RolloutState::kRunning) return;
      tolerated = true;
    } else if (held.empty()) {
      held = Name(i) + ": " + now.reason;
    }
  }
  for (size_t i = 0; i < targets().size() && !tolerated && held.empty(); ++i) {
    if (targets()[i].state != TargetState::kWaiting || LateRemoval(i)) continue;
    held = Name(i) + " waits: " + targets()[i].reason;
  }
  if (!held.empty()) return Pause("no progress until the deadline: " + held);
  Progress();  // the failures were tolerated: the next ones begin
  out_.more = true;
}

void Stepper::RollBack() {
  if (in_.succeeded == 0) {
    StopStarted();
    return;
  }
  if (!SendBack()) return;
  bool done = true;
  for (size_t i = 0; i < targets().size(); ++i) {
    RolloutTarget& target = targets()[i];
    if (target.state != TargetState::kGoingBack) continue;
    const Judgement judged = JudgeBack(target, in_.targets[i], Host(i));
    switch (judged.standing) {
      case Standing::kProven:
        Move(i, TargetState::kBack, target.reason);
        break;
      case Standing::kLost:
        Move(i, TargetState::kBack, judged.reason + "; it goes back when it returns");
        break;
      case Standing::kFailed:
        return Pause("rollback_failed: " + Name(i) + " does not run as before (" + judged.reason +
                     "); a person has to look");
      case Standing::kWorking:
      case Standing::kHeld:
        done = false;
        break;
    }
  }
  if (done) return End(RolloutState::kRolledBack, out_.next.reason, event_kind::kRolloutRolledBack);
  if (in_.now >= out_.next.deadline) {
    Pause("rollback_failed: not everything went back in time; " + out_.next.reason);
  }
}

// R22: a deferred target of an ended rollout is a batch of its own when its host returns; its
// failure takes back that host only.
void Stepper::CatchUp() {
  SettleProven();
  bool complete = !targets().empty();
  for (size_t i = 0; i < targets().size(); ++i) {
    if (targets()[i].state == TargetState::kDeferred && HostReady(i)) {
      if (out_.changes.size() >= static_cast<size_t>(in_.max_starts)) {
        out_.more = true;
        return;
      }
      ResumeDeferred(i);
    } else if (targets()[i].state == TargetState::kWorking) {
      JudgeReturned(i);
    }
    complete &= targets()[i].state == TargetState::kProven;
  }
  if (complete) End(RolloutState::kSucceeded, "", event_kind::kRolloutSucceeded);
}

void Stepper::ResumeDeferred(size_t i) {
  const RolloutTarget& target = targets()[i];
  if (target.action == TargetAction::kRemove) {
    if (in_.targets[i].removal_open) return Move(i, TargetState::kWorking, "");
    return Start(i, ChangeKind::kRemove);
  }
  if (!target.instance.empty() && target.instance != target.predecessor) {
    return Move(i, TargetState::kWorking, "");  // its host had it already
  }
  Start(i, ChangeKind::kPut);
}

void Stepper::JudgeReturned(size_t i) {
  const RolloutTarget& target = targets()[i];
  const Judgement judged = Judge(target, Service(i), in_.targets[i], Host(i));
  if (judged.standing == Standing::kProven) {
    Move(i, TargetState::kProven, "");
    if (target.action != TargetAction::kRemove) Change(ChangeKind::kSettle, i);
  } else if (judged.standing == Standing::kFailed) {
    Move(i, TargetState::kBack, judged.reason);
    if (!target.predecessor.empty()) Change(ChangeKind::kGoBack, i);
    Event(event_kind::kInstanceFailed,
          Name(i) + " failed after its host came back and goes back there: " + judged.reason, i);
  }
}

const ServiceSpec* Stepper::Service(size_t i) const {
  return FindService(*in_.spec, targets()[i].slot.service);
}

const StepHost* Stepper::Host(size_t i) const {
  const auto it = in_.hosts.find(targets()[i].host);
  return it == in_.hosts.end() ? nullptr : &it->second;
}

bool Stepper::HostReady(size_t i) const {
  const StepHost* host = Host(i);
  return host != nullptr && host->presence == Presence::kReady;
}

bool Stepper::Settled(size_t i) const {
  switch (targets()[i].state) {
    case TargetState::kProven:
    case TargetState::kDeferred:
    case TargetState::kFailed:
    case TargetState::kBack:
      return true;
    case TargetState::kWaiting:
    case TargetState::kWorking:
    case TargetState::kGoingBack:
      return false;
  }
  return false;
}

bool Stepper::Unplaced(size_t i) const { return targets()[i].host.empty(); }

void Stepper::FindLinks() {
  std::map<HostId, std::vector<size_t>> with_ports;
  std::map<SlotKey, std::set<TargetAction>> actions;
  for (size_t i = 0; i < targets().size(); ++i) {
    const StepTarget& facts = in_.targets[i];
    if (!facts.brings.empty() || !facts.frees.empty()) with_ports[targets()[i].host].push_back(i);
    actions[targets()[i].slot].insert(targets()[i].action);
  }
  links_.resize(targets().size());
  for (const auto& [host, members] : with_ports) {
    for (const size_t a : members) {
      for (const size_t b : members) {
        if (a == b) continue;
        if (FindClash(in_.targets[a].brings, in_.targets[b].frees) != nullptr ||
            FindClash(in_.targets[b].brings, in_.targets[a].frees) != nullptr) {
          links_[a].push_back(b);
        }
      }
    }
  }
  moves_.resize(targets().size());
  for (size_t i = 0; i < targets().size(); ++i) {
    const ServiceSpec* service = Service(i);
    const std::set<TargetAction>& both = actions[targets()[i].slot];
    moves_[i] = service != nullptr && service->mode == ServiceMode::kReplicated &&
                HasLocalState(service->container, ImageVolumes(service->name)) &&
                both.contains(TargetAction::kCreate) && both.contains(TargetAction::kRemove);
  }
}

const std::vector<std::string>& Stepper::ImageVolumes(const ServiceName& service) const {
  static const std::vector<std::string> kNone;
  const auto found = in_.image_volumes.find(service);
  return found == in_.image_volumes.end() ? kNone : found->second;
}

bool Stepper::LateRemoval(size_t i) const {
  return targets()[i].action == TargetAction::kRemove && !MovesWithState(i) && !HandsOverPort(i);
}

bool Stepper::WaitsForItsData(size_t i) const {
  if (targets()[i].action != TargetAction::kCreate || !MovesWithState(i)) return false;
  return std::none_of(targets().begin(), targets().end(), [&](const RolloutTarget& other) {
    return other.action == TargetAction::kRemove && other.slot == targets()[i].slot &&
           other.state == TargetState::kProven;
  });
}

bool Stepper::ProvenNowhere() const {
  return Count(TargetState::kFailed) > 0 &&
         std::none_of(targets().begin(), targets().end(), [](const RolloutTarget& target) {
           return target.state == TargetState::kProven && target.action != TargetAction::kRemove;
         });
}

int Stepper::Count(TargetState state) const {
  return static_cast<int>(
      std::count_if(targets().begin(), targets().end(),
                    [&](const RolloutTarget& target) { return target.state == state; }));
}

std::string Stepper::Name(size_t i) const {
  const StepHost* host = Host(i);
  const std::string slot = ToString(targets()[i].slot);
  return host == nullptr ? slot : slot + " on " + host->name;
}

void Stepper::Move(size_t i, TargetState state, std::string reason) {
  RolloutTarget& target = targets()[i];
  if (target.state != state) target.since = in_.now;
  target.state = state;
  target.reason = std::move(reason);
}

void Stepper::Progress() { out_.next.deadline = in_.now + ProgressTime(*in_.spec); }

}  // namespace quayside::controller
