// `ctl plan`: what an apply would do, and why.
#include <algorithm>
#include <set>
#include <tuple>

#include "controller/core/proposal.h"
#include "controller/core/rollouts.h"
#include "controller/core/views.h"
#include "controller/rollout/targets.h"

namespace quayside::controller {
namespace {

// What makes a replacement stop the old container before the new one runs (R15); "" = nothing does.
std::string WhyStopFirst(const ServiceSpec& service) {
  if (const std::vector<PortUse> ports = FixedPorts(service.container); !ports.empty()) {
    return "port " + ToString(ports.front()) + " can be held by one container at a time";
  }
  for (const NetworkAttachment& network : service.container.network_attachments) {
    if (!network.ipv4_address.empty() || !network.ipv6_address.empty()) {
      return "its static address can be held by one container at a time";
    }
  }
  if (service.update.order == UpdateOrder::kStartFirst) return "";
  if (service.update.order == UpdateOrder::kStopFirst) return "the file says order: stop-first";
  if (service.container.network_mode == "host") return "it uses the network of its host";
  if (!service.container.devices.empty()) return "it uses devices of its host";
  for (const MountSpec& mount : service.container.mounts) {
    if (mount.type != MountType::kTmpfs && !mount.read_only) {
      return "two containers must not write " + mount.target + " at a time";
    }
  }
  return "";
}

std::string WhyReplaced(const ContainerSpec* before, const ServiceSpec& after,
                        const std::string& image) {
  if (before == nullptr) return "its spec changes";
  if (before->image != image) return "its image changes from " + before->image + " to " + image;
  if (before->restart_counter != after.container.restart_counter) return "it is restarted";
  if (before->environment != after.container.environment) return "its environment changes";
  if (before->command != after.container.command) return "its command changes";
  if (before->ports != after.container.ports) return "its ports change";
  if (before->mounts != after.container.mounts) return "its mounts change";
  if (before->health_check != after.container.health_check) return "its health check changes";
  if (before->labels != after.container.labels) return "its labels change";
  return "its spec changes";
}

PlanChange View(CoreState& state, const Proposal& proposal, const RolloutTarget& target) {
  PlanChange change;
  change.host = target.host.empty() ? "" : state.HostName(target.host);
  change.slot = target.slot;
  change.action = target.action;
  const ServiceSpec* service = FindService(proposal.revision.spec, target.slot.service);
  const InstanceRow* before = state.ledger.model().instances.Find(target.predecessor);
  switch (target.action) {
    case TargetAction::kCreate:
      change.why = target.host.empty() ? "cannot be placed: " + target.reason : "it is new there";
      break;
    case TargetAction::kReplace: {
      const auto own = service->host_images.find(change.host);
      const std::string image =
          own == service->host_images.end() ? service->container.image : own->second;
      const ContainerSpec* spec =
          before == nullptr ? nullptr : state.specs.Get(state.ledger, before->desired.spec);
      change.why =
          before != nullptr && before->desired.spec ==
                                   DigestFor(proposal.revision, target.slot.service, change.host)
              ? "the one before failed: a new attempt"
              : WhyReplaced(spec, *service, image);
      const std::string stop_first = WhyStopFirst(*service);
      change.downtime = !stop_first.empty() && !service->stopped;
      if (change.downtime) change.why += "; it stops before the new one starts: " + stop_first;
      break;
    }
    case TargetAction::kRemove:
      change.why =
          service == nullptr ? "the file has no service " + target.slot.service.value
          : target.slot.slot > service->replicas && service->mode == ServiceMode::kReplicated
              ? "there are fewer replicas"
              : "it belongs on another host";
      break;
    case TargetAction::kNone:
      change.why = target.state == TargetState::kWorking ? "it is still being proven"
                   : service->stopped                    ? "it is stopped"
                                                         : "it is started again";
      break;
  }
  return change;
}

}  // namespace

absl::StatusOr<PlanView> ViewPlan(CoreState& state, const PlanApp& request) {
  absl::StatusOr<Proposal> proposal = Propose(state, request.spec, &request.images, true);
  if (!proposal.ok()) return proposal.status();
  PlanView view;
  std::set<PlacedSlot> changed;
  for (const RolloutTarget& target : proposal->targets) {
    changed.insert({target.slot, target.host});
    view.changes.push_back(View(state, *proposal, target));
  }
  for (const PlacedSlot& placed : proposal->placement.slots) {
    if (changed.contains(placed)) continue;
    view.changes.push_back(
        {state.HostName(placed.host), placed.slot, TargetAction::kNone, false, "nothing changes"});
  }
  std::sort(view.changes.begin(), view.changes.end(), [](const PlanChange& a, const PlanChange& b) {
    return std::tie(a.host, a.slot, a.action) < std::tie(b.host, b.slot, b.action);
  });
  view.warnings = std::move(proposal->warnings);
  view.undone = std::move(proposal->undone);
  return view;
}

}  // namespace quayside::controller
