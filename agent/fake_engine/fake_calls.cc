#include "agent/fake_engine/fake_calls.h"

#include <algorithm>
#include <utility>

#include "agent/labels.h"
#include "agent/log_tail.h"
#include "agent/network_settings.h"
#include "common/base/status.h"

namespace quayside::agent::fake {
namespace {

constexpr int64_t kLeastMemoryBytes = 6 << 20;  // as Docker's daemon/daemon_unix.go has it

absl::Status NoSuchContainer(const std::string& container) {
  return NotFound("No such container: " + container);
}

// "key" or "key=value"; "" matches everything.
bool HasLabel(const std::map<std::string, std::string>& labels, const std::string& wanted) {
  if (wanted.empty()) return true;
  const size_t equals = wanted.find('=');
  const auto found = labels.find(wanted.substr(0, equals));
  return found != labels.end() &&
         (equals == wanted.npos || found->second == wanted.substr(equals + 1));
}

ContainerRow RowOf(const FakeContainer& container) {
  ContainerRow row;
  row.id = container.id;
  row.name = container.name;
  row.labels = container.plan.labels;
  row.state = container.state;
  row.health = container.running() ? container.health : HealthState::kNone;
  for (const auto& [network, address] : container.addresses) row.networks.insert(network);
  return row;
}

ContainerDetail DetailOf(const FakeContainer& container) {
  ContainerDetail detail;
  detail.row = RowOf(container);
  detail.row.health = container.health;
  detail.image_id = "sha256:id-of-" + container.image.image;
  detail.image = container.plan.spec.image;
  detail.policy = container.policy;
  detail.restart_count = container.restart_count;
  detail.exit_code = container.exit_code;
  detail.oom_killed = container.oom_killed;
  detail.error = container.error;
  detail.started_at = container.started_at;
  detail.finished_at = container.finished_at;
  detail.ports = container.ports;
  detail.addresses = container.addresses;
  detail.memory_bytes = container.limits.memory_bytes;
  detail.nano_cpus = container.limits.nano_cpus;
  detail.host_network = container.plan.spec.network_mode == "host";
  detail.pid = container.running() ? 1000 + static_cast<int32_t>(container.run) : 0;
  detail.volume_names = container.volumes;
  return detail;
}

ImageDetail ImageOf(const FakeImage& image, absl::Time pulled_at) {
  ImageDetail detail;
  detail.id = "sha256:id-of-" + image.image;
  detail.repo_digests = {image.image};
  detail.os = "linux";
  if (!image.platforms.empty()) {
    const std::string& platform = image.platforms.front();
    detail.arch = platform.substr(platform.find('/') + 1);
  }
  detail.size_bytes = image.size_bytes;
  detail.created_at = pulled_at;
  detail.volumes = image.volumes;
  detail.has_health_check = image.has_health_check;
  return detail;
}

}  // namespace

std::optional<EngineReply> FakeCalls::Carry(const EngineCall& call) {
  return std::visit([this](const auto& c) { return Do(c); }, call);
}

void FakeCalls::AnswerLater(absl::Duration delay, EngineReply reply) {
  if (silent_) return;
  docker_.After(delay, [&docker = docker_, id = open_id_, reply = std::move(reply)]() mutable {
    docker.Answer(id, std::move(reply));
  });
}

// ---- looking ----

FakeCalls::Result FakeCalls::Do(const GetFacts&) {
  EngineFacts facts = docker_.facts;
  facts.reachable = true;
  return EngineReply(std::move(facts));
}

FakeCalls::Result FakeCalls::Do(const ListContainers& call) {
  std::vector<ContainerRow> rows;
  for (const auto& [id, container] : docker_.containers_) {
    if (HasLabel(container.plan.labels, call.label)) rows.push_back(RowOf(container));
  }
  std::reverse(rows.begin(), rows.end());  // Docker lists the newest first
  return EngineReply(std::move(rows));
}

FakeCalls::Result FakeCalls::Do(const InspectContainer& call) {
  const FakeContainer* container = docker_.Find(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  return EngineReply(DetailOf(*container));
}

FakeCalls::Result FakeCalls::Do(const ReadLogs& call) {
  const FakeContainer* container = docker_.Find(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  return EngineReply(
      LogText{Tail(container->log, call.lines, static_cast<size_t>(std::max(0, call.max_bytes)))});
}

FakeCalls::Result FakeCalls::Do(const ExecCommand& call) {
  const FakeContainer* container = docker_.Find(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  if (container->state != ContainerState::kRunning) {
    return EngineReply(FailedPrecondition("Container " + call.container + " is not running"));
  }
  const FakeBehaviour& behaviour = container->image.behaviour;
  if (!behaviour.exec_hangs) return EngineReply(ExecResult{behaviour.exec_exit_code, ""});
  AnswerLater(call.timeout, DeadlineExceeded("the command did not end within its time"));
  return std::nullopt;
}

// ---- containers ----

FakeNetwork* FakeCalls::FindNetwork(const NetworkSpec& spec) {
  const auto named = docker_.networks_.find(spec.name);
  if (named == docker_.networks_.end()) return nullptr;
  if (spec.external || SettingsDigest(named->second.spec) == SettingsDigest(spec)) {
    return &named->second;
  }
  const auto alternative = docker_.networks_.find(AlternativeName(spec));
  return alternative == docker_.networks_.end() ? nullptr : &alternative->second;
}

absl::Status FakeCalls::JoinNetworks(FakeContainer& container) {
  for (const NetworkAttachment& attachment : container.plan.spec.network_attachments) {
    const auto spec = container.plan.spec.networks.find(attachment.network);
    if (spec == container.plan.spec.networks.end()) {
      return InvalidArgument("network " + attachment.network + " is not defined in the spec");
    }
    const FakeNetwork* network = FindNetwork(spec->second);
    if (network == nullptr) return NotFound("network " + spec->second.name + " not found");
    container.addresses[network->spec.name] = "";
    if (!attachment.ipv4_address.empty()) {
      container.static_addresses[network->spec.name] = attachment.ipv4_address;
    }
  }
  return absl::OkStatus();
}

// As Docker does: a named volume that is missing is made, without labels of ours.
void FakeCalls::AddVolumes(FakeContainer& container) {
  const ContainerPlan& plan = container.plan;
  std::vector<std::string> names;
  for (const MountSpec& mount : plan.spec.mounts) {
    if (mount.type != MountType::kVolume) continue;
    const auto managed = plan.managed_volumes.find(mount.target);
    const auto named = plan.spec.volumes.find(mount.source);
    if (mount.source.empty() && managed == plan.managed_volumes.end()) {
      names.push_back(docker_.NewId());
    } else if (named != plan.spec.volumes.end()) {
      names.push_back(named->second.name);
    } else if (!mount.source.empty()) {
      names.push_back(mount.source);
    }
  }
  for (const auto& [target, name] : plan.managed_volumes) names.push_back(name);
  for (const std::string& name : names) {
    docker_.volumes_.try_emplace(name, FakeVolume{VolumeSpec{.name = name}, {}});
  }
  container.volumes = std::move(names);
}

FakeCalls::Result FakeCalls::Do(const CreateContainer& call) {
  if (!docker_.disk_error.ok()) return EngineReply(docker_.disk_error);
  if (const FakeContainer* taken = docker_.Find(call.plan.name)) {
    if (SameContainer(call.plan.labels, taken->plan.labels)) return EngineReply(Created{taken->id});
    return EngineReply(AlreadyExists("The container name " + call.plan.name +
                                     " is already in use by container " + taken->id));
  }
  const auto image = docker_.images_.find(call.plan.spec.image);
  if (image == docker_.images_.end()) {
    return EngineReply(NotFound("No such image: " + call.plan.spec.image));
  }
  for (const MountSpec& mount : call.plan.spec.mounts) {
    if (mount.type != MountType::kBind) continue;
    if (mount.bind_create_host_path) docker_.missing_paths.erase(mount.source);
    if (docker_.missing_paths.contains(mount.source)) {
      return EngineReply(InvalidArgument("bind source path does not exist: " + mount.source));
    }
  }
  FakeContainer container;
  container.plan = call.plan;
  if (absl::Status joined = JoinNetworks(container); !joined.ok()) return EngineReply(joined);
  container.id = docker_.NewId();
  container.name = call.plan.name;
  container.image = image->second;
  container.policy = call.plan.policy;
  container.limits = call.plan.spec.resources;
  AddVolumes(container);
  const std::string id = container.id;
  FakeContainer& stored = docker_.containers_.emplace(id, std::move(container)).first->second;
  docker_.EmitContainer(stored, "create");
  docker_.Changed();
  return EngineReply(Created{id});
}

FakeCalls::Result FakeCalls::Do(const StartContainer& call) {
  FakeContainer* container = docker_.Mutable(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  if (absl::Status started = docker_.StartByCall(*container); !started.ok()) {
    return EngineReply(started);
  }
  return EngineReply(Nothing{});
}

FakeCalls::Result FakeCalls::Do(const StopContainer& call) {
  FakeContainer* container = docker_.Mutable(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  docker_.StopRun(*container, call.grace, [&docker = docker_, id = open_id_, silent = silent_] {
    if (!silent) docker.Answer(id, Nothing{});
  });
  return std::nullopt;
}

FakeCalls::Result FakeCalls::Do(const KillContainer& call) {
  FakeContainer* container = docker_.Mutable(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  if (!container->running()) {
    return EngineReply(
        FailedPrecondition("Cannot kill container " + call.container + ": it is not running"));
  }
  container->manually_stopped = true;  // with any signal
  docker_.EmitContainer(*container, "kill");
  const FakeBehaviour& behaviour = container->image.behaviour;
  const std::string signal = call.signal.starts_with("SIG") ? call.signal.substr(3) : call.signal;
  if (signal.empty() || signal == "KILL" || signal == "9") {
    docker_.Ended(*container, 137, false);
  } else if (!behaviour.ignores_stop &&
             (signal == "TERM" || signal == "INT" || signal == "QUIT" || signal == "15")) {
    docker_.Ended(*container, behaviour.stop_exit_code, false);
  }
  return EngineReply(Nothing{});
}

FakeCalls::Result FakeCalls::Do(const SetPolicy& call) {
  FakeContainer* container = docker_.Mutable(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  container->policy = call.policy;
  docker_.EmitContainer(*container, "update");
  docker_.Changed();
  return EngineReply(Nothing{});
}

FakeCalls::Result FakeCalls::Do(const SetLimits& call) {
  FakeContainer* container = docker_.Mutable(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  if (call.limits.memory_bytes != 0 && call.limits.memory_bytes < kLeastMemoryBytes) {
    return EngineReply(InvalidArgument("Minimum memory limit allowed is 6MB"));
  }
  if (call.limits.memory_bytes != 0) container->limits.memory_bytes = call.limits.memory_bytes;
  if (call.limits.nano_cpus != 0) container->limits.nano_cpus = call.limits.nano_cpus;
  docker_.EmitContainer(*container, "update");
  docker_.Changed();
  return EngineReply(Nothing{});
}

FakeCalls::Result FakeCalls::Do(const RenameContainer& call) {
  FakeContainer* container = docker_.Mutable(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  if (docker_.Find(call.name) != nullptr) {
    return EngineReply(AlreadyExists("The container name " + call.name + " is already in use"));
  }
  container->name = call.name;
  docker_.EmitContainer(*container, "rename");
  docker_.Changed();
  return EngineReply(Nothing{});
}

FakeCalls::Result FakeCalls::Do(const UnpauseContainer& call) {
  FakeContainer* container = docker_.Mutable(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  if (container->state != ContainerState::kPaused) {
    return EngineReply(FailedPrecondition("Container " + call.container + " is not paused"));
  }
  container->state = ContainerState::kRunning;
  docker_.EmitContainer(*container, "unpause");
  docker_.Changed();
  return EngineReply(Nothing{});
}

FakeCalls::Result FakeCalls::Do(const RemoveContainer& call) {
  const FakeContainer* container = docker_.Find(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  if (container->running() || container->state == ContainerState::kRestarting) {
    return EngineReply(
        FailedPrecondition("You cannot remove a running container " + call.container));
  }
  docker_.EmitContainer(*container, "destroy");
  docker_.containers_.erase(std::string(container->id));
  docker_.Changed();
  return EngineReply(Nothing{});
}

// ---- images ----

FakeCalls::Result FakeCalls::Do(const InspectImage& call) {
  const auto image = docker_.images_.find(call.image);
  if (image == docker_.images_.end()) return EngineReply(NotFound("No such image: " + call.image));
  return EngineReply(ImageOf(image->second, docker_.pulled_at_[call.image]));
}

FakeCalls::Result FakeCalls::Do(const ListImages&) {
  std::vector<ImageDetail> images;
  for (const auto& [name, image] : docker_.images_) {
    ImageDetail detail = ImageOf(image, docker_.pulled_at_[name]);
    detail.volumes.clear();
    images.push_back(std::move(detail));
  }
  return EngineReply(std::move(images));
}

FakeCalls::Result FakeCalls::Do(const PullImage& call) {
  if (call.image.find("@sha256:") == call.image.npos) {
    return EngineReply(InvalidArgument("cannot pull " + call.image + ": it names no digest"));
  }
  EngineEvent progress;
  progress.kind = EngineEvent::Kind::kPullProgress;
  progress.image = call.image;
  progress.progress = "0.5 of 1.0 MB";
  docker_.Emit(std::move(progress));
  // What the registry says is asked when the pull ends, so that trouble may begin or end meanwhile.
  docker_.After(docker_.registry_.pull_time, [&docker = docker_, call, id = open_id_,
                                              silent = silent_] {
    const bool caller_waits = docker.open_.contains(id);
    if (!docker.up_ || (!silent && !caller_waits)) return;
    EngineReply reply = Nothing{};
    const FakeImage* image = docker.registry_.Find(call.image);
    if (!docker.disk_error.ok()) {
      reply = docker.disk_error;
    } else if (!docker.registry_.error.ok()) {
      reply = WithContext(docker.registry_.error, "cannot pull " + call.image);
    } else if (image == nullptr) {
      reply = NotFound("cannot pull " + call.image + ": manifest unknown");
    } else if (!call.platform.empty() && std::find(image->platforms.begin(), image->platforms.end(),
                                                   call.platform) == image->platforms.end()) {
      reply = InvalidArgument("cannot pull " + call.image + ": no matching manifest for " +
                              call.platform);
    } else {
      docker.AddLocalImage(*image);
    }
    if (!silent) docker.Answer(id, std::move(reply));
  });
  return std::nullopt;
}

FakeCalls::Result FakeCalls::Do(const RemoveImage& call) {
  if (!docker_.images_.contains(call.image)) {
    return EngineReply(NotFound("No such image: " + call.image));
  }
  for (const auto& [id, container] : docker_.containers_) {
    if (container.image.image == call.image) {
      return EngineReply(FailedPrecondition("unable to remove " + call.image + ": container " + id +
                                            " is using it"));
    }
  }
  docker_.RemoveImageByForce(call.image);
  return EngineReply(Nothing{});
}

// ---- networks and volumes ----

FakeCalls::Result FakeCalls::Do(const EnsureNetwork& call) {
  if (const FakeNetwork* found = FindNetwork(call.network)) return EngineReply(Created{found->id});
  if (call.network.external) {
    return EngineReply(
        NotFound("the external network " + call.network.name +
                 " does not exist on this host; create it with: docker network create " +
                 call.network.name));
  }
  FakeNetwork network{docker_.NewId(), call.network, call.labels};
  if (docker_.networks_.contains(call.network.name)) {
    network.spec.name = AlternativeName(call.network);
  }
  const std::string id = network.id, name = network.spec.name;
  docker_.networks_.emplace(name, std::move(network));
  return EngineReply(Created{id});
}

FakeCalls::Result FakeCalls::Do(const RemoveNetwork& call) {
  const auto network =
      std::find_if(docker_.networks_.begin(), docker_.networks_.end(), [&call](const auto& entry) {
        return entry.first == call.network || entry.second.id == call.network;
      });
  if (network == docker_.networks_.end()) {
    return EngineReply(NotFound("network " + call.network + " not found"));
  }
  for (const auto& [id, container] : docker_.containers_) {
    if (container.running() && container.addresses.contains(network->first)) {
      return EngineReply(FailedPrecondition("network " + call.network + " has active endpoints"));
    }
  }
  docker_.networks_.erase(network);
  return EngineReply(Nothing{});
}

FakeCalls::Result FakeCalls::Do(const ConnectNetwork& call) {
  FakeContainer* container = docker_.Mutable(call.container);
  if (container == nullptr) return EngineReply(NoSuchContainer(call.container));
  for (const auto& [name, network] : docker_.networks_) {
    if (name != call.network && network.id != call.network) continue;
    container->addresses[name] = container->running() ? call.attachment.ipv4_address : "";
    if (container->running() && container->addresses[name].empty()) {
      container->addresses[name] = "10.98.0." + std::to_string(docker_.next_address_++ % 250 + 2);
    }
    docker_.Changed();
    return EngineReply(Nothing{});
  }
  return EngineReply(NotFound("network " + call.network + " not found"));
}

FakeCalls::Result FakeCalls::Do(const EnsureVolume& call) {
  const auto found = docker_.volumes_.find(call.volume.name);
  if (found != docker_.volumes_.end()) {
    if (call.volume.external || SettingsDigest(found->second.spec) == SettingsDigest(call.volume)) {
      return EngineReply(Created{call.volume.name});
    }
    return EngineReply(FailedPrecondition("volume " + call.volume.name +
                                          " exists with another driver or other driver options"));
  }
  if (call.volume.external) {
    return EngineReply(NotFound(
        "the external volume " + call.volume.name +
        " does not exist on this host; create it with: docker volume create " + call.volume.name));
  }
  docker_.volumes_.emplace(call.volume.name, FakeVolume{call.volume, call.labels});
  return EngineReply(Created{call.volume.name});
}

FakeCalls::Result FakeCalls::Do(const RemoveVolume& call) {
  if (!docker_.volumes_.contains(call.volume)) {
    return EngineReply(NotFound("no such volume: " + call.volume));
  }
  for (const auto& [id, container] : docker_.containers_) {
    const auto& names = container.volumes;
    if (std::find(names.begin(), names.end(), call.volume) != names.end()) {
      return EngineReply(
          FailedPrecondition("volume " + call.volume + " is in use by container " + id));
    }
  }
  docker_.volumes_.erase(call.volume);
  return EngineReply(Nothing{});
}

FakeCalls::Result FakeCalls::Do(const ListVolumes& call) {
  std::vector<std::string> names;
  for (const auto& [name, volume] : docker_.volumes_) {
    if (HasLabel(volume.labels, call.label)) names.push_back(name);
  }
  return EngineReply(std::move(names));
}

FakeCalls::Result FakeCalls::Do(const ListNetworks& call) {
  std::vector<std::string> names;
  for (const auto& [name, network] : docker_.networks_) {
    if (HasLabel(network.labels, call.label)) names.push_back(name);
  }
  return EngineReply(std::move(names));
}

}  // namespace quayside::agent::fake
