#include "controller/rollout/targets.h"

#include <algorithm>
#include <tuple>

#include "controller/rollout/order.h"

namespace quayside::controller {
namespace {

// What has to be done with an instance that keeps its slot and host.
TargetAction ActionFor(const TargetsInput& in, const InstanceRow& row, const SpecDigest& digest,
                       Intent intent) {
  if (row.desired.spec != digest) return TargetAction::kReplace;
  const bool baseline = row.desired.revision <= in.succeeded;
  const auto observed = in.observed.find(row.desired.id);
  const bool verdict = observed != in.observed.end() && observed->second->verdict;
  if (in.new_attempt && verdict) return TargetAction::kReplace;
  // Stopped because its rollout failed, not because somebody wants it stopped.
  if (in.new_attempt && !baseline && row.desired.intent != intent) return TargetAction::kReplace;
  return TargetAction::kNone;
}

int Phase(const RolloutTarget& target) {
  switch (target.action) {
    case TargetAction::kCreate:
      return target.host.empty() ? 2 : 0;
    case TargetAction::kReplace:
    case TargetAction::kNone:
      return 1;
    case TargetAction::kRemove:
      return 3;
  }
  return 3;
}

void Sort(const AppSpec& spec, std::vector<RolloutTarget>* targets) {
  const std::map<ServiceName, int> depth = DependencyDepth(spec);
  const auto key = [&](const RolloutTarget& target) {
    const auto found = depth.find(target.slot.service);
    return std::tuple(Phase(target), found == depth.end() ? 0 : found->second, target.slot,
                      target.host);
  };
  std::sort(targets->begin(), targets->end(),
            [&](const RolloutTarget& a, const RolloutTarget& b) { return key(a) < key(b); });
}

}  // namespace

SpecDigest DigestFor(const RevisionRow& revision, const ServiceName& service,
                     const std::string& host) {
  const auto own = revision.host_digests.find({service, host});
  if (own != revision.host_digests.end()) return own->second;
  const auto digest = revision.digests.find(service);
  return digest == revision.digests.end() ? SpecDigest() : digest->second;
}

Intent IntentOf(const ServiceSpec& service) {
  return service.stopped ? Intent::kStop : Intent::kRun;
}

Instance MakeInstance(const RevisionRow& revision, const ServiceSpec& service, const SlotKey& slot,
                      const HostId& host, const std::string& host_name) {
  Instance instance;
  instance.slot = slot;
  instance.host = host;
  instance.revision = revision.key.number;
  instance.spec = DigestFor(revision, service.name, host_name);
  instance.intent = IntentOf(service);
  instance.start_first_forced = service.update.order == UpdateOrder::kStartFirst;
  instance.stop_first_forced = service.update.order == UpdateOrder::kStopFirst;
  instance.min_healthy = service.rollout.min_healthy;
  instance.healthy_deadline = service.rollout.deadline;
  return instance;
}

std::vector<RolloutTarget> ComputeTargets(const TargetsInput& in) {
  std::map<std::pair<SlotKey, HostId>, const InstanceRow*> there;
  for (const InstanceRow* row : in.instances) {
    there[{row->desired.slot, row->desired.host}] = row;
  }
  std::vector<RolloutTarget> targets;
  for (const PlacedSlot& placed : in.placement->slots) {
    const ServiceSpec* service = FindService(in.to->spec, placed.slot.service);
    if (service == nullptr) continue;
    RolloutTarget target{.slot = placed.slot, .host = placed.host, .since = in.now};
    const auto found = there.find({placed.slot, placed.host});
    if (found == there.end()) {
      target.action = TargetAction::kCreate;
      targets.push_back(std::move(target));
      continue;
    }
    const InstanceRow& row = *found->second;
    there.erase(found);
    const auto name = in.host_names.find(placed.host);
    const SpecDigest digest =
        DigestFor(*in.to, placed.slot.service, name == in.host_names.end() ? "" : name->second);
    const Intent intent = IntentOf(*service);
    target.action = ActionFor(in, row, digest, intent);
    if (target.action == TargetAction::kReplace) {
      target.predecessor = row.desired.id;
    } else if (row.desired.intent != intent) {
      target.predecessor = row.desired.id;  // the same container, told otherwise
    } else if (row.desired.revision > in.succeeded) {
      // Put by a rollout that did not end well or was superseded: not proven yet.
      target.instance = row.desired.id;
      target.predecessor = row.predecessor;
      target.state = TargetState::kWorking;
    } else {
      continue;
    }
    targets.push_back(std::move(target));
  }
  for (const UnplacedSlot& unplaced : in.placement->unplaced) {
    targets.push_back({.slot = unplaced.slot,
                       .action = TargetAction::kCreate,
                       .since = in.now,
                       .reason = unplaced.summary});
  }
  for (const auto& [where, row] : there) {
    targets.push_back({.slot = where.first,
                       .host = where.second,
                       .action = TargetAction::kRemove,
                       .predecessor = row->desired.id,
                       .since = in.now});
  }
  Sort(in.to->spec, &targets);
  return targets;
}

}  // namespace quayside::controller
