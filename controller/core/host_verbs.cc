#include "controller/core/host_verbs.h"

#include <algorithm>
#include <set>

#include "common/base/status.h"
#include "common/model/event_kind.h"
#include "common/model/host_name.h"
#include "controller/core/hosts.h"
#include "controller/core/rollouts.h"
#include "controller/rollout/judge.h"

namespace quayside::controller {
namespace {

constexpr size_t kMaxLabels = 256;
constexpr size_t kMaxLabelBytes = 4096;

absl::StatusOr<HostRow> FindHost(const CoreState& state, const std::string& name,
                                 const std::string& what) {
  const HostRow* row = state.ledger.FindHostByName(name);
  if (row == nullptr) {
    return NotFound("cannot " + what + " " + name +
                    ": there is no such host; `ctl host ls` lists them");
  }
  return *row;
}

// What runs or is wanted there, as "app/service.slot"; the first few.
std::string WhatRunsOn(const CoreState& state, const HostId& host) {
  std::set<std::string> names;
  for (const InstanceId& id : state.ledger.InstancesOn(host)) {
    names.insert(ToString(state.ledger.model().instances.Find(id)->desired.slot));
  }
  for (const InstanceStatus* status : state.ledger.ObservedOn(host)) {
    if (MayRun(status->state)) names.insert(ToString(status->slot));
  }
  std::string text;
  int shown = 0;
  for (const std::string& name : names) {
    if (++shown > 5) return text + " and " + std::to_string(names.size() - 5) + " more";
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

// Ends the session of a host whose row goes, once that is durable (R29).
void ForgetSession(CoreState& state, const HostId& host, absl::Status why) {
  state.outbox.sends.push_back([&state, host, why = std::move(why)] {
    const HostPresence* presence = state.sessions.Get(host);
    if (presence != nullptr && presence->session.has_value()) {
      state.fleet.Close(presence->session->id, why);
    }
    state.commands.HostGone(host);
    state.sessions.Forget(host);
  });
}

// "name (host id)" → host id.
std::string IdInStray(const std::string& stray) {
  const size_t open = stray.rfind('(');
  const size_t close = stray.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return "";
  return stray.substr(open + 1, close - open - 1);
}

}  // namespace

absl::StatusOr<HostRow> Label(CoreState& state, const LabelHost& request) {
  QS_ASSIGN_OR_RETURN(HostRow row, FindHost(state, request.host, "label"));
  for (const auto& [key, value] : request.set) {
    if (!IsLabelName(key) || value.size() > kMaxLabelBytes) {
      return InvalidArgument("cannot label " + request.host + ": a label's name has " +
                             kLabelNameForm + ", and its value at most " +
                             std::to_string(kMaxLabelBytes) + " bytes");
    }
    row.labels[key] = value;
    row.labels_set_by_ctl.insert(key);
  }
  for (const std::string& key : request.remove) {
    row.labels.erase(key);
    row.labels_set_by_ctl.insert(key);  // the agent's --label does not bring it back
  }
  if (row.labels.size() > kMaxLabels || row.labels_set_by_ctl.size() > kMaxLabels) {
    return InvalidArgument("cannot label " + request.host + ": it would have more than " +
                           std::to_string(kMaxLabels) + " labels");
  }
  state.Event(
      event_kind::kHostLabeled,
      {.host = row.name, .message = request.caller.by + " changed the labels of " + row.name});
  state.ledger.PutHost(row);
  HostChanged(state, row.id);
  return row;
}

absl::StatusOr<std::monostate> RemoveFromFleet(CoreState& state, const RemoveHost& request) {
  QS_ASSIGN_OR_RETURN(const HostRow row, FindHost(state, request.host, "remove"));
  const std::string runs = WhatRunsOn(state, row.id);
  if (!runs.empty() && !request.keep && !request.force) {
    return FailedPrecondition("cannot remove " + request.host + ": it runs " + runs +
                              "; move or remove that first, or say --keep (the containers go on "
                              "without Quayside) or --force (the host is dead)");
  }
  std::set<AppName> apps;
  for (const InstanceId& id : state.ledger.InstancesOn(row.id)) {
    apps.insert(state.ledger.model().instances.Find(id)->desired.slot.app);
  }
  ForgetSession(state, row.id,
                PermissionDenied("host " + row.name + " was removed from this fleet"));
  state.ledger.DeleteHost(row.id);
  state.unsettled.insert(apps.begin(), apps.end());
  state.Event(event_kind::kHostRemoved,
              {.host = row.name, .message = request.caller.by + " removed host " + row.name});
  return std::monostate();
}

absl::StatusOr<std::vector<std::string>> Confirm(CoreState& state, const ConfirmHost& request) {
  QS_ASSIGN_OR_RETURN(const HostRow row, FindHost(state, request.host, "confirm"));
  std::vector<std::string> released;
  std::set<AppName> wanted;  // since its last Report
  for (const InstanceId& id : state.ledger.InstancesOn(row.id)) {
    wanted.insert(state.ledger.model().instances.Find(id)->desired.slot.app);
  }
  for (const AppName& app : row.unnamed_apps) {
    if (!request.app.empty() && app.value != request.app) continue;
    if (wanted.contains(app)) continue;
    NameRemoval(state, row.id, {app, ServiceName(), 0}, "released by " + request.caller.by);
    released.push_back(app.value);
    state.Event(event_kind::kHostConfirmed, {.app = app,
                                             .host = row.name,
                                             .message = request.caller.by + " confirmed that " +
                                                        app.value + " is to leave " + row.name});
  }
  if (released.empty() && !request.app.empty()) {
    return NotFound("cannot confirm " + request.app + " on " + request.host +
                    ": the host runs no such app without being told to");
  }
  return released;
}

namespace {

// The old id that is meant: the given one, or the only one among the strays. Only an id that its
// containers carry: with any other one the host would lose what it has and find nothing.
absl::StatusOr<HostId> OldIdOf(const HostRow& row, const std::string& given) {
  std::set<std::string> ids;
  for (const std::string& stray : row.strays) ids.insert(IdInStray(stray));
  ids.erase("");
  if (!given.empty()) {
    if (ids.contains(given)) return HostId(given);
    return NotFound("cannot adopt on " + row.name + ": it has no container of host \"" + given +
                    "\"; `ctl host inspect " + row.name + "` lists its strays and their host ids");
  }
  if (ids.size() == 1) return HostId(*ids.begin());
  return FailedPrecondition(
      ids.empty() ? "cannot adopt on " + row.name + ": it has no containers of another host"
                  : "cannot adopt on " + row.name + ": its strays carry " +
                        std::to_string(ids.size()) + " host ids; name the one that is meant");
}

// What the fleet wants of the host moves to the old id's rows; the agent learns its id when it
// connects again.
void MoveRows(CoreState& state, const HostRow& from, const HostId& to) {
  for (const InstanceId& id : std::set(state.ledger.InstancesOn(from.id))) {
    InstanceRow row = *state.ledger.model().instances.Find(id);
    const SlotKey slot = row.desired.slot;
    const std::set<InstanceId> there = state.ledger.InstancesOn(to);
    const bool taken = std::any_of(there.begin(), there.end(), [&](const InstanceId& other) {
      return state.ledger.model().instances.Find(other)->desired.slot == slot;
    });
    state.ledger.DeleteInstance(id);
    if (taken) continue;  // the old id has that slot already: its container is the one to keep
    row.desired.host = to;
    state.ledger.PutInstance(std::move(row));
  }
  std::vector<std::pair<SlotKey, BindingRow>> bindings;
  for (const auto& [slot, binding] : state.ledger.model().bindings.rows()) {
    if (binding.host == from.id) bindings.push_back({slot, {to, binding.why}});
  }
  for (auto& [slot, binding] : bindings) state.ledger.PutBinding(slot, std::move(binding));
}

}  // namespace

absl::StatusOr<HostId> Adopt(CoreState& state, const AdoptHost& request) {
  QS_ASSIGN_OR_RETURN(const HostRow row, FindHost(state, request.host, "adopt on"));
  QS_ASSIGN_OR_RETURN(const HostId old_id, OldIdOf(row, request.old_host_id));
  if (!IsOwnId(old_id.value) || old_id == row.id) {
    return InvalidArgument("cannot adopt on " + request.host + ": \"" + old_id.value +
                           "\" is not the id of another host");
  }
  if (state.PresenceOf(old_id) == Presence::kReady) {
    return FailedPrecondition("cannot adopt " + old_id.value + " on " + request.host +
                              ": that host is connected itself");
  }
  HostRow adopted = row;
  if (const HostRow* old = state.ledger.FindHost(old_id)) {
    adopted.generation = old->generation;
    adopted.acked_generation = old->acked_generation;
    adopted.joined_at = old->joined_at;
  }
  adopted.id = old_id;
  adopted.strays.clear();
  std::set<AppName> apps;
  ForgetSession(state, row.id, Unavailable("the host has a new id; connect again"));
  // The name moves: first away from both, then to the adopted row.
  HostRow parked = row;
  parked.name = row.name + "/" + row.id.value;
  state.ledger.PutHost(parked);
  state.ledger.PutHost(adopted);
  state.sessions.Expect(old_id);
  MoveRows(state, row, old_id);
  state.ledger.DeleteHost(row.id);
  state.ledger.TouchHost(old_id);
  for (const InstanceId& id : state.ledger.InstancesOn(old_id)) {
    state.unsettled.insert(state.ledger.model().instances.Find(id)->desired.slot.app);
  }
  state.Event(event_kind::kHostAdopted,
              {.host = row.name,
               .message = request.caller.by + " gave " + row.name + " the host id " + old_id.value +
                          ": it takes its containers over"});
  return old_id;
}

}  // namespace quayside::controller
