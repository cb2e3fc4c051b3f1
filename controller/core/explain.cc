// `ctl explain`: why every slot is where it is, what it waits for, and why a host does not take it.
#include "common/base/status.h"
#include "controller/core/placement_input.h"
#include "controller/core/rollouts.h"
#include "controller/core/views.h"
#include "controller/rollout/targets.h"

namespace quayside::controller {
namespace {

std::string WhyHere(const CoreState& state, const ServiceSpec* service, const Instance& instance,
                    const PlaceHost& host) {
  if (service == nullptr) return "the current revision has no such service: it leaves";
  const BindingRow* binding = state.ledger.model().bindings.Find(instance.slot);
  std::string why;
  if (service->mode == ServiceMode::kGlobal) {
    why = "the service is global and this host matches";
  } else if (binding != nullptr && binding->host == instance.host) {
    why = "bound to this host: " + binding->why;
  } else if (service->placement.together) {
    why = "the services of this app stay together on one host";
  } else {
    why = "spread here, and it stays where it is";
  }
  const std::string mismatch = WhyConstraintsFail(*service, host);
  if (!mismatch.empty()) why += "; " + mismatch + ", so the next change of the app moves it";
  return why;
}

std::string WhatItDoes(const CoreState& state, const InstanceRow& row,
                       const RevisionRow& revision) {
  const Instance& instance = row.desired;
  const InstanceStatus* observed = state.ledger.Observed(instance.host, instance.id);
  const InstanceView view = ViewInstance(state, instance.host, &row, observed);
  std::string text = std::string(ToString(view.status.state));
  if (!view.status.reason.empty()) text += " (" + view.status.reason + ")";
  if (observed != nullptr && observed->proven) text += ", proven";
  const std::string host = state.HostName(instance.host);
  if (instance.spec != DigestFor(revision, instance.slot.service, host)) {
    text += "; it is of revision " + std::to_string(instance.revision) + ", wanted is " +
            std::to_string(revision.key.number);
  }
  return text;
}

void ExplainInstances(const CoreState& state, const RevisionRow& revision, const HostRow* only,
                      std::vector<ExplainLine>* lines) {
  std::map<std::pair<SlotKey, std::string>, ExplainLine> sorted;
  for (const InstanceId& id : state.ledger.InstancesOf(revision.spec.name)) {
    const InstanceRow& row = *state.ledger.model().instances.Find(id);
    if (only != nullptr && only->id != row.desired.host) continue;
    const SlotKey& slot = row.desired.slot;
    const HostRow* host = state.ledger.FindHost(row.desired.host);
    ExplainLine line{slot.service, slot.slot, host->name, ""};
    line.text = WhatItDoes(state, row, revision) + "; " +
                WhyHere(state, FindService(revision.spec, slot.service), row.desired,
                        MakePlaceHost(state, *host));
    sorted[{slot, host->name}] = std::move(line);
  }
  for (auto& [key, line] : sorted) lines->push_back(std::move(line));
}

void ExplainUnplaced(const CoreState& state, const Placement& placement, const HostRow* only,
                     std::vector<ExplainLine>* lines) {
  for (const UnplacedSlot& unplaced : placement.unplaced) {
    lines->push_back(
        {unplaced.slot.service, unplaced.slot.slot, "", "pending: " + unplaced.summary});
    for (const auto& [host, why] : unplaced.why) {
      if (only != nullptr && only->id != host) continue;
      lines->push_back(
          {unplaced.slot.service, unplaced.slot.slot, state.HostName(host), "not here: " + why});
    }
  }
}

// Hosts that a global service leaves out, and hosts where a service has nothing: why.
void ExplainAbsent(const CoreState& state, const RevisionRow& revision, const HostRow* only,
                   std::vector<ExplainLine>* lines) {
  for (const ServiceSpec& service : revision.spec.services) {
    for (const auto& [id, row] : state.ledger.model().hosts.rows()) {
      if (only != nullptr && only->id != id) continue;
      const std::string why =
          WhyNotMatching(service, PlatformsOf(state, service), MakePlaceHost(state, row));
      if (!why.empty()) lines->push_back({service.name, 0, row.name, "not here: " + why});
    }
  }
}

void ExplainRollout(const CoreState& state, const AppName& app, const HostRow* only,
                    std::vector<ExplainLine>* lines) {
  const RolloutRow* rollout = state.ledger.NewestRollout(app);
  if (rollout == nullptr) return;
  const bool settled =
      rollout->state == RolloutState::kSucceeded || rollout->state == RolloutState::kSuperseded;
  if (settled) return;
  std::string text = "the rollout to revision " + std::to_string(rollout->to) + " is " +
                     std::string(ToString(rollout->state));
  if (!rollout->reason.empty()) text += ": " + rollout->reason;
  lines->push_back({ServiceName(), 0, "", text});
  for (const RolloutTarget& target : rollout->targets) {
    if (target.host.empty() || target.state == TargetState::kProven) continue;
    if (only != nullptr && only->id != target.host) continue;
    std::string line =
        std::string(ToString(target.action)) + " is " + std::string(ToString(target.state));
    if (!target.reason.empty()) line += ": " + target.reason;
    lines->push_back(
        {target.slot.service, target.slot.slot, state.HostName(target.host), std::move(line)});
  }
}

}  // namespace

absl::StatusOr<std::vector<ExplainLine>> ViewExplanation(CoreState& state, const AppName& app,
                                                         const std::string& host) {
  const AppRow* row = state.ledger.FindApp(app);
  if (row == nullptr) {
    return NotFound("cannot explain " + app.value + ": there is no such app; `ctl ls` lists them");
  }
  const HostRow* only = nullptr;
  if (!host.empty()) {
    only = state.ledger.FindHostByName(host);
    if (only == nullptr) {
      return NotFound("cannot explain " + app.value + " on " + host +
                      ": there is no such host; `ctl host ls` lists them");
    }
  }
  std::vector<ExplainLine> lines;
  if (row->removing) {
    for (const auto& [at, slot] : state.ledger.RemovalsOf(app)) {
      if (only != nullptr && only->id != at) continue;
      lines.push_back({ServiceName(), 0, state.HostName(at),
                       "its removal waits for this host, which is " +
                           std::string(ToString(state.PresenceOf(at)))});
    }
    return lines;
  }
  if (row->held) {
    lines.push_back({ServiceName(), 0, "",
                     "held: " + state.ledger.fleet().recovery_reason + "; `ctl recovery accept " +
                         app.value + "` releases it"});
  }
  const RevisionRow* revision = DesiredRevision(state.ledger, app);
  if (revision == nullptr) return lines;
  const Placement placement = Place(MakePlaceInput(state, revision->spec));
  ExplainRollout(state, app, only, &lines);
  ExplainInstances(state, *revision, only, &lines);
  ExplainUnplaced(state, placement, only, &lines);
  ExplainAbsent(state, *revision, only, &lines);
  return lines;
}

}  // namespace quayside::controller
