#include "agent/execute.h"

#include <algorithm>

#include "agent/exclusive.h"
#include "agent/join.h"
#include "agent/labels.h"
#include "common/base/backoff.h"
#include "common/base/status.h"

namespace quayside::agent {
namespace {

constexpr absl::Duration kDefaultGrace = absl::Seconds(10);
constexpr Backoff kEngineBackoff = {absl::Seconds(1), absl::Minutes(1)};
constexpr Backoff kPullBackoff = {absl::Seconds(5), absl::Minutes(5)};
constexpr Backoff kRateLimitBackoff = {absl::Seconds(30), absl::Minutes(15)};
constexpr int kCreateTries = 3;
constexpr int kStartTries = 3;  // within some three seconds
constexpr Backoff kRefusedBackoff = {absl::Seconds(10), absl::Minutes(5)};

const Instance* InstanceOf(const Action& action, const PlanInput& input) {
  for (const Instance& instance : input.assignment.instances) {
    if (instance.id == action.instance) return &instance;
  }
  return nullptr;
}

const ContainerSpec* DesiredSpec(const SlotKey& slot, const PlanInput& input) {
  for (const Instance& instance : input.assignment.instances) {
    if (instance.slot != slot) continue;
    const auto spec = input.assignment.specs.find(instance.spec);
    return spec == input.assignment.specs.end() ? nullptr : &spec->second;
  }
  return nullptr;
}

const ContainerSpec* SpecOfContainer(const Action& action, const PlanInput& input) {
  const auto container = input.containers.find(action.instance);
  if (container == input.containers.end()) return nullptr;
  const auto spec = input.assignment.specs.find(container->second.identity.spec);
  return spec == input.assignment.specs.end() ? nullptr : &spec->second;
}

// The id under which a network was ensured; its name when it was not.
std::string EngineNetwork(const NetworkSpec& network, const PlanInput& input) {
  for (const EnsuredNetwork& known : input.networks) {
    if (known.spec == network) return known.id;
  }
  return network.name;
}

std::map<std::string, std::string> OwnerLabels(const PlanInput& input, const SlotKey& slot,
                                               const std::map<std::string, std::string>& own) {
  std::map<std::string, std::string> labels = own;
  const Assignment& assignment = input.assignment;
  labels[kFleetLabel] = assignment.fleet.value;
  labels[kHostLabel] = assignment.host.value;
  labels[kAppLabel] = slot.app.value;
  labels[kOwnerLabel] = assignment.fleet.value + "/" + assignment.host.value + "/" + slot.app.value;
  labels[kComposeProjectLabel] = slot.app.value;
  return labels;
}

std::optional<EngineCall> CreateCall(const Action& action, const PlanInput& input) {
  const Instance* instance = InstanceOf(action, input);
  const ContainerSpec* spec = DesiredSpec(action.slot, input);
  if (instance == nullptr || spec == nullptr) return std::nullopt;
  ContainerPlan plan;
  plan.name = ContainerName(instance->slot, instance->id);
  plan.spec = *spec;
  plan.labels = LabelsFor(input.assignment.fleet, *instance, *spec);
  plan.labels[kHostLabel] = input.assignment.host.value;
  plan.policy = ArmedPolicy::kNo;
  const auto image = input.images.find(spec->image);
  const std::vector<std::string> volumes =
      image == input.images.end() ? std::vector<std::string>() : image->second.detail.volumes;
  for (const std::string& target : ManagedMountPoints(*spec, volumes)) {
    plan.managed_volumes[target] = ManagedVolumeName(instance->slot, target);
  }
  plan.joined_containers = JoinTargets(input, action.slot, *spec);
  if (!plan.joined_containers.empty()) {
    plan.labels[kJoinedLabel] = JoinLabel(plan.joined_containers);
  }
  plan.aliases = {instance->slot.service.value};
  return CreateContainer{.plan = std::move(plan)};
}

std::optional<EngineCall> EnsureNetworkCall(const Action& action, const PlanInput& input) {
  const ContainerSpec* spec = DesiredSpec(action.slot, input);
  if (spec == nullptr) return std::nullopt;
  for (const auto& [key, network] : spec->networks) {
    if (network.name != action.object) continue;
    return EnsureNetwork{.network = network,
                         .labels = OwnerLabels(input, action.slot, network.labels)};
  }
  return std::nullopt;
}

std::optional<EngineCall> EnsureVolumeCall(const Action& action, const PlanInput& input) {
  const ContainerSpec* spec = DesiredSpec(action.slot, input);
  if (spec == nullptr) return std::nullopt;
  VolumeSpec volume{.name = action.object};
  for (const auto& [key, known] : spec->volumes) {
    if (known.name == action.object) volume = known;
  }
  return EnsureVolume{.volume = volume, .labels = OwnerLabels(input, action.slot, volume.labels)};
}

std::optional<EngineCall> ConnectCall(const Action& action, const PlanInput& input) {
  const auto container = input.containers.find(action.instance);
  const ContainerSpec* spec = SpecOfContainer(action, input);
  if (container == input.containers.end() || spec == nullptr) return std::nullopt;
  const auto network = spec->networks.find(action.object);
  if (network == spec->networks.end()) return std::nullopt;
  for (const NetworkAttachment& attachment : spec->network_attachments) {
    if (attachment.network != action.object) continue;
    return ConnectNetwork{.container = container->second.id(),
                          .network = EngineNetwork(network->second, input),
                          .attachment = attachment,
                          .aliases = {action.slot.service.value}};
  }
  return std::nullopt;
}

// In an update 0 means "leave it as it is"; what is to have no limit is told so.
ResourceLimits WithoutUnset(ResourceLimits limits, const EngineFacts& engine) {
  // The swap limit follows as twice of it: the engine passes no "unlimited" on in an update.
  if (limits.memory_bytes == 0) {
    limits.memory_bytes = engine.memory_bytes;
    limits.memory_swap_bytes = 0;
  }
  if (limits.nano_cpus == 0) limits.nano_cpus = engine.cpus * 1'000'000'000;
  return limits;
}

EngineCall StopCall(const Action& action, const PlanInput& input) {
  const ContainerSpec* spec = SpecOfContainer(action, input);
  const absl::Duration grace =
      spec == nullptr ? kDefaultGrace : spec->stop_grace_period.value_or(kDefaultGrace);
  return StopContainer{.container = action.object, .grace = grace};
}

}  // namespace

std::string OwnerLabel(const FleetId& fleet, const HostId& host, const AppName& app) {
  return std::string(kOwnerLabel) + "=" + fleet.value + "/" + host.value + "/" + app.value;
}

std::optional<EngineCall> CallFor(const Action& action, const PlanInput& input) {
  switch (action.kind) {
    case Action::Kind::kStop:
      return StopCall(action, input);
    case Action::Kind::kDisarm:
      return SetPolicy{.container = action.object, .policy = ArmedPolicy::kNo};
    case Action::Kind::kArm:
      return SetPolicy{.container = action.object, .policy = ArmedPolicy::kUnlessStopped};
    case Action::Kind::kUnpause:
      return UnpauseContainer{.container = action.object};
    case Action::Kind::kStart:
      return StartContainer{.container = action.object};
    case Action::Kind::kInspectImage:
      return InspectImage{.image = action.object};
    case Action::Kind::kPullImage: {
      const ContainerSpec* spec = DesiredSpec(action.slot, input);
      return PullImage{.image = action.object, .platform = spec == nullptr ? "" : spec->platform};
    }
    case Action::Kind::kEnsureNetwork:
      return EnsureNetworkCall(action, input);
    case Action::Kind::kEnsureVolume:
      return EnsureVolumeCall(action, input);
    case Action::Kind::kCreate:
      return CreateCall(action, input);
    case Action::Kind::kRename:
      return RenameContainer{.container = action.object,
                             .name = ContainerName(action.slot, action.instance)};
    case Action::Kind::kSetLimits: {
      const ContainerSpec* spec = SpecOfContainer(action, input);
      if (spec == nullptr) return std::nullopt;
      return SetLimits{.container = action.object,
                       .limits = WithoutUnset(spec->resources, input.engine)};
    }
    case Action::Kind::kConnectNetwork:
      return ConnectCall(action, input);
    case Action::Kind::kReadLogs:
      return ReadLogs{.container = action.object};
    case Action::Kind::kRemove:
      return RemoveContainer{.container = action.object};
    case Action::Kind::kListNetworks:
      return ListNetworks{
          .label = OwnerLabel(input.assignment.fleet, input.assignment.host, action.slot.app)};
    case Action::Kind::kListVolumes:
      return ListVolumes{
          .label = OwnerLabel(input.assignment.fleet, input.assignment.host, action.slot.app)};
    case Action::Kind::kRemoveNetwork:
      return RemoveNetwork{.network = action.object};
    case Action::Kind::kRemoveVolume:
      return RemoveVolume{.volume = action.object};
    case Action::Kind::kRemoveImage:
      return RemoveImage{.image = action.object};
  }
  return std::nullopt;
}

Trouble TroubleFrom(const Action& action, const absl::Status& status, const Trouble& before,
                    MonoTime now) {
  Trouble trouble;
  trouble.reason = Message(status);
  trouble.failures = before.failures + 1;
  trouble.call = action.kind;
  const bool pull =
      action.kind == Action::Kind::kPullImage || action.kind == Action::Kind::kInspectImage;
  Backoff backoff = pull ? kPullBackoff : kEngineBackoff;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
      break;
    case absl::StatusCode::kFailedPrecondition:  // being removed, in use: that passes
      // But what a start needs is free of our own by then: somebody else holds it (a port, mostly),
      // and what ran before is not kept waiting for it.
      trouble.definite =
          pull || (action.kind == Action::Kind::kStart && trouble.failures >= kStartTries);
      break;
    case absl::StatusCode::kAlreadyExists:  // the name is freed last
      trouble.definite = pull;
      break;
    case absl::StatusCode::kNotFound:
      // Not the thing itself but what it needs was taken away meanwhile; it is made again.
      if (action.kind == Action::Kind::kCreate && trouble.failures < kCreateTries) break;
      trouble.definite = true;
      break;
    case absl::StatusCode::kResourceExhausted:
      backoff = kRateLimitBackoff;
      break;
    default:
      // Refused as asked: the same call will be refused again.
      trouble.definite = true;
      break;
  }
  if (trouble.definite) {
    trouble.kind = FailureKind::kApplication;
    backoff = kRefusedBackoff;
  }
  trouble.retry_at = now + backoff.After(trouble.failures);
  return trouble;
}

}  // namespace quayside::agent
