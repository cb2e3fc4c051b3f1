#include "controller/core/recovery.h"

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/model/event_kind.h"
#include "controller/core/rollouts.h"

namespace quayside::controller {
namespace {

void HoldEveryApp(CoreState& state) {
  for (const auto& [name, row] : std::map(state.ledger.model().apps.rows())) {
    AppRow held = row;
    held.held = true;
    state.ledger.PutApp(std::move(held));
  }
}

// What a person has to know before accepting: where a host runs something else than the database
// wants.
void Differences(const CoreState& state, const AppName& app, std::vector<std::string>* out) {
  std::map<std::string, std::string> by_host;
  for (const auto& [host, instance] : state.ledger.ObservedOf(app)) {
    const InstanceStatus* status = state.ledger.Observed(host, instance);
    if (status->retired || state.ledger.model().instances.Find(instance) != nullptr) continue;
    by_host[state.HostName(host)] = "runs revision " + std::to_string(status->revision);
  }
  const AppRow* row = state.ledger.FindApp(app);
  const std::string known = "the database knows revision " + std::to_string(row->newest_revision);
  for (const InstanceId& id : state.ledger.InstancesOf(app)) {
    const Instance& instance = state.ledger.model().instances.Find(id)->desired;
    const std::string host = state.HostName(instance.host);
    const bool looked = state.PresenceOf(instance.host) == Presence::kReady;
    const bool there = state.ledger.Observed(instance.host, id) != nullptr;
    if (!looked || there || by_host.contains(host)) continue;
    by_host[host] = "runs nothing of " + ToString(instance.slot) + ", and accepting starts it";
  }
  if (by_host.empty()) {
    out->push_back(app.value + ": no difference is known; " + known);
  }
  for (const auto& [host, text] : by_host) {
    out->push_back(app.value + " on " + host + " " + text + "; " + known);
  }
}

}  // namespace

void EnterRecovery(CoreState& state, const std::string& reason) {
  FleetRow fleet = state.ledger.fleet();
  if (!fleet.recovery_reason.empty()) return;
  Log(LogLevel::kError, "recovery_entered", {{"error", reason}});
  fleet.epoch = StoreEpoch(state.random.Base32(26));
  fleet.recovery_reason = reason;
  fleet.recovery_since = state.wall;
  state.ledger.PutFleet(std::move(fleet));
  HoldEveryApp(state);
  state.Event(event_kind::kRecoveryEntered,
              {.message = reason + "; hosts keep what they run until `ctl recovery accept`"});
  // The epoch is in every Assignment: each host is told.
  for (const auto& [id, host] : state.ledger.model().hosts.rows()) {
    state.ledger.TouchHost(id);
    HostPresence& presence = state.sessions.At(id);
    if (presence.session.has_value()) presence.session->offered = -1;
  }
}

bool ResumeRecovery(CoreState& state) {
  const FleetRow& fleet = state.ledger.fleet();
  if (fleet.recovery_reason.empty()) return false;
  for (const auto& [name, row] : state.ledger.model().apps.rows()) {
    if (row.held) return false;
  }
  HoldEveryApp(state);
  state.Event(event_kind::kRecoveryEntered,
              {.message = fleet.recovery_reason + "; hosts keep what they run until `ctl recovery "
                                                  "accept`"});
  for (const auto& [id, host] : state.ledger.model().hosts.rows()) state.ledger.TouchHost(id);
  return true;
}

RecoveryView ViewRecovery(const CoreState& state) {
  const FleetRow& fleet = state.ledger.fleet();
  RecoveryView view;
  view.recovering = !fleet.recovery_reason.empty();
  view.reason = fleet.recovery_reason;
  view.since = fleet.recovery_since;
  for (const auto& [name, row] : state.ledger.model().apps.rows()) {
    if (row.held) Differences(state, name, &view.held);
  }
  return view;
}

absl::StatusOr<std::vector<std::string>> AcceptApps(CoreState& state, const AppName& app,
                                                    const std::string& by) {
  if (!app.empty()) {
    const AppRow* row = state.ledger.FindApp(app);
    if (row == nullptr) {
      return NotFound("cannot accept " + app.value + ": there is no such app; `ctl ls` lists them");
    }
    if (!row->held)
      return FailedPrecondition(app.value + " is not held: there is nothing to accept");
  }
  std::vector<std::string> accepted;
  bool left = false;
  for (const auto& [name, row] : std::map(state.ledger.model().apps.rows())) {
    if (!row.held) continue;
    if (!app.empty() && name != app) {
      left = true;
      continue;
    }
    AppRow next = row;
    next.held = false;
    state.ledger.PutApp(std::move(next));
    state.unsettled.insert(name);
    ExtendDeadline(state, name, state.steady);  // it was held
    accepted.push_back(name.value);
    state.Event(event_kind::kRecoveryAccepted,
                {.app = name, .message = by + " accepted what the database says of " + name.value});
  }
  // Which apps are held is in the Assignments.
  for (const auto& [id, host] : state.ledger.model().hosts.rows()) state.ledger.TouchHost(id);
  if (!left) {
    FleetRow fleet = state.ledger.fleet();
    fleet.recovery_reason.clear();
    state.ledger.PutFleet(std::move(fleet));
  }
  return accepted;
}

}  // namespace quayside::controller
