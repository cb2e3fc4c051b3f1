// Reports: what a host observed becomes rows (R9).
#include <algorithm>
#include <set>

#include "common/model/event_kind.h"
#include "controller/core/hosts.h"

namespace quayside::controller {
namespace {

void TakeObserved(CoreState& state, const HostId& host, const Report& report) {
  std::set<InstanceId> seen;
  for (const InstanceStatus& status : report.instances) {
    seen.insert(status.id);
    const InstanceStatus* known = state.ledger.Observed(host, status.id);
    if (known == nullptr || *known != status) state.ledger.PutObserved(host, status);
  }
  std::vector<InstanceId> gone;
  for (const InstanceStatus* status : state.ledger.ObservedOn(host)) {
    if (!seen.contains(status->id)) gone.push_back(status->id);
  }
  for (const InstanceId& id : gone) state.ledger.DeleteObserved(host, id);
}

// A removal is over when the host says so of the Assignment that is current.
void TakeRemovals(CoreState& state, const HostRow& row, Session& session, const Report& report) {
  const int64_t about = report.epoch == state.ledger.fleet().epoch ? report.generation : 0;
  std::set<SlotKey> vacated(report.vacated_slots.begin(), report.vacated_slots.end());
  if (about != session.vacated_generation || vacated != session.vacated_slots) {
    session.vacated_generation = about;
    session.vacated_slots = std::move(vacated);
    // No row changes: their rollouts have to be told.
    for (const SlotKey& slot : session.vacated_slots) state.ledger.TouchApp(slot.app);
  }
  if (report.epoch != state.ledger.fleet().epoch || report.generation != row.generation) return;
  for (const AppName& app : report.removed_apps) {
    state.ledger.DeleteRemoval(row.id, {app, ServiceName(), 0});
  }
  for (const SlotKey& slot : report.removed_slots) state.ledger.DeleteRemoval(row.id, slot);
}

// The app is a column of its own.
std::string SlotPrefix(const SlotKey& slot) {
  if (slot.service.empty()) return "";
  return slot.service.value + "." + std::to_string(slot.slot) + ": ";
}

void TakeEvents(CoreState& state, const HostRow& row, Session& session, const Report& report) {
  for (const HostEvent& event : report.events) {
    if (event.sequence <= session.taken_event) continue;  // sent again
    session.taken_event = event.sequence;
    EventRow stored;
    stored.at = event.at;
    stored.kind = event.kind;
    stored.app = event.slot.app;
    stored.host = row.name;
    stored.instance = event.instance;
    stored.revision = event.revision;
    stored.message = SlotPrefix(event.slot) + event.message;
    state.ledger.AddEvent(std::move(stored));
  }
}

void NoteNewStrays(CoreState& state, const HostRow& row, const Report& report) {
  for (const std::string& stray : report.strays) {
    if (std::find(row.strays.begin(), row.strays.end(), stray) != row.strays.end()) continue;
    state.Event(event_kind::kStrayFound,
                {.host = row.name,
                 .message = "host " + row.name +
                            " has a container of another host of this fleet: " + stray +
                            "; `ctl host adopt " + row.name + "` takes it over"});
  }
  for (const AppName& app : report.unnamed_apps) {
    if (std::find(row.unnamed_apps.begin(), row.unnamed_apps.end(), app) !=
        row.unnamed_apps.end()) {
      continue;
    }
    state.Event(event_kind::kAppUnnamed,
                {.app = app,
                 .host = row.name,
                 .message = "host " + row.name + " runs " + app.value +
                            ", which nobody told it to run or to remove; `ctl host "
                            "confirm " +
                            row.name + "` releases it"});
  }
}

}  // namespace

void HandleReport(CoreState& state, const AgentReport& message) {
  const HostId* id = state.sessions.HostOf(message.session);
  if (id == nullptr) return;
  state.sessions.Heard(*id, state.now);
  const HostRow* known = state.ledger.FindHost(*id);
  Session* session = state.sessions.Find(message.session);
  const Report& report = message.report;
  if (known == nullptr || report.sequence <= session->taken_report) return;  // older (R9)
  session->taken_report = report.sequence;
  state.outbox.reports.insert(message.session);
  state.sessions.Reported(*id);

  const HostRow before = *known;
  TakeObserved(state, before.id, report);
  TakeRemovals(state, before, *session, report);
  TakeEvents(state, before, *session, report);
  NoteNewStrays(state, before, report);

  HostRow row = *state.ledger.FindHost(before.id);
  TakeEngineFacts(row, report.engine);
  row.strays = report.strays;
  row.unnamed_apps = report.unnamed_apps;
  if (report.settled && report.epoch == state.ledger.fleet().epoch) {
    row.applied_generation = report.generation;
  }
  const bool engine_changed = row.engine.reachable != before.engine.reachable ||
                              row.engine.os != before.engine.os ||
                              row.engine.arch != before.engine.arch;
  // The time alone is not worth a write.
  if (row != before) row.last_report_at = state.wall;
  state.ledger.PutHost(std::move(row));
  if (engine_changed) HostChanged(state, before.id);
}

}  // namespace quayside::controller
