#include "common/wire/spec_parts_codec.h"

namespace quayside::wire {
// The private ones are static and not in a nameless namespace, where they would hide the public
// overloads.

static pb::MountType EncodeEnum(MountType type) {
  switch (type) {
    case MountType::kVolume:
      return pb::MOUNT_TYPE_VOLUME;
    case MountType::kBind:
      return pb::MOUNT_TYPE_BIND;
    case MountType::kTmpfs:
      return pb::MOUNT_TYPE_TMPFS;
  }
  return pb::MOUNT_TYPE_UNSPECIFIED;
}

static absl::StatusOr<MountType> DecodeEnum(pb::MountType type) {
  switch (type) {
    case pb::MOUNT_TYPE_VOLUME:
      return MountType::kVolume;
    case pb::MOUNT_TYPE_BIND:
      return MountType::kBind;
    case pb::MOUNT_TYPE_TMPFS:
      return MountType::kTmpfs;
    default:
      return UnknownEnum("mount.type", type);
  }
}

static pb::ProbeKind EncodeEnum(ProbeSpec::Kind kind) {
  switch (kind) {
    case ProbeSpec::Kind::kHttp:
      return pb::PROBE_KIND_HTTP;
    case ProbeSpec::Kind::kTcp:
      return pb::PROBE_KIND_TCP;
    case ProbeSpec::Kind::kCommand:
      return pb::PROBE_KIND_COMMAND;
  }
  return pb::PROBE_KIND_UNSPECIFIED;
}

static absl::StatusOr<ProbeSpec::Kind> DecodeEnum(pb::ProbeKind kind) {
  switch (kind) {
    case pb::PROBE_KIND_HTTP:
      return ProbeSpec::Kind::kHttp;
    case pb::PROBE_KIND_TCP:
      return ProbeSpec::Kind::kTcp;
    case pb::PROBE_KIND_COMMAND:
      return ProbeSpec::Kind::kCommand;
    default:
      return UnknownEnum("probe.kind", kind);
  }
}

static pb::RestartCondition EncodeEnum(RestartSpec::Condition condition) {
  switch (condition) {
    case RestartSpec::Condition::kNone:
      return pb::RESTART_CONDITION_NONE;
    case RestartSpec::Condition::kOnFailure:
      return pb::RESTART_CONDITION_ON_FAILURE;
    case RestartSpec::Condition::kAny:
      return pb::RESTART_CONDITION_ANY;
  }
  return pb::RESTART_CONDITION_UNSPECIFIED;
}

static absl::StatusOr<RestartSpec::Condition> DecodeEnum(pb::RestartCondition condition) {
  switch (condition) {
    case pb::RESTART_CONDITION_NONE:
      return RestartSpec::Condition::kNone;
    case pb::RESTART_CONDITION_ON_FAILURE:
      return RestartSpec::Condition::kOnFailure;
    case pb::RESTART_CONDITION_ANY:
      return RestartSpec::Condition::kAny;
    default:
      return UnknownEnum("restart.condition", condition);
  }
}

static pb::DependencyCondition EncodeEnum(DependencyCondition condition) {
  switch (condition) {
    case DependencyCondition::kStarted:
      return pb::DEPENDENCY_CONDITION_STARTED;
    case DependencyCondition::kHealthy:
      return pb::DEPENDENCY_CONDITION_HEALTHY;
    case DependencyCondition::kCompletedSuccessfully:
      return pb::DEPENDENCY_CONDITION_COMPLETED_SUCCESSFULLY;
  }
  return pb::DEPENDENCY_CONDITION_UNSPECIFIED;
}

static absl::StatusOr<DependencyCondition> DecodeEnum(pb::DependencyCondition condition) {
  switch (condition) {
    case pb::DEPENDENCY_CONDITION_STARTED:
      return DependencyCondition::kStarted;
    case pb::DEPENDENCY_CONDITION_HEALTHY:
      return DependencyCondition::kHealthy;
    case pb::DEPENDENCY_CONDITION_COMPLETED_SUCCESSFULLY:
      return DependencyCondition::kCompletedSuccessfully;
    default:
      return UnknownEnum("depends_on.condition", condition);
  }
}

static void ToProto(const IpamPool& pool, pb::IpamPool* out) {
  out->set_subnet(pool.subnet);
  out->set_gateway(pool.gateway);
  out->set_ip_range(pool.ip_range);
  PutMap(pool.aux_addresses, out->mutable_aux_addresses());
}

static absl::StatusOr<IpamPool> FromProto(const pb::IpamPool& in) {
  IpamPool pool{.subnet = in.subnet(), .gateway = in.gateway(), .ip_range = in.ip_range()};
  QS_RETURN_IF_ERROR(TakeMap(in.aux_addresses(), "ipam.aux_addresses", &pool.aux_addresses));
  return pool;
}

static absl::StatusOr<NetworkSpec> FromProto(const pb::Network& in) {
  NetworkSpec network{.name = in.name(), .external = in.external(), .driver = in.driver()};
  QS_RETURN_IF_ERROR(TakeMap(in.driver_opts(), "network.driver_opts", &network.driver_opts));
  QS_RETURN_IF_ERROR(TakeMap(in.labels(), "network.labels", &network.labels));
  network.internal = in.internal();
  network.attachable = in.attachable();
  network.enable_ipv6 = in.enable_ipv6();
  network.ipam_driver = in.ipam_driver();
  QS_RETURN_IF_ERROR(CheckLength(in.ipam_pools_size(), "network.ipam"));
  for (const pb::IpamPool& pool : in.ipam_pools()) {
    QS_ASSIGN_OR_RETURN(IpamPool value, FromProto(pool));
    network.ipam_pools.push_back(std::move(value));
  }
  return network;
}

static absl::StatusOr<VolumeSpec> FromProto(const pb::Volume& in) {
  VolumeSpec volume{.name = in.name(), .external = in.external(), .driver = in.driver()};
  QS_RETURN_IF_ERROR(TakeMap(in.driver_opts(), "volume.driver_opts", &volume.driver_opts));
  QS_RETURN_IF_ERROR(TakeMap(in.labels(), "volume.labels", &volume.labels));
  return volume;
}

void ToProto(const PortSpec& port, pb::Port* out) {
  out->set_host_ip(port.host_ip);
  out->set_host_port(port.host_port);
  out->set_container_port(port.container_port);
  out->set_protocol(port.protocol);
}

absl::StatusOr<PortSpec> FromProto(const pb::Port& in) {
  QS_RETURN_IF_ERROR(CheckRange(in.host_port(), 0, kMaxPort, "port.host_port"));
  QS_RETURN_IF_ERROR(CheckRange(in.container_port(), 0, kMaxPort, "port.container_port"));
  return PortSpec{.host_ip = in.host_ip(),
                  .host_port = in.host_port(),
                  .container_port = in.container_port(),
                  .protocol = in.protocol()};
}

void ToProto(const MountSpec& mount, pb::Mount* out) {
  out->set_type(EncodeEnum(mount.type));
  out->set_source(mount.source);
  out->set_target(mount.target);
  out->set_read_only(mount.read_only);
  out->set_volume_nocopy(mount.volume_nocopy);
  out->set_bind_propagation(mount.bind_propagation);
  out->set_bind_create_host_path(mount.bind_create_host_path);
  out->set_tmpfs_size_bytes(mount.tmpfs_size_bytes);
  out->set_tmpfs_mode(mount.tmpfs_mode);
}

absl::StatusOr<MountSpec> FromProto(const pb::Mount& in) {
  QS_ASSIGN_OR_RETURN(const MountType type, DecodeEnum(in.type()));
  return MountSpec{.type = type,
                   .source = in.source(),
                   .target = in.target(),
                   .read_only = in.read_only(),
                   .volume_nocopy = in.volume_nocopy(),
                   .bind_propagation = in.bind_propagation(),
                   .bind_create_host_path = in.bind_create_host_path(),
                   .tmpfs_size_bytes = in.tmpfs_size_bytes(),
                   .tmpfs_mode = in.tmpfs_mode()};
}

void ToProto(const NetworkAttachment& attachment, pb::NetworkAttachment* out) {
  out->set_network(attachment.network);
  PutList(attachment.aliases, out->mutable_aliases());
  out->set_ipv4_address(attachment.ipv4_address);
  out->set_ipv6_address(attachment.ipv6_address);
  PutList(attachment.link_local_ips, out->mutable_link_local_ips());
  out->set_mac_address(attachment.mac_address);
  out->set_priority(attachment.priority);
}

absl::StatusOr<NetworkAttachment> FromProto(const pb::NetworkAttachment& in) {
  QS_RETURN_IF_ERROR(CheckLength(in.aliases_size(), "network.aliases"));
  QS_RETURN_IF_ERROR(CheckLength(in.link_local_ips_size(), "network.link_local_ips"));
  return NetworkAttachment{.network = in.network(),
                           .aliases = TakeList(in.aliases()),
                           .ipv4_address = in.ipv4_address(),
                           .ipv6_address = in.ipv6_address(),
                           .link_local_ips = TakeList(in.link_local_ips()),
                           .mac_address = in.mac_address(),
                           .priority = in.priority()};
}

void PutNetworks(const std::map<std::string, NetworkSpec>& networks,
                 google::protobuf::RepeatedPtrField<pb::Network>* out) {
  for (const auto& [key, network] : networks) {
    pb::Network* item = out->Add();
    item->set_key(key);
    item->set_name(network.name);
    item->set_external(network.external);
    item->set_driver(network.driver);
    PutMap(network.driver_opts, item->mutable_driver_opts());
    PutMap(network.labels, item->mutable_labels());
    item->set_internal(network.internal);
    item->set_attachable(network.attachable);
    item->set_enable_ipv6(network.enable_ipv6);
    item->set_ipam_driver(network.ipam_driver);
    for (const IpamPool& pool : network.ipam_pools) ToProto(pool, item->add_ipam_pools());
  }
}

absl::Status TakeNetworks(const google::protobuf::RepeatedPtrField<pb::Network>& in,
                          std::map<std::string, NetworkSpec>* networks) {
  QS_RETURN_IF_ERROR(CheckLength(in.size(), "networks"));
  for (const pb::Network& item : in) {
    QS_ASSIGN_OR_RETURN(NetworkSpec network, FromProto(item));
    if (!networks->emplace(item.key(), std::move(network)).second) {
      return InvalidArgument("networks has the key \"" + item.key() + "\" twice");
    }
  }
  return absl::OkStatus();
}

void PutVolumes(const std::map<std::string, VolumeSpec>& volumes,
                google::protobuf::RepeatedPtrField<pb::Volume>* out) {
  for (const auto& [key, volume] : volumes) {
    pb::Volume* item = out->Add();
    item->set_key(key);
    item->set_name(volume.name);
    item->set_external(volume.external);
    item->set_driver(volume.driver);
    PutMap(volume.driver_opts, item->mutable_driver_opts());
    PutMap(volume.labels, item->mutable_labels());
  }
}

absl::Status TakeVolumes(const google::protobuf::RepeatedPtrField<pb::Volume>& in,
                         std::map<std::string, VolumeSpec>* volumes) {
  QS_RETURN_IF_ERROR(CheckLength(in.size(), "volumes"));
  for (const pb::Volume& item : in) {
    QS_ASSIGN_OR_RETURN(VolumeSpec volume, FromProto(item));
    if (!volumes->emplace(item.key(), std::move(volume)).second) {
      return InvalidArgument("volumes has the key \"" + item.key() + "\" twice");
    }
  }
  return absl::OkStatus();
}

void ToProto(const HealthCheck& check, pb::HealthCheck* out) {
  out->set_disable(check.disable);
  PutList(check.test, out->mutable_test());
  PutDuration(check.interval, out, &pb::HealthCheck::mutable_interval);
  PutDuration(check.timeout, out, &pb::HealthCheck::mutable_timeout);
  PutDuration(check.start_period, out, &pb::HealthCheck::mutable_start_period);
  PutDuration(check.start_interval, out, &pb::HealthCheck::mutable_start_interval);
  out->set_retries(check.retries);
}

absl::StatusOr<HealthCheck> FromProto(const pb::HealthCheck& in) {
  HealthCheck check{.disable = in.disable(), .test = TakeList(in.test()), .retries = in.retries()};
  QS_RETURN_IF_ERROR(TakeDuration(in.interval(), "healthcheck.interval", &check.interval));
  QS_RETURN_IF_ERROR(TakeDuration(in.timeout(), "healthcheck.timeout", &check.timeout));
  QS_RETURN_IF_ERROR(
      TakeDuration(in.start_period(), "healthcheck.start_period", &check.start_period));
  QS_RETURN_IF_ERROR(
      TakeDuration(in.start_interval(), "healthcheck.start_interval", &check.start_interval));
  return check;
}

void ToProto(const ProbeSpec& probe, pb::Probe* out) {
  out->set_kind(EncodeEnum(probe.kind));
  out->set_http_path(probe.http_path);
  out->set_port(probe.port);
  out->set_status_min(probe.status_min);
  out->set_status_max(probe.status_max);
  PutList(probe.command, out->mutable_command());
  PutDuration(probe.interval, out, &pb::Probe::mutable_interval);
  PutDuration(probe.timeout, out, &pb::Probe::mutable_timeout);
  out->set_healthy(probe.healthy);
  out->set_unhealthy(probe.unhealthy);
}

absl::StatusOr<ProbeSpec> FromProto(const pb::Probe& in) {
  QS_ASSIGN_OR_RETURN(const ProbeSpec::Kind kind, DecodeEnum(in.kind()));
  QS_RETURN_IF_ERROR(CheckRange(in.port(), 0, kMaxPort, "probe.port"));
  ProbeSpec probe{.kind = kind,
                  .http_path = in.http_path(),
                  .port = in.port(),
                  .status_min = in.status_min(),
                  .status_max = in.status_max(),
                  .command = TakeList(in.command()),
                  .healthy = in.healthy(),
                  .unhealthy = in.unhealthy()};
  QS_RETURN_IF_ERROR(TakeDuration(in.interval(), "probe.interval", &probe.interval));
  QS_RETURN_IF_ERROR(TakeDuration(in.timeout(), "probe.timeout", &probe.timeout));
  return probe;
}

void ToProto(const RestartSpec& restart, pb::Restart* out) {
  out->set_condition(EncodeEnum(restart.condition));
  out->set_max_attempts(restart.max_attempts);
  PutDuration(restart.delay, out, &pb::Restart::mutable_delay);
  PutDuration(restart.window, out, &pb::Restart::mutable_window);
}

absl::StatusOr<RestartSpec> FromProto(const pb::Restart& in) {
  QS_ASSIGN_OR_RETURN(const RestartSpec::Condition condition, DecodeEnum(in.condition()));
  RestartSpec restart{.condition = condition, .max_attempts = in.max_attempts()};
  QS_RETURN_IF_ERROR(TakeDuration(in.delay(), "restart.delay", &restart.delay));
  QS_RETURN_IF_ERROR(TakeDuration(in.window(), "restart.window", &restart.window));
  return restart;
}

void ToProto(const Ulimit& ulimit, pb::Ulimit* out) {
  out->set_name(ulimit.name);
  out->set_soft(ulimit.soft);
  out->set_hard(ulimit.hard);
}

absl::StatusOr<Ulimit> FromProto(const pb::Ulimit& in) {
  return Ulimit{.name = in.name(), .soft = in.soft(), .hard = in.hard()};
}

void ToProto(const DeviceSpec& device, pb::Device* out) {
  out->set_host_path(device.host_path);
  out->set_container_path(device.container_path);
  out->set_permissions(device.permissions);
}

absl::StatusOr<DeviceSpec> FromProto(const pb::Device& in) {
  return DeviceSpec{.host_path = in.host_path(),
                    .container_path = in.container_path(),
                    .permissions = in.permissions()};
}

void ToProto(const ResourceLimits& limits, pb::ResourceLimits* out) {
  out->set_nano_cpus(limits.nano_cpus);
  out->set_memory_bytes(limits.memory_bytes);
  out->set_memory_reservation_bytes(limits.memory_reservation_bytes);
  out->set_memory_swap_bytes(limits.memory_swap_bytes);
  if (limits.memory_swappiness) out->set_memory_swappiness(*limits.memory_swappiness);
  out->set_pids_limit(limits.pids_limit);
  out->set_cpu_shares(limits.cpu_shares);
  out->set_cpu_quota(limits.cpu_quota);
  out->set_cpu_period(limits.cpu_period);
  out->set_cpu_rt_runtime(limits.cpu_rt_runtime);
  out->set_cpu_rt_period(limits.cpu_rt_period);
  out->set_cpu_count(limits.cpu_count);
  out->set_cpu_percent(limits.cpu_percent);
  out->set_cpuset_cpus(limits.cpuset_cpus);
  out->set_oom_kill_disable(limits.oom_kill_disable);
  out->set_oom_score_adj(limits.oom_score_adj);
  out->set_shm_size_bytes(limits.shm_size_bytes);
}

ResourceLimits FromProto(const pb::ResourceLimits& in) {
  ResourceLimits limits{.nano_cpus = in.nano_cpus(),
                        .memory_bytes = in.memory_bytes(),
                        .memory_reservation_bytes = in.memory_reservation_bytes(),
                        .memory_swap_bytes = in.memory_swap_bytes()};
  if (in.has_memory_swappiness()) limits.memory_swappiness = in.memory_swappiness();
  limits.pids_limit = in.pids_limit();
  limits.cpu_shares = in.cpu_shares();
  limits.cpu_quota = in.cpu_quota();
  limits.cpu_period = in.cpu_period();
  limits.cpu_rt_runtime = in.cpu_rt_runtime();
  limits.cpu_rt_period = in.cpu_rt_period();
  limits.cpu_count = in.cpu_count();
  limits.cpu_percent = in.cpu_percent();
  limits.cpuset_cpus = in.cpuset_cpus();
  limits.oom_kill_disable = in.oom_kill_disable();
  limits.oom_score_adj = in.oom_score_adj();
  limits.shm_size_bytes = in.shm_size_bytes();
  return limits;
}

void ToProto(const Dependency& dependency, pb::Dependency* out) {
  out->set_service(dependency.service.value);
  out->set_condition(EncodeEnum(dependency.condition));
  out->set_required(dependency.required);
  out->set_restart(dependency.restart);
}

absl::StatusOr<Dependency> FromProto(const pb::Dependency& in) {
  QS_ASSIGN_OR_RETURN(const DependencyCondition condition, DecodeEnum(in.condition()));
  return Dependency{.service = ServiceName(in.service()),
                    .condition = condition,
                    .required = in.required(),
                    .restart = in.restart()};
}

}  // namespace quayside::wire
