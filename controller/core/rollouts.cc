#include "controller/core/rollouts.h"

#include <algorithm>
#include <limits>

#include "common/base/log.h"
#include "common/model/event_kind.h"
#include "controller/core/placement_input.h"
#include "controller/rollout/judge.h"
#include "controller/rollout/targets.h"

namespace quayside::controller {
namespace {

std::map<HostId, StepHost> StepHosts(const CoreState& state, const RolloutRow& row) {
  std::map<HostId, StepHost> hosts;
  for (const RolloutTarget& target : row.targets) {
    if (target.host.empty() || hosts.contains(target.host)) continue;
    const HostRow* host = state.ledger.FindHost(target.host);
    if (host == nullptr) continue;
    StepHost facts{host->name, state.PresenceOf(host->id), host->engine.reachable, ""};
    // A refusal counts when it is about the Assignment that is current now.
    if (host->acked_generation == host->generation) {
      for (const Rejection& rejection : host->rejections) {
        if (rejection.app == row.app) facts.rejection = rejection.reason;
      }
    }
    hosts.emplace(target.host, std::move(facts));
  }
  return hosts;
}

// What an app's slots hold beside what is wanted there, by slot and host: gathered once for all
// targets of a rollout.
struct SlotsHeld {
  std::set<PlacedSlot> kept;  // something is kept for going back
  // Something runs that is not wanted there now, with these fixed ports.
  std::map<PlacedSlot, std::vector<PortUse>> unwanted;
};

SlotsHeld FindHeld(CoreState& state, const AppName& app) {
  const Ledger& ledger = state.ledger;
  SlotsHeld held;
  for (const InstanceId& id : ledger.KeptOf(app)) {
    const Instance& instance = ledger.model().kept.Find(id)->instance.desired;
    held.kept.insert({instance.slot, instance.host});
  }
  for (const auto& [host, id] : ledger.ObservedOf(app)) {
    const InstanceStatus* status = ledger.Observed(host, id);
    if (!MayRun(status->state) || ledger.model().instances.Find(id) != nullptr) continue;
    std::vector<PortUse>& ports = held.unwanted[{status->slot, host}];
    if (const ContainerSpec* spec = state.specs.Get(ledger, status->spec)) {
      for (PortUse& port : FixedPorts(*spec)) ports.push_back(std::move(port));
    }
  }
  return held;
}

// What stands in the slot is not what the last succeeded revision left there: a superseded rollout
// changed it.
bool OffBaseline(const CoreState& state, const RolloutTarget& target, int64_t succeeded) {
  const InstanceRow* row = state.ledger.model().instances.Find(target.predecessor);
  if (row == nullptr) return false;
  if (row->desired.revision > succeeded) return true;
  const RevisionRow* last = state.ledger.FindRevision(target.slot.app, succeeded);
  const ServiceSpec* service =
      last == nullptr ? nullptr : FindService(last->spec, target.slot.service);
  return service != nullptr && row->desired.intent != IntentOf(*service);
}

// Its host says, of the Assignment that is current, that only what is kept is left in the slot.
bool Vacated(const CoreState& state, const HostId& host, const SlotKey& slot) {
  const HostPresence* presence = state.sessions.Get(host);
  const HostRow* row = state.ledger.FindHost(host);
  return presence != nullptr && presence->session.has_value() && row != nullptr &&
         presence->session->vacated_generation == row->generation &&
         presence->session->vacated_slots.contains(slot);
}

StepTarget FactsOf(CoreState& state, const RolloutTarget& target, const RevisionRow& to,
                   int64_t succeeded, const SlotsHeld& held) {
  StepTarget facts;
  const Ledger& ledger = state.ledger;
  if (target.host.empty()) return facts;
  if (!target.instance.empty()) {
    facts.observed = ledger.Observed(target.host, target.instance);
    const InstanceRow* row = ledger.model().instances.Find(target.instance);
    facts.stopped = row == nullptr || row->desired.intent == Intent::kStop;
  }
  facts.keeps = held.kept.contains({target.slot, target.host});
  if (!target.predecessor.empty()) {
    facts.predecessor = ledger.Observed(target.host, target.predecessor);
    if (const InstanceRow* row = FindRow(ledger, target.predecessor)) {
      facts.predecessor_intent = row->desired.intent;
      if (const ContainerSpec* spec = state.specs.Get(ledger, row->desired.spec)) {
        facts.frees = FixedPorts(*spec);
      }
    }
  }
  facts.removal_open = ledger.model().removals.Find({target.host, target.slot}) != nullptr &&
                       !Vacated(state, target.host, target.slot);
  facts.off_baseline = OffBaseline(state, target, succeeded);
  if (const auto unwanted = held.unwanted.find({target.slot, target.host});
      unwanted != held.unwanted.end()) {
    facts.still_there = true;
    facts.frees.insert(facts.frees.end(), unwanted->second.begin(), unwanted->second.end());
  }
  // One that was put before this rollout may still wait for its port.
  const bool put_before = !target.instance.empty() && target.instance != target.predecessor;
  if (target.action == TargetAction::kCreate || target.action == TargetAction::kReplace ||
      put_before) {
    const SpecDigest digest = DigestFor(to, target.slot.service, state.HostName(target.host));
    if (const ContainerSpec* spec = state.specs.Get(ledger, digest))
      facts.brings = FixedPorts(*spec);
  }
  return facts;
}

// Targets of ended rollouts tell why; only those of the newest are shown and needed.
void DropOldTargets(CoreState& state, const AppName& app) {
  for (const RolloutRow* old : state.ledger.RolloutsOf(app)) {
    if (old->targets.empty() || !Ended(old->state)) continue;
    RolloutRow row = *old;
    row.targets.clear();
    state.ledger.PutRollout(std::move(row));
  }
}

void Supersede(CoreState& state, const RolloutRow& old, const std::string& by) {
  RolloutRow row = old;
  row.state = RolloutState::kSuperseded;
  row.reason = "superseded by " + by;
  row.ended_at = state.steady;
  row.deadline = absl::Time();
  state.Event(
      event_kind::kRolloutSuperseded,
      {.app = row.app,
       .revision = row.to,
       .message = "the rollout to revision " + std::to_string(row.to) + " is " + row.reason});
  state.ledger.PutRollout(std::move(row));
}

}  // namespace

const InstanceRow* FindRow(const Ledger& ledger, const InstanceId& id) {
  if (const InstanceRow* row = ledger.model().instances.Find(id)) return row;
  const KeptRow* kept = ledger.model().kept.Find(id);
  return kept == nullptr ? nullptr : &kept->instance;
}

const RevisionRow* DesiredRevision(const Ledger& ledger, const AppName& app) {
  const AppRow* row = ledger.FindApp(app);
  if (row == nullptr) return nullptr;
  const RolloutRow* rollout = ledger.NewestRollout(app);
  int64_t number = row->newest_revision;
  if (rollout != nullptr) {
    number = rollout->to;
    const bool went_back = rollout->state == RolloutState::kRolledBack ||
                           rollout->state == RolloutState::kRollingBack ||
                           rollout->state == RolloutState::kAborted;
    if (went_back && row->succeeded_revision > 0) number = row->succeeded_revision;
  }
  return ledger.FindRevision(app, number);
}

std::vector<RolloutTarget> TargetsFor(const CoreState& state, const RevisionRow& to,
                                      const Placement& placement, bool new_attempt) {
  const AppRow* app = state.ledger.FindApp(to.spec.name);
  TargetsInput input;
  input.to = &to;
  input.succeeded = app == nullptr ? 0 : app->succeeded_revision;
  input.placement = &placement;
  input.new_attempt = new_attempt;
  input.now = state.steady;
  for (const InstanceId& id : state.ledger.InstancesOf(to.spec.name)) {
    const InstanceRow* row = state.ledger.model().instances.Find(id);
    input.instances.push_back(row);
    input.host_names[row->desired.host] = state.HostName(row->desired.host);
    if (const InstanceStatus* status = state.ledger.Observed(row->desired.host, id)) {
      input.observed[id] = status;
    }
  }
  for (const PlacedSlot& placed : placement.slots) {
    input.host_names[placed.host] = state.HostName(placed.host);
  }
  return ComputeTargets(input);
}

RolloutId BeginRollout(CoreState& state, const RevisionRow& to, const Placement& placement,
                       int64_t ticket, bool new_attempt) {
  const AppName& app = to.spec.name;
  RolloutRow row;
  row.id = RolloutId(state.random.Base32(10));
  row.app = app;
  row.ticket = ticket;
  row.to = to.key.number;
  row.started_at = state.steady;
  row.deadline = state.steady + ProgressTime(to.spec);
  if (const RevisionRow* now = DesiredRevision(state.ledger, app); now != nullptr) {
    row.from = now->key.number;
  }
  if (row.from == row.to) {
    const AppRow* known = state.ledger.FindApp(app);
    row.from = known->succeeded_revision;
  }
  if (const RolloutRow* old = state.ledger.NewestRollout(app);
      old != nullptr && !Ended(old->state)) {
    row.from = old->from;
    Supersede(state, *old, "revision " + std::to_string(to.key.number));
  }
  row.targets = TargetsFor(state, to, placement, new_attempt);
  DropOldTargets(state, app);
  state.to_prune.insert(app);
  state.Event(event_kind::kRolloutStarted,
              {.app = app,
               .revision = row.to,
               .message = "rollout to revision " + std::to_string(row.to) +
                          " started: " + std::to_string(row.targets.size()) +
                          (row.targets.size() == 1 ? " instance changes" : " instances change")});
  state.unplaced[app] = placement.unplaced;
  const RolloutId id = row.id;
  state.ledger.PutRollout(std::move(row));
  return id;
}

namespace {

// A revision that is in place nowhere yet has not succeeded, even in part: its hosts are all lost.
bool ProvenSomewhere(const RolloutRow& row) {
  bool removals_only = true;
  for (const RolloutTarget& target : row.targets) {
    if (target.action == TargetAction::kRemove) continue;
    if (target.state == TargetState::kProven) return true;
    removals_only = false;
  }
  return removals_only;
}

// What follows from a rollout's new state: the app's last good revision, what was kept, timers.
void FollowUp(CoreState& state, const RolloutRow& before, const RolloutRow& after,
              const AppSpec& spec) {
  const bool ended = Ended(after.state) && !Ended(before.state);
  const bool complete =
      after.state == RolloutState::kSucceeded && before.state != RolloutState::kSucceeded;
  if (complete || (after.state == RolloutState::kPartial && ProvenSomewhere(after))) {
    AppRow app = *state.ledger.FindApp(after.app);
    if (app.succeeded_revision < after.to) {
      app.succeeded_revision = after.to;
      state.ledger.PutApp(std::move(app));
    }
  }
  if (ended || complete) {
    state.unsettled.insert(after.app);
    state.to_prune.insert(after.app);
  }
  if (Ended(after.state) || after.state == RolloutState::kPaused) return;
  absl::Time wake = after.deadline;
  const absl::Time unplaced = after.deadline - ProgressTime(spec) + HealthyTime(spec);
  for (const absl::Time at : {unplaced, after.next_step_at}) {
    if (at > state.steady) wake = std::min(wake, at);
  }
  state.next_step[after.app] = wake;
}

}  // namespace

void ExtendDeadline(CoreState& state, const AppName& app, absl::Time from) {
  const RolloutRow* rollout = state.ledger.NewestRollout(app);
  if (rollout == nullptr || Ended(rollout->state) || rollout->state == RolloutState::kPaused)
    return;
  const RevisionRow* to = state.ledger.FindRevision(app, rollout->to);
  if (to == nullptr) return;
  RolloutRow row = *rollout;
  row.deadline = std::max(row.deadline, from + ProgressTime(to->spec));
  state.ledger.PutRollout(std::move(row));
}

bool StepApp(CoreState& state, const AppName& app) {
  state.next_step.erase(app);
  const RolloutRow* row = state.ledger.NewestRollout(app);
  const AppRow* app_row = state.ledger.FindApp(app);
  if (row == nullptr || app_row == nullptr || app_row->removing) return false;
  if (Ended(row->state) && row->state != RolloutState::kPartial) {
    if (state.settles_when_proven.erase(app) > 0) state.unsettled.insert(app);
    return !app_row->held && LetGo(state, app);
  }
  if (state.breaker.open) return false;  // R23
  const RevisionRow* to = state.ledger.FindRevision(app, row->to);
  if (to == nullptr) return false;

  StepInput input;
  input.row = row;
  input.spec = &to->spec;
  input.succeeded = app_row->succeeded_revision;
  input.held = app_row->held;
  input.hosts = StepHosts(state, *row);
  for (const ServiceSpec& service : to->spec.services) {
    const ImageFacts& facts = FactsOfImage(state, service.container.image);
    if (!facts.volumes.empty()) input.image_volumes[service.name] = facts.volumes;
  }
  const SlotsHeld held = FindHeld(state, app);
  for (const RolloutTarget& target : row->targets) {
    input.targets.push_back(FactsOf(state, target, *to, input.succeeded, held));
  }
  input.now = state.steady;
  StepResult result = StepRollout(input);
  const RolloutRow before = *row;
  for (const InstanceChange& change : result.changes) CarryOut(state, result.next, change);
  for (const StepEvent& event : result.events) {
    EventRow stored{.app = app, .revision = result.next.to, .message = event.message};
    if (event.target != StepEvent::kNoTarget) {
      stored.host = state.HostName(result.next.targets[event.target].host);
      stored.instance = result.next.targets[event.target].instance;
    }
    state.Event(event.kind, std::move(stored));
  }
  FollowUp(state, before, result.next, to->spec);
  if (input.held) state.next_step.erase(app);  // a person is waited for, not a time
  if (result.next != before) state.ledger.PutRollout(std::move(result.next));
  return LetGo(state, app) || result.more;
}

}  // namespace quayside::controller
