#include "controller/core/rollouts.h"
#include "controller/core/views.h"
#include "controller/rollout/judge.h"
#include "controller/rollout/targets.h"

namespace quayside::controller {
namespace {

// Does this instance do what its intent says, as its ready host reports it?
bool DoesAsItShould(const CoreState& state, const Instance& instance,
                    const InstanceStatus* status) {
  if (status == nullptr || state.PresenceOf(instance.host) != Presence::kReady) return false;
  if (instance.intent == Intent::kStop) return !MayRun(status->state);
  return status->proven && status->spec == instance.spec;
}

// Anything of the app that runs although nobody wants it.
bool SomethingElseRuns(const CoreState& state, const AppName& app) {
  for (const auto& [host, id] : state.ledger.ObservedOf(app)) {
    if (state.ledger.model().instances.Find(id) != nullptr) continue;
    if (MayRun(state.ledger.Observed(host, id)->state)) return true;
  }
  return !state.ledger.RemovalsOf(app).empty();
}

void CountServices(const CoreState& state, const RevisionRow& revision, AppStatusView* view) {
  std::map<ServiceName, ServiceView> services;
  for (const ServiceSpec& service : revision.spec.services) {
    ServiceView counted;
    counted.name = service.name;
    counted.image = service.container.image;
    counted.stopped = service.stopped;
    if (service.mode == ServiceMode::kReplicated) counted.desired = service.replicas;
    services[service.name] = counted;
  }
  for (const InstanceId& id : state.ledger.InstancesOf(revision.spec.name)) {
    const Instance& instance = state.ledger.model().instances.Find(id)->desired;
    const auto found = services.find(instance.slot.service);
    if (found == services.end()) {
      view->converged = false;
      continue;
    }
    const ServiceSpec* service = FindService(revision.spec, instance.slot.service);
    ServiceView& counted = found->second;
    if (service->mode == ServiceMode::kGlobal) ++counted.desired;
    if (instance.spec != DigestFor(revision, service->name, state.HostName(instance.host)) ||
        instance.intent != IntentOf(*service)) {
      view->converged = false;
      continue;
    }
    ++counted.updated;
    if (DoesAsItShould(state, instance, state.ledger.Observed(instance.host, id))) {
      ++counted.healthy;
    } else {
      view->converged = false;
    }
  }
  for (auto& [name, counted] : services) {
    if (counted.healthy != counted.desired) view->converged = false;
    view->services.push_back(std::move(counted));
  }
}

}  // namespace

RolloutView ViewRollout(const CoreState& state, const RolloutRow& row) {
  RolloutView view;
  view.row = row;
  if (state.breaker.open && !Ended(row.state) && row.state != RolloutState::kPaused) {
    view.row.reason = state.breaker_reason + (row.reason.empty() ? "" : "; ") + row.reason;
  }
  for (const RolloutTarget& target : row.targets) {
    TargetView shown{target, target.host.empty() ? "" : state.HostName(target.host), std::nullopt};
    const InstanceId& id = target.instance.empty() || target.action == TargetAction::kRemove
                               ? target.predecessor
                               : target.instance;
    const InstanceStatus* status = state.ledger.Observed(target.host, id);
    if (status != nullptr) shown.observed = *status;
    view.targets.push_back(std::move(shown));
  }
  return view;
}

AppStatusView ViewStatus(const CoreState& state, const AppName& app) {
  AppStatusView view;
  view.app = app;
  const AppRow* row = state.ledger.FindApp(app);
  if (row == nullptr) {
    view.removed = true;
    return view;
  }
  if (const RolloutRow* rollout = state.ledger.NewestRollout(app)) {
    view.rollout = ViewRollout(state, *rollout);
  }
  const auto unplaced = state.unplaced.find(app);
  if (unplaced != state.unplaced.end()) {
    for (const UnplacedSlot& slot : unplaced->second) view.pending.push_back(slot.summary);
  }
  const RevisionRow* revision = DesiredRevision(state.ledger, app);
  if (revision == nullptr || row->removing) return view;
  view.revision = revision->key.number;
  view.converged = true;
  CountServices(state, *revision, &view);
  const bool open = view.rollout.has_value() && !Ended(view.rollout->row.state);
  if (open || row->held || !view.pending.empty() || SomethingElseRuns(state, app)) {
    view.converged = false;
  }
  return view;
}

std::vector<AppSummaryView> ViewApps(const CoreState& state) {
  std::vector<AppSummaryView> views;
  for (const auto& [name, row] : state.ledger.model().apps.rows()) {
    AppSummaryView view;
    view.status = ViewStatus(state, name);
    view.removing = row.removing;
    view.stopped = !view.status.services.empty();
    for (const ServiceView& service : view.status.services) view.stopped &= service.stopped;
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace quayside::controller
