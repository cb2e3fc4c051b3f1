// `ctl rm`: the app is named as removed on every host that has anything of it, and forgotten when
// every host has confirmed (R6). Both go on in shares, turn by turn (R28): what is left to do is
// what the app's rows still say.
#include <algorithm>
#include <set>

#include "common/base/status.h"
#include "common/model/event_kind.h"
#include "controller/core/apps.h"
#include "controller/core/rollouts.h"

namespace quayside::controller {
namespace {

void AbortRollout(CoreState& state, const AppName& app) {
  const RolloutRow* open = state.ledger.NewestRollout(app);
  if (open == nullptr || Ended(open->state)) return;
  RolloutRow next = *open;
  next.state = RolloutState::kAborted;
  next.reason = "the app was removed";
  next.ended_at = state.steady;
  next.deadline = absl::Time();
  state.ledger.PutRollout(std::move(next));
}

// Names the whole app as removed on one host, which takes along all that was wanted of it there.
// Returns how many rows that changed.
int NameOn(CoreState& state, const AppRow& row, const HostId& host) {
  std::vector<InstanceId> wanted, kept;
  for (const InstanceId& id : state.ledger.InstancesOn(host)) {
    if (state.ledger.model().instances.Find(id)->desired.slot.app == row.name) wanted.push_back(id);
  }
  for (const InstanceId& id : state.ledger.KeptOn(host)) {
    const SlotKey& slot = state.ledger.model().kept.Find(id)->instance.desired.slot;
    if (slot.app == row.name) kept.push_back(id);
  }
  std::vector<SlotKey> slots;
  for (const RemovalRow* removal : state.ledger.RemovalsOn(host)) {
    const Removal& named = removal->removal;
    if (named.app == row.name && !named.service.empty()) {
      slots.push_back({named.app, named.service, named.slot});
    }
  }
  for (const InstanceId& id : wanted) state.ledger.DeleteInstance(id);
  for (const InstanceId& id : kept) state.ledger.DeleteKept(id);
  for (const SlotKey& slot : slots) state.ledger.DeleteRemoval(host, slot);
  NameRemoval(state, host, {row.name, ServiceName(), 0}, "removed by " + row.removed_by,
              row.remove_volumes);
  return static_cast<int>(wanted.size() + kept.size() + slots.size()) + 2;  // and the host's row
}

// The next host where something of the app is wanted or kept; "" = none.
HostId NextHost(const Ledger& ledger, const AppName& app) {
  if (const auto& ids = ledger.InstancesOf(app); !ids.empty()) {
    return ledger.model().instances.Find(*ids.begin())->desired.host;
  }
  if (const auto& ids = ledger.KeptOf(app); !ids.empty()) {
    return ledger.model().kept.Find(*ids.begin())->instance.desired.host;
  }
  return HostId();
}

// Hosts that were told something else of the app: to remove a slot of it, or to leave its volumes.
std::set<HostId> ToldOtherwise(const CoreState& state, const AppRow& row) {
  std::set<HostId> hosts;
  for (const RemovalKey& key : state.ledger.RemovalsOf(row.name)) {
    const Removal& named = state.ledger.model().removals.Find(key)->removal;
    if (!named.service.empty() || named.volumes != row.remove_volumes) hosts.insert(key.first);
  }
  return hosts;
}

// True when every host that has anything of the app is told.
bool NameShare(CoreState& state, const AppRow& row) {
  int rows = 0;
  for (HostId host = NextHost(state.ledger, row.name); !host.empty();
       host = NextHost(state.ledger, row.name)) {
    if (rows >= kMaxRowsPerTurn) return false;
    rows += NameOn(state, row, host);
  }
  if (!state.told_otherwise.contains(row.name)) return true;
  for (const HostId& host : ToldOtherwise(state, row)) {
    if (rows >= kMaxRowsPerTurn) return false;
    rows += NameOn(state, row, host);
  }
  state.told_otherwise.erase(row.name);
  return true;
}

// Deletes what hangs on the app; true when only its own row is left.
bool ForgetShare(CoreState& state, const AppRow& row) {
  int left = kMaxRowsPerTurn;
  for (const RolloutRow* rollout : state.ledger.RolloutsOf(row.name)) {
    if (rollout->targets.empty()) continue;
    if (left == 0) return false;
    RolloutRow next = *rollout;
    const size_t gone = std::min(next.targets.size(), static_cast<size_t>(left));
    next.targets.resize(next.targets.size() - gone);
    left -= static_cast<int>(gone);
    state.ledger.PutRollout(std::move(next));
    if (left == 0) return false;
  }
  if (!row.remove_volumes) return true;
  std::vector<SlotKey> slots;
  const auto& bindings = state.ledger.model().bindings.rows();
  for (auto it = bindings.lower_bound({row.name, ServiceName(), 0});
       it != bindings.end() && it->first.app == row.name; ++it) {
    if (left-- == 0) break;
    slots.push_back(it->first);
  }
  for (const SlotKey& slot : slots) state.ledger.DeleteBinding(slot);
  return left >= 0;
}

}  // namespace

absl::StatusOr<ChangeResult> Remove(CoreState& state, const RemoveApp& request) {
  const AppRow* known = state.ledger.FindApp(request.app);
  if (known == nullptr) {
    return NotFound("cannot remove " + request.app.value +
                    ": there is no such app; `ctl ls` lists them");
  }
  if (known->held) {
    return FailedPrecondition("cannot remove " + request.app.value +
                              ": it is held after the controller lost its newest state; look at "
                              "`ctl recovery status`, then `ctl recovery accept`");
  }
  AppRow row = *known;
  row.removing = true;
  row.remove_volumes |= request.volumes;
  row.removed_by = request.caller.by;
  row.ticket = NextTicket(state);
  AbortRollout(state, request.app);
  std::set<HostId> hosts;
  for (const InstanceId& id : state.ledger.InstancesOf(request.app)) {
    hosts.insert(state.ledger.model().instances.Find(id)->desired.host);
  }
  for (const InstanceId& id : state.ledger.KeptOf(request.app)) {
    hosts.insert(state.ledger.model().kept.Find(id)->instance.desired.host);
  }
  for (const auto& [host, slot] : state.ledger.RemovalsOf(request.app)) hosts.insert(host);
  // A host that only reports something of it has no row that would remember it: it is told now.
  for (const auto& [host, id] : std::set(state.ledger.ObservedOf(request.app))) {
    if (hosts.insert(host).second) NameOn(state, row, host);
  }
  state.told_otherwise.insert(request.app);
  state.Event(event_kind::kAppRemovalStarted,
              {.app = request.app,
               .message = request.caller.by + " removes " + request.app.value + " from " +
                          std::to_string(hosts.size()) + " hosts" +
                          (row.remove_volumes ? ", with its volumes" : "")});
  const int64_t revision = row.newest_revision;
  state.ledger.PutApp(std::move(row));
  return ChangeResult{.revision = revision};
}

bool StepRemoval(CoreState& state, const AppName& app) {
  const AppRow* found = state.ledger.FindApp(app);
  if (found == nullptr || !found->removing) return false;
  const AppRow row = *found;
  if (!NameShare(state, row)) return true;
  if (!state.ledger.RemovalsOf(app).empty()) return false;  // its hosts say when it goes on
  if (!ForgetShare(state, row)) return true;
  state.ledger.DeleteApp(app);
  state.unplaced.erase(app);
  state.next_step.erase(app);
  state.unsettled.erase(app);
  state.settles_when_proven.erase(app);
  // What it held may be what others wait for.
  for (const auto& [other, slots] : state.unplaced) {
    if (!slots.empty()) state.unsettled.insert(other);
  }
  state.Event(event_kind::kAppRemoved,
              {.app = app, .message = app.value + " is removed everywhere"});
  return false;
}

}  // namespace quayside::controller
