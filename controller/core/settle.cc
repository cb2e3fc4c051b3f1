#include "controller/core/settle.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/model/event_kind.h"
#include "controller/core/placement_input.h"
#include "controller/core/rollouts.h"
#include "controller/rollout/targets.h"

namespace quayside::controller {
namespace {

// Slots that are put, replaced or removed in one turn (R28).
constexpr int kMaxPutsPerTurn = 1'000;

// Slots that a rollout tried and that failed, or that wait for its verdict, are its own.
std::set<PlacedSlot> SlotsOfRollout(const RolloutRow* rollout) {
  std::set<PlacedSlot> slots;
  // After going back another revision is wanted, which it did not try.
  if (rollout == nullptr || rollout->state == RolloutState::kRolledBack) return slots;
  for (const RolloutTarget& target : rollout->targets) {
    if (target.action == TargetAction::kRemove) continue;
    const bool tried = target.state == TargetState::kFailed || target.state == TargetState::kBack;
    if (tried || target.state == TargetState::kDeferred) slots.insert({target.slot, target.host});
  }
  return slots;
}

// Gives the open rollout's slots that had no host the ones that were found now.
void FillUnplaced(CoreState& state, const RolloutRow& row, const Placement& placement) {
  RolloutRow next = row;
  std::set<PlacedSlot> known;
  for (const RolloutTarget& target : next.targets) known.insert({target.slot, target.host});
  std::vector<PlacedSlot> found;
  for (const PlacedSlot& placed : placement.slots) {
    if (!known.contains(placed)) found.push_back(placed);
  }
  for (RolloutTarget& target : next.targets) {
    if (!target.host.empty() || target.action != TargetAction::kCreate) continue;
    const auto place = std::find_if(found.begin(), found.end(), [&](const PlacedSlot& placed) {
      return placed.slot == target.slot;
    });
    if (place != found.end()) {
      target.host = place->host;
      target.reason.clear();
      found.erase(place);
      continue;
    }
    for (const UnplacedSlot& unplaced : placement.unplaced) {
      if (unplaced.slot == target.slot) target.reason = unplaced.summary;
    }
  }
  state.ledger.PutRollout(std::move(next));
}

void PutMissing(CoreState& state, const RevisionRow& revision, const Placement& placement) {
  std::set<PlacedSlot> there;
  for (const InstanceId& id : state.ledger.InstancesOf(revision.spec.name)) {
    const Instance& instance = state.ledger.model().instances.Find(id)->desired;
    there.insert({instance.slot, instance.host});
  }
  const std::set<PlacedSlot> tried = SlotsOfRollout(state.ledger.NewestRollout(revision.spec.name));
  int puts = 0;
  for (const PlacedSlot& placed : placement.slots) {
    if (there.contains(placed) || tried.contains(placed)) continue;
    // Placement counts hosts that are not here now; they are looked at when they come.
    if (state.PresenceOf(placed.host) != Presence::kReady) continue;
    // A replicated slot that stands on a host which fits it no longer waits for the next change.
    const ServiceSpec* service = FindService(revision.spec, placed.slot.service);
    const auto same_slot = there.lower_bound({placed.slot, HostId()});
    if (service->mode == ServiceMode::kReplicated && same_slot != there.end() &&
        same_slot->slot == placed.slot) {
      continue;
    }
    if (++puts > kMaxPutsPerTurn) {
      state.unsettled.insert(revision.spec.name);
      return;
    }
    const InstanceId id =
        PutNewInstance(state, revision, *service, placed.slot, placed.host, InstanceId());
    state.Event(event_kind::kInstancePlaced,
                {.app = revision.spec.name,
                 .host = state.HostName(placed.host),
                 .instance = id,
                 .revision = revision.key.number,
                 .message = ToString(placed.slot) + " goes to " + state.HostName(placed.host) +
                            ", which takes it now"});
  }
}

// Global services leave hosts whose labels allow them no longer.
void RemoveMismatched(CoreState& state, const RevisionRow& revision) {
  int removals = 0;
  for (const InstanceId& id : std::set(state.ledger.InstancesOf(revision.spec.name))) {
    const Instance instance = state.ledger.model().instances.Find(id)->desired;
    const ServiceSpec* service = FindService(revision.spec, instance.slot.service);
    if (service == nullptr || service->mode != ServiceMode::kGlobal) continue;
    const HostRow* host = state.ledger.FindHost(instance.host);
    const std::string why = WhyConstraintsFail(*service, MakePlaceHost(state, *host));
    if (why.empty()) continue;
    if (++removals > kMaxPutsPerTurn) {
      state.unsettled.insert(revision.spec.name);
      return;
    }
    state.ledger.DeleteInstance(id);
    NameRemoval(state, instance.host, instance.slot, why);
    state.Event(event_kind::kInstanceUnplaced,
                {.app = revision.spec.name,
                 .host = host->name,
                 .instance = id,
                 .revision = instance.revision,
                 .message = ToString(instance.slot) + " leaves " + host->name + ": " + why});
  }
}

// After going back: a move that a superseded rollout had begun left the slot on two hosts. The one
// that it was moved from goes when the other is proven.
void EndMoves(CoreState& state, const RevisionRow& revision, const Placement& placement) {
  std::map<PlacedSlot, InstanceId> there;
  for (const InstanceId& id : state.ledger.InstancesOf(revision.spec.name)) {
    const Instance& instance = state.ledger.model().instances.Find(id)->desired;
    there.emplace(PlacedSlot{instance.slot, instance.host}, id);
  }
  for (const PlacedSlot& placed : placement.slots) {
    const ServiceSpec* service = FindService(revision.spec, placed.slot.service);
    const auto moved = there.find(placed);
    if (service->mode == ServiceMode::kGlobal || moved == there.end()) continue;
    for (auto left = there.lower_bound({placed.slot, HostId()});
         left != there.end() && left->first.slot == placed.slot; ++left) {
      if (left == moved) continue;
      const InstanceStatus* status = state.ledger.Observed(placed.host, moved->second);
      if (status == nullptr || !status->proven) {
        state.settles_when_proven.insert(revision.spec.name);
        continue;
      }
      const std::string from = state.HostName(left->first.host);
      const std::string why = "it was moved to " + state.HostName(placed.host);
      state.ledger.DeleteInstance(left->second);
      NameRemoval(state, left->first.host, placed.slot, why);
      state.Event(event_kind::kInstanceUnplaced,
                  {.app = revision.spec.name,
                   .host = from,
                   .instance = left->second,
                   .revision = revision.key.number,
                   .message = ToString(placed.slot) + " leaves " + from + ": " + why});
    }
  }
}

// After going back, slots that had missed the revision that is wanted again (their hosts were lost
// when it was rolled out) get it. Their agents go back on their own if it fails there (R22).
void PutMissed(CoreState& state, const RevisionRow& revision) {
  int changes = 0;
  for (const InstanceId& id : std::set(state.ledger.InstancesOf(revision.spec.name))) {
    if (changes >= kMaxPutsPerTurn) {
      state.unsettled.insert(revision.spec.name);
      return;
    }
    const Instance instance = state.ledger.model().instances.Find(id)->desired;
    const ServiceSpec* service = FindService(revision.spec, instance.slot.service);
    const std::string host = state.HostName(instance.host);
    const std::string number = "revision " + std::to_string(revision.key.number);
    EventRow event{.app = revision.spec.name, .host = host, .revision = revision.key.number};
    if (service == nullptr ||
        (service->mode == ServiceMode::kReplicated && instance.slot.slot > service->replicas)) {
      ++changes;
      state.ledger.DeleteInstance(id);
      NameRemoval(state, instance.host, instance.slot, number + " has it no more there");
      event.instance = id;
      event.message = ToString(instance.slot) + " leaves " + host + ": " + number + " has it not";
      state.Event(event_kind::kInstanceUnplaced, std::move(event));
      continue;
    }
    if (instance.intent != IntentOf(*service)) {
      ++changes;
      SetIntent(state, id, IntentOf(*service));
    }
    if (instance.spec == DigestFor(revision, service->name, host)) continue;
    ++changes;
    event.instance = ReplaceInstance(state, revision, *service, id);
    event.message = ToString(instance.slot) + " on " + host + " gets " + number +
                    ", which it had missed when that was rolled out";
    state.Event(event_kind::kInstancePlaced, std::move(event));
  }
}

bool MissesGlobal(const CoreState& state, const RevisionRow& revision, const HostRow& host) {
  const PlaceHost facts = MakePlaceHost(state, host);
  std::set<ServiceName> there;
  for (const InstanceId& id : state.ledger.InstancesOn(host.id)) {
    const Instance& instance = state.ledger.model().instances.Find(id)->desired;
    if (instance.slot.app == revision.spec.name) there.insert(instance.slot.service);
  }
  return std::any_of(revision.spec.services.begin(), revision.spec.services.end(),
                     [&](const ServiceSpec& service) {
                       if (service.mode != ServiceMode::kGlobal) return false;
                       const bool fits = WhyConstraintsFail(service, facts).empty();
                       return fits != there.contains(service.name);
                     });
}

}  // namespace

bool MayConcern(const CoreState& state, const AppName& app, const HostId& host) {
  const auto unplaced = state.unplaced.find(app);
  if (unplaced != state.unplaced.end() && !unplaced->second.empty()) return true;
  const RevisionRow* revision = DesiredRevision(state.ledger, app);
  const HostRow* row = state.ledger.FindHost(host);
  return revision != nullptr && row != nullptr && MissesGlobal(state, *revision, *row);
}

void SettleApp(CoreState& state, const AppName& app) {
  const AppRow* row = state.ledger.FindApp(app);
  if (row == nullptr || row->removing || row->held) return;
  const RolloutRow* rollout = state.ledger.NewestRollout(app);
  const RevisionRow* revision = DesiredRevision(state.ledger, app);
  if (revision == nullptr || rollout == nullptr) return;
  const Placement placement = PlaceApp(state, revision->spec).placement;
  if (state.unplaced[app] != placement.unplaced) {
    state.unplaced[app] = placement.unplaced;
    state.ledger.TouchApp(app);
  }
  if (!Ended(rollout->state)) {
    if (rollout->state == RolloutState::kRunning || rollout->state == RolloutState::kPending) {
      FillUnplaced(state, *rollout, placement);
    }
    return;
  }
  // What failed with nothing to go back to is left as it is, for inspection.
  const bool failed =
      std::any_of(rollout->targets.begin(), rollout->targets.end(),
                  [](const RolloutTarget& target) { return target.state == TargetState::kFailed; });
  if (rollout->state == RolloutState::kFailed && failed) return;
  RemoveMismatched(state, *revision);
  if (rollout->state == RolloutState::kRolledBack && rollout->to != revision->key.number) {
    PutMissed(state, *revision);
    EndMoves(state, *revision, placement);
  }
  PutMissing(state, *revision, placement);
}

}  // namespace quayside::controller
