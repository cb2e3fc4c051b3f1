// The rows that a rollout's decisions become.
#include "controller/core/placement_input.h"
#include "controller/core/rollouts.h"
#include "controller/rollout/targets.h"

namespace quayside::controller {
namespace {

// What going back from the successor of `old` means: `old` itself when it belongs to a revision
// that succeeded, else what `old` had replaced (R21).
InstanceId BaselineOf(const CoreState& state, const InstanceRow& old) {
  const AppRow* app = state.ledger.FindApp(old.desired.slot.app);
  if (old.desired.revision <= app->succeeded_revision) return old.desired.id;
  return state.ledger.model().kept.Find(old.predecessor) != nullptr ? old.predecessor
                                                                    : InstanceId();
}

// No longer wanted, but kept when going back may need it: the last succeeded and the last proven
// one (R12).
void Retire(CoreState& state, const InstanceId& id) {
  const InstanceRow* found = state.ledger.model().instances.Find(id);
  if (found == nullptr) return;
  const InstanceRow row = *found;
  const AppRow* app = state.ledger.FindApp(row.desired.slot.app);
  const InstanceStatus* status = state.ledger.Observed(row.desired.host, id);
  state.ledger.DeleteInstance(id);
  if (row.desired.revision <= app->succeeded_revision || (status != nullptr && status->proven)) {
    state.ledger.PutKept(row);
  }
}

void Put(CoreState& state, RolloutRow& rollout, RolloutTarget& target) {
  const RevisionRow* revision = state.ledger.FindRevision(rollout.app, rollout.to);
  const ServiceSpec* service = FindService(revision->spec, target.slot.service);
  if (target.action == TargetAction::kNone) {
    return SetIntent(state, target.predecessor, IntentOf(*service));
  }
  InstanceId baseline;
  if (!target.predecessor.empty()) {
    const InstanceRow* old = state.ledger.model().instances.Find(target.predecessor);
    if (old != nullptr) baseline = BaselineOf(state, *old);
    Retire(state, target.predecessor);
  }
  target.predecessor = baseline;
  target.instance =
      PutNewInstance(state, *revision, *service, target.slot, target.host, target.predecessor);
}

// What the app's last succeeded revision asks of the slot's instance.
Intent IntentToGoBackTo(const CoreState& state, const SlotKey& slot) {
  const AppRow* app = state.ledger.FindApp(slot.app);
  const RevisionRow* last = state.ledger.FindRevision(slot.app, app->succeeded_revision);
  const ServiceSpec* service = last == nullptr ? nullptr : FindService(last->spec, slot.service);
  return service == nullptr ? Intent::kRun : IntentOf(*service);
}

// The instance that the rollout would replace, stop or remove belongs to a revision that never
// succeeded (its rollout was superseded): it goes back as well, to what it had replaced itself.
void GoBehind(CoreState& state, RolloutTarget& target) {
  const InstanceRow* found = FindRow(state.ledger, target.predecessor);
  const AppRow* app = state.ledger.FindApp(target.slot.app);
  if (found == nullptr || found->desired.revision <= app->succeeded_revision) return;
  const InstanceId id = target.predecessor;
  target.predecessor = BaselineOf(state, *found);
  if (target.instance.empty()) target.instance = id;
  if (state.ledger.model().instances.Find(id) != nullptr) state.ledger.DeleteInstance(id);
  if (state.ledger.model().kept.Find(id) != nullptr) state.ledger.DeleteKept(id);
}

// A slot that was moved goes back to the host where its data is (R26).
void BindAgain(CoreState& state, const Instance& instance) {
  const BindingRow* binding = state.ledger.model().bindings.Find(instance.slot);
  if (binding == nullptr || binding->host == instance.host) return;
  state.ledger.PutBinding(instance.slot,
                          {instance.host, "it went back to " + state.HostName(instance.host)});
}

void GoBack(CoreState& state, const RolloutRow& rollout, RolloutTarget& target) {
  GoBehind(state, target);
  const Intent intent = IntentToGoBackTo(state, target.slot);
  if (!target.instance.empty() && target.instance != target.predecessor &&
      state.ledger.model().instances.Find(target.instance) != nullptr) {
    state.ledger.DeleteInstance(target.instance);
  }
  if (const InstanceRow* there = state.ledger.model().instances.Find(target.predecessor)) {
    // It is there still: told otherwise, or a removal that had not begun.
    BindAgain(state, there->desired);
    return SetIntent(state, target.predecessor, intent);
  }
  const KeptRow* kept = state.ledger.model().kept.Find(target.predecessor);
  if (kept == nullptr) {  // it was new in this slot
    return NameRemoval(state, target.host, target.slot,
                       "the rollout to revision " + std::to_string(rollout.to) + " went back");
  }
  InstanceRow row = kept->instance;
  row.desired.intent = intent;
  BindAgain(state, row.desired);
  state.ledger.DeleteKept(target.predecessor);
  state.ledger.DeleteRemoval(target.host, target.slot);
  state.ledger.PutInstance(std::move(row));
}

// Proven for good in this slot: its predecessors are let go.
void Settle(CoreState& state, const RolloutTarget& target) {
  const std::set<InstanceId> kept = state.ledger.KeptOn(target.host);
  for (const InstanceId& id : kept) {
    if (state.ledger.model().kept.Find(id)->instance.desired.slot == target.slot) {
      state.ledger.DeleteKept(id);
    }
  }
  const InstanceRow* found = state.ledger.model().instances.Find(target.instance);
  if (found == nullptr || found->predecessor.empty()) return;
  InstanceRow row = *found;
  row.predecessor = InstanceId();
  state.ledger.PutInstance(std::move(row));
}

}  // namespace

void SetIntent(CoreState& state, const InstanceId& id, Intent intent) {
  const InstanceRow* found = state.ledger.model().instances.Find(id);
  if (found == nullptr) return;
  InstanceRow row = *found;
  row.desired.intent = intent;
  state.ledger.PutInstance(std::move(row));
}

void NameRemoval(CoreState& state, const HostId& host, const SlotKey& slot, std::string why,
                 bool volumes) {
  Removal removal{slot.app, slot.service, slot.slot, volumes, std::move(why)};
  state.ledger.PutRemoval({host, std::move(removal), state.wall});
}

InstanceId PutNewInstance(CoreState& state, const RevisionRow& revision, const ServiceSpec& service,
                          const SlotKey& slot, const HostId& host, const InstanceId& predecessor) {
  InstanceRow row;
  row.desired = MakeInstance(revision, service, slot, host, state.HostName(host));
  row.desired.id = InstanceId(state.random.Base32(12));
  row.predecessor = predecessor;
  row.created_at = state.wall;
  if (service.mode == ServiceMode::kReplicated &&
      LeavesData(state, service, state.HostName(host))) {
    state.ledger.PutBinding(slot, {host, "its data is on " + state.HostName(host)});
  }
  state.ledger.DeleteRemoval(host, slot);
  state.ledger.DeleteRemoval(host, {slot.app, ServiceName(), 0});  // `host confirm` came before
  const InstanceId id = row.desired.id;
  state.ledger.PutInstance(std::move(row));
  return id;
}

InstanceId ReplaceInstance(CoreState& state, const RevisionRow& revision,
                           const ServiceSpec& service, const InstanceId& id) {
  const Instance old = state.ledger.model().instances.Find(id)->desired;
  Retire(state, id);
  return PutNewInstance(state, revision, service, old.slot, old.host, id);
}

void CarryOut(CoreState& state, RolloutRow& row, const InstanceChange& change) {
  RolloutTarget& target = row.targets[change.target];
  const std::string to = "revision " + std::to_string(row.to);
  switch (change.kind) {
    case ChangeKind::kPut:
      return Put(state, row, target);
    case ChangeKind::kRetire:
      Retire(state, target.predecessor);
      return NameRemoval(state, target.host, target.slot, to + " has it no more there");
    case ChangeKind::kRemove:
      state.ledger.DeleteInstance(target.predecessor);
      return NameRemoval(state, target.host, target.slot, to + " has it no more there");
    case ChangeKind::kGoBack:
      return GoBack(state, row, target);
    case ChangeKind::kStop:
      return SetIntent(state, target.instance, Intent::kStop);
    case ChangeKind::kSettle:
      return Settle(state, target);
  }
}

bool LetGo(CoreState& state, const AppName& app) {
  const RolloutRow* rollout = state.ledger.NewestRollout(app);
  if (rollout == nullptr || state.ledger.KeptOf(app).empty()) return false;
  const bool succeeded = rollout->state == RolloutState::kSucceeded;
  if (!succeeded && rollout->state != RolloutState::kRolledBack) return false;
  std::map<InstanceId, InstanceId> successors;  // by what they took the place of
  for (const InstanceId& id : state.ledger.InstancesOf(app)) {
    const InstanceId& predecessor = state.ledger.model().instances.Find(id)->predecessor;
    if (!predecessor.empty()) successors[predecessor] = id;
  }
  int rows = 0;
  for (const InstanceId& id : std::set(state.ledger.KeptOf(app))) {
    const auto successor = successors.find(id);
    // After going back, what was put since then may still have to go back itself.
    if (!succeeded && successor != successors.end()) continue;
    if (rows >= kMaxRowsPerTurn) return true;
    state.ledger.DeleteKept(id);
    rows += 2;  // and the host's row
    if (successor == successors.end()) continue;
    InstanceRow row = *state.ledger.model().instances.Find(successor->second);
    row.predecessor = InstanceId();
    state.ledger.PutInstance(std::move(row));
    ++rows;
  }
  return false;
}

}  // namespace quayside::controller
