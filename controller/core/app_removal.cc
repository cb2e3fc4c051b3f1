// `ctl rm`: the app is named as removed on every host that has anything of it, and forgotten when
// every host has confirmed (R6).
#include <set>

#include "common/base/status.h"
#include "common/model/event_kind.h"
#include "controller/core/apps.h"
#include "controller/core/rollouts.h"

namespace quayside::controller {
namespace {

std::set<HostId> HostsOf(const Ledger& ledger, const AppName& app) {
  std::set<HostId> hosts;
  for (const InstanceId& id : ledger.InstancesOf(app)) {
    hosts.insert(ledger.model().instances.Find(id)->desired.host);
  }
  for (const InstanceId& id : ledger.KeptOf(app)) {
    hosts.insert(ledger.model().kept.Find(id)->instance.desired.host);
  }
  for (const auto& [host, id] : ledger.ObservedOf(app)) hosts.insert(host);
  for (const auto& [host, slot] : ledger.RemovalsOf(app)) hosts.insert(host);
  return hosts;
}

void DropBindings(CoreState& state, const AppName& app) {
  std::vector<SlotKey> slots;
  const auto& bindings = state.ledger.model().bindings.rows();
  for (auto it = bindings.lower_bound({app, ServiceName(), 0});
       it != bindings.end() && it->first.app == app; ++it) {
    slots.push_back(it->first);
  }
  for (const SlotKey& slot : slots) state.ledger.DeleteBinding(slot);
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
  const std::set<HostId> hosts = HostsOf(state.ledger, request.app);
  row.removing = true;
  row.remove_volumes |= request.volumes;
  row.ticket = NextTicket(state);
  const bool volumes = row.remove_volumes;
  ChangeResult result{.revision = row.newest_revision};
  state.ledger.PutApp(std::move(row));
  if (const RolloutRow* open = state.ledger.NewestRollout(request.app);
      open != nullptr && !Ended(open->state)) {
    RolloutRow next = *open;
    next.state = RolloutState::kAborted;
    next.reason = "the app was removed";
    next.ended_at = state.steady;
    next.deadline = absl::Time();
    state.ledger.PutRollout(std::move(next));
  }
  const std::string why = "removed by " + request.caller.by;
  for (const InstanceId& id : std::set(state.ledger.InstancesOf(request.app))) {
    state.ledger.DeleteInstance(id);
  }
  for (const InstanceId& id : std::set(state.ledger.KeptOf(request.app))) {
    state.ledger.DeleteKept(id);
  }
  for (const auto& [host, slot] : std::set(state.ledger.RemovalsOf(request.app))) {
    state.ledger.DeleteRemoval(host, slot);  // the whole app takes its slots along
  }
  for (const HostId& host : hosts) {
    NameRemoval(state, host, {request.app, ServiceName(), 0}, why, volumes);
  }
  state.Event(
      event_kind::kAppRemovalStarted,
      {.app = request.app,
       .message = request.caller.by + " removes " + request.app.value + " from " +
                  std::to_string(hosts.size()) + " hosts" + (volumes ? ", with its volumes" : "")});
  return result;
}

void FinishRemovals(CoreState& state, const AppName& app) {
  const AppRow* row = state.ledger.FindApp(app);
  if (row == nullptr || !row->removing || !state.ledger.RemovalsOf(app).empty()) return;
  if (row->remove_volumes) DropBindings(state, app);
  state.ledger.DeleteApp(app);
  state.unplaced.erase(app);
  state.next_step.erase(app);
  state.unsettled.erase(app);
  state.Event(event_kind::kAppRemoved,
              {.app = app, .message = app.value + " is removed everywhere"});
}

}  // namespace quayside::controller
