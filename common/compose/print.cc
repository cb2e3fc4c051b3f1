#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/compose/compose.h"
#include "common/compose/scalar.h"
#include "common/compose/tree.h"
#include "common/compose/yaml_writer.h"

namespace quayside::compose {
namespace {

// `$` begins an interpolation when the text is read again.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    escaped.push_back(c);
    if (c == '$') escaped.push_back('$');
  }
  return escaped;
}

Node Text(std::string_view text) { return MakeScalar(Escaped(text), true); }
Node Number(int64_t value) { return MakeScalar(std::to_string(value), false); }
Node Time(absl::Duration value) { return MakeScalar(DurationText(value), true); }
Node Bool(bool value) { return MakeScalar(value ? "true" : "false", false); }

Node Texts(const std::vector<std::string>& texts) {
  Node list = MakeSequence();
  for (const std::string& text : texts) list.items.push_back(Text(text));
  return list;
}

Node TextMap(const std::map<std::string, std::string>& texts) {
  Node map = MakeMap();
  for (const auto& [key, value] : texts) Put(map, key, Text(value));
  return map;
}

// Each adds its key unless the value is the initial one.
void AddText(Node& map, std::string_view key, const std::string& text) {
  if (!text.empty()) Put(map, key, Text(text));
}
void AddTexts(Node& map, std::string_view key, const std::vector<std::string>& texts) {
  if (!texts.empty()) Put(map, key, Texts(texts));
}
void AddMap(Node& map, std::string_view key, const std::map<std::string, std::string>& texts) {
  if (!texts.empty()) Put(map, key, TextMap(texts));
}
void AddNumber(Node& map, std::string_view key, int64_t value) {
  if (value != 0) Put(map, key, Number(value));
}
void AddFlag(Node& map, std::string_view key, bool value) {
  if (value) Put(map, key, Bool(true));
}
void AddTime(Node& map, std::string_view key, absl::Duration value) {
  if (value != absl::ZeroDuration()) Put(map, key, Time(value));
}
void AddNode(Node& map, std::string_view key, Node node) {
  if (!node.entries.empty() || !node.items.empty()) Put(map, key, std::move(node));
}

bool LooksSecret(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const std::string_view word : {"PASSWORD", "SECRET", "TOKEN", "KEY"}) {
    if (upper.find(word) != std::string::npos) return true;
  }
  return false;
}

Node Environment(const std::map<std::string, std::string>& environment, bool mask_secrets) {
  Node map = MakeMap();
  for (const auto& [name, value] : environment) {
    Put(map, name, mask_secrets && LooksSecret(name) ? Text("********") : Text(value));
  }
  return map;
}

Node Ports(const std::vector<PortSpec>& ports) {
  Node list = MakeSequence();
  for (const PortSpec& port : ports) {
    Node item = MakeMap();
    Put(item, "target", Number(port.container_port));
    if (port.host_port != 0)
      Put(item, "published", MakeScalar(std::to_string(port.host_port), true));
    AddText(item, "host_ip", port.host_ip);
    Put(item, "protocol", Text(port.protocol));
    list.items.push_back(std::move(item));
  }
  return list;
}

Node Mount(const MountSpec& mount) {
  Node item = MakeMap();
  Node options = MakeMap();
  const char* type = mount.type == MountType::kBind    ? "bind"
                     : mount.type == MountType::kTmpfs ? "tmpfs"
                                                       : "volume";
  Put(item, "type", Text(type));
  AddText(item, "source", mount.source);
  Put(item, "target", Text(mount.target));
  AddFlag(item, "read_only", mount.read_only);
  // The options of the other types travel with any mount, so that nothing is lost in printing.
  Node bind = MakeMap();
  AddText(bind, "propagation", mount.bind_propagation);
  AddFlag(bind, "create_host_path", mount.bind_create_host_path);
  AddNode(item, "bind", std::move(bind));
  AddFlag(options, "nocopy", mount.volume_nocopy);
  AddNode(item, "volume", std::move(options));
  Node tmpfs = MakeMap();
  AddNumber(tmpfs, "size", static_cast<int64_t>(mount.tmpfs_size_bytes));
  if (mount.tmpfs_mode != 0) {
    std::string octal;
    for (uint32_t mode = mount.tmpfs_mode; mode != 0; mode /= 8) {
      octal.insert(octal.begin(), static_cast<char>('0' + mode % 8));
    }
    Put(tmpfs, "mode", MakeScalar(octal, true));
  }
  AddNode(item, "tmpfs", std::move(tmpfs));
  return item;
}

Node Attachments(const ContainerSpec& container) {
  Node map = MakeMap();
  for (const NetworkAttachment& attachment : container.network_attachments) {
    Node item = MakeMap();
    AddTexts(item, "aliases", attachment.aliases);
    AddText(item, "ipv4_address", attachment.ipv4_address);
    AddText(item, "ipv6_address", attachment.ipv6_address);
    AddTexts(item, "link_local_ips", attachment.link_local_ips);
    AddText(item, "mac_address", attachment.mac_address);
    AddNumber(item, "priority", attachment.priority);
    if (item.entries.empty()) item = Node{};
    Put(map, attachment.network, std::move(item));
  }
  return map;
}

Node Health(const HealthCheck& check) {
  Node map = MakeMap();
  if (check.disable) {
    Put(map, "disable", Bool(true));
    return map;
  }
  AddTexts(map, "test", check.test);
  AddTime(map, "interval", check.interval);
  AddTime(map, "timeout", check.timeout);
  AddNumber(map, "retries", check.retries);
  AddTime(map, "start_period", check.start_period);
  AddTime(map, "start_interval", check.start_interval);
  return map;
}

Node Probe(const ProbeSpec& probe) {
  Node map = MakeMap();
  switch (probe.kind) {
    case ProbeSpec::Kind::kHttp:
      Put(map, "http", Text(probe.http_path));
      Put(map, "port", Number(probe.port));
      break;
    case ProbeSpec::Kind::kTcp:
      Put(map, "tcp", Number(probe.port));
      break;
    case ProbeSpec::Kind::kCommand:
      Put(map, "command", Texts(probe.command));
      if (probe.port != 0) Put(map, "port", Number(probe.port));
      break;
  }
  Put(map, "status",
      MakeScalar(std::to_string(probe.status_min) + "-" + std::to_string(probe.status_max), true));
  Put(map, "interval", Time(probe.interval));
  Put(map, "timeout", Time(probe.timeout));
  Put(map, "healthy", Number(probe.healthy));
  Put(map, "unhealthy", Number(probe.unhealthy));
  return map;
}

Node Dependencies(const std::vector<Dependency>& dependencies) {
  Node map = MakeMap();
  for (const Dependency& dependency : dependencies) {
    Node item = MakeMap();
    const char* condition =
        dependency.condition == DependencyCondition::kStarted   ? "service_started"
        : dependency.condition == DependencyCondition::kHealthy ? "service_healthy"
                                                                : "service_completed_successfully";
    Put(item, "condition", Text(condition));
    if (!dependency.required) Put(item, "required", Bool(false));
    AddFlag(item, "restart", dependency.restart);
    Put(map, dependency.service.value, std::move(item));
  }
  return map;
}

void AddResources(Node& map, const ResourceLimits& limits) {
  if (limits.nano_cpus != 0) {
    Put(map, "cpus", MakeScalar(NanoCpusText(limits.nano_cpus), false));
  }
  AddNumber(map, "mem_limit", limits.memory_bytes);
  AddNumber(map, "mem_reservation", limits.memory_reservation_bytes);
  AddNumber(map, "memswap_limit", limits.memory_swap_bytes);
  if (limits.memory_swappiness.has_value()) {
    Put(map, "mem_swappiness", Number(*limits.memory_swappiness));
  }
  AddNumber(map, "pids_limit", limits.pids_limit);
  AddNumber(map, "cpu_shares", limits.cpu_shares);
  AddNumber(map, "cpu_quota", limits.cpu_quota);
  AddNumber(map, "cpu_period", limits.cpu_period);
  AddNumber(map, "cpu_rt_runtime", limits.cpu_rt_runtime);
  AddNumber(map, "cpu_rt_period", limits.cpu_rt_period);
  AddNumber(map, "cpu_count", limits.cpu_count);
  AddNumber(map, "cpu_percent", limits.cpu_percent);
  AddText(map, "cpuset", limits.cpuset_cpus);
  AddFlag(map, "oom_kill_disable", limits.oom_kill_disable);
  AddNumber(map, "oom_score_adj", limits.oom_score_adj);
  AddNumber(map, "shm_size", limits.shm_size_bytes);
}

void AddHost(Node& map, const ContainerSpec& container) {
  AddText(map, "pid", container.pid_mode);
  AddText(map, "ipc", container.ipc_mode);
  AddText(map, "uts", container.uts_mode);
  AddText(map, "userns_mode", container.userns_mode);
  AddText(map, "cgroup", container.cgroup_mode);
  AddText(map, "cgroup_parent", container.cgroup_parent);
  Node devices = MakeSequence();
  for (const DeviceSpec& device : container.devices) {
    Node item = MakeMap();
    Put(item, "source", Text(device.host_path));
    Put(item, "target", Text(device.container_path));
    Put(item, "permissions", Text(device.permissions));
    devices.items.push_back(std::move(item));
  }
  AddNode(map, "devices", std::move(devices));
  AddTexts(map, "device_cgroup_rules", container.device_cgroup_rules);
  AddTexts(map, "security_opt", container.security_opt);
  AddText(map, "runtime", container.runtime);
  AddFlag(map, "privileged", container.privileged);
  AddTexts(map, "cap_add", container.cap_add);
  AddTexts(map, "cap_drop", container.cap_drop);
  Node ulimits = MakeMap();
  for (const Ulimit& limit : container.ulimits) {
    Node item = MakeMap();
    Put(item, "soft", Number(limit.soft));
    Put(item, "hard", Number(limit.hard));
    Put(ulimits, limit.name, std::move(item));
  }
  AddNode(map, "ulimits", std::move(ulimits));
  AddMap(map, "sysctls", container.sysctls);
}

void AddNetworking(Node& map, const ContainerSpec& container) {
  AddNode(map, "ports", Ports(container.ports));
  AddTexts(map, "expose", container.expose);
  AddText(map, "network_mode", container.network_mode);
  AddNode(map, "networks", Attachments(container));
  AddText(map, "hostname", container.hostname);
  AddText(map, "domainname", container.domainname);
  Node hosts = MakeSequence();
  for (const std::string& host : container.extra_hosts) {
    // `=` keeps an IPv6 address apart from the name.
    std::string line = host;
    if (const size_t colon = line.find(':'); colon != std::string::npos) line[colon] = '=';
    hosts.items.push_back(Text(line));
  }
  AddNode(map, "extra_hosts", std::move(hosts));
  AddTexts(map, "dns", container.dns);
  AddTexts(map, "dns_search", container.dns_search);
  AddTexts(map, "dns_opt", container.dns_opt);
}

void AddContainer(Node& map, const ContainerSpec& container, bool mask_secrets) {
  Put(map, "image", Text(container.image));
  AddText(map, "platform", container.platform);
  if (container.entrypoint.has_value()) Put(map, "entrypoint", Texts(*container.entrypoint));
  if (container.command.has_value()) Put(map, "command", Texts(*container.command));
  AddNode(map, "environment", Environment(container.environment, mask_secrets));
  AddNetworking(map, container);
  Node mounts = MakeSequence();
  for (const MountSpec& mount : container.mounts) mounts.items.push_back(Mount(mount));
  AddNode(map, "volumes", std::move(mounts));
  AddMap(map, "labels", container.labels);
  // An empty healthcheck differs from none only in the spec; it is kept all the same.
  if (container.health_check.has_value()) Put(map, "healthcheck", Health(*container.health_check));
  AddText(map, "user", container.user);
  AddTexts(map, "group_add", container.group_add);
  AddText(map, "working_dir", container.working_dir);
  if (container.init.has_value()) Put(map, "init", Bool(*container.init));
  AddFlag(map, "tty", container.tty);
  AddFlag(map, "stdin_open", container.stdin_open);
  AddFlag(map, "read_only", container.read_only);
  AddText(map, "stop_signal", container.stop_signal);
  if (container.stop_grace_period.has_value()) {
    Put(map, "stop_grace_period", Time(*container.stop_grace_period));
  }
  AddResources(map, container.resources);
  Node logging = MakeMap();
  AddText(logging, "driver", container.log_driver);
  AddMap(logging, "options", container.log_options);
  AddNode(map, "logging", std::move(logging));
  AddHost(map, container);
  AddNode(map, "depends_on", Dependencies(container.depends_on));
}

Node Update(const UpdateConfig& update) {
  Node map = MakeMap();
  Put(map, "parallelism", Number(update.parallelism));
  Put(map, "delay", Time(update.delay));
  Put(map, "failure_action",
      Text(update.failure_action == FailureAction::kRollback ? "rollback"
           : update.failure_action == FailureAction::kPause  ? "pause"
                                                             : "continue"));
  Put(map, "monitor", Time(update.monitor));
  Put(map, "max_failure_ratio", MakeScalar(RealText(update.max_failure_ratio), false));
  Put(map, "order",
      Text(update.order == UpdateOrder::kAuto        ? "auto"
           : update.order == UpdateOrder::kStopFirst ? "stop-first"
                                                     : "start-first"));
  return map;
}

Node Restart(const RestartSpec& restart) {
  Node map = MakeMap();
  Put(map, "condition",
      Text(restart.condition == RestartSpec::Condition::kAny    ? "any"
           : restart.condition == RestartSpec::Condition::kNone ? "none"
                                                                : "on-failure"));
  Put(map, "delay", Time(restart.delay));
  AddNumber(map, "max_attempts", restart.max_attempts);
  AddTime(map, "window", restart.window);
  return map;
}

Node Placement(const PlacementSpec& placement) {
  Node map = MakeMap();
  Node constraints = MakeSequence();
  for (const Constraint& each : placement.constraints) {
    constraints.items.push_back(Text(each.key + (each.equal ? " == " : " != ") + each.value));
  }
  AddNode(map, "constraints", std::move(constraints));
  Node preferences = MakeSequence();
  for (const std::string& key : placement.spread_over) {
    Node item = MakeMap();
    Put(item, "spread", Text(key));
    preferences.items.push_back(std::move(item));
  }
  AddNode(map, "preferences", std::move(preferences));
  AddNumber(map, "max_replicas_per_node", placement.max_replicas_per_node);
  return map;
}

Node Deploy(const ServiceSpec& service) {
  Node map = MakeMap();
  // A service that stays together says none of the three: saying them would spread it.
  if (!service.placement.together) {
    Put(map, "mode", Text(service.mode == ServiceMode::kGlobal ? "global" : "replicated"));
  }
  // A number that `ctl scale` set is printed too.
  if (service.replicas_in_file || service.replicas != 1) {
    Put(map, "replicas", Number(service.replicas));
  }
  AddNode(map, "placement", Placement(service.placement));
  Put(map, "restart_policy", Restart(service.container.restart));
  Put(map, "update_config", Update(service.update));
  Put(map, "rollback_config", Update(service.rollback));
  if (service.reservations.nano_cpus != 0) {
    Node resources = MakeMap();
    Node reservations = MakeMap();
    Put(reservations, "cpus", MakeScalar(NanoCpusText(service.reservations.nano_cpus), false));
    Put(resources, "reservations", std::move(reservations));
    Put(map, "resources", std::move(resources));
  }
  AddMap(map, "labels", service.deploy_labels);
  return map;
}

Node Rollout(const RolloutSettings& rollout) {
  Node map = MakeMap();
  Put(map, "min_healthy", Time(rollout.min_healthy));
  Put(map, "deadline", Time(rollout.deadline));
  AddText(map, "canary", rollout.canary);
  AddText(map, "batch", rollout.batch);
  AddTime(map, "soak", rollout.soak);
  AddNumber(map, "max_failures", rollout.max_failures);
  AddText(map, "by", rollout.by);
  AddText(map, "window", rollout.window);
  AddTime(map, "drain", rollout.drain);
  return map;
}

Node Service(const ServiceSpec& service, bool mask_secrets) {
  Node map = MakeMap();
  AddContainer(map, service.container, mask_secrets);
  AddText(map, "pull_policy", service.pull_policy);
  Put(map, "deploy", Deploy(service));
  Node quayside = MakeMap();
  Put(quayside, "placement", Text(service.placement.together ? "together" : "spread"));
  Put(quayside, "rollout", Rollout(service.rollout));
  if (service.container.probe.has_value()) Put(quayside, "probe", Probe(*service.container.probe));
  Put(map, "x-quayside", std::move(quayside));
  return map;
}

Node Network(const NetworkSpec& network) {
  Node map = MakeMap();
  Put(map, "name", Text(network.name));
  AddFlag(map, "external", network.external);
  AddText(map, "driver", network.driver);
  AddMap(map, "driver_opts", network.driver_opts);
  AddMap(map, "labels", network.labels);
  AddFlag(map, "internal", network.internal);
  AddFlag(map, "attachable", network.attachable);
  AddFlag(map, "enable_ipv6", network.enable_ipv6);
  Node ipam = MakeMap();
  AddText(ipam, "driver", network.ipam_driver);
  Node pools = MakeSequence();
  for (const IpamPool& pool : network.ipam_pools) {
    Node item = MakeMap();
    AddText(item, "subnet", pool.subnet);
    AddText(item, "gateway", pool.gateway);
    AddText(item, "ip_range", pool.ip_range);
    AddMap(item, "aux_addresses", pool.aux_addresses);
    pools.items.push_back(std::move(item));
  }
  AddNode(ipam, "config", std::move(pools));
  AddNode(map, "ipam", std::move(ipam));
  return map;
}

Node Volume(const VolumeSpec& volume) {
  Node map = MakeMap();
  Put(map, "name", Text(volume.name));
  AddFlag(map, "external", volume.external);
  AddText(map, "driver", volume.driver);
  AddMap(map, "driver_opts", volume.driver_opts);
  AddMap(map, "labels", volume.labels);
  return map;
}

}  // namespace

std::string Print(const AppSpec& spec, bool mask_secrets) {
  Node root = MakeMap();
  Node services = MakeMap();
  Node networks = MakeMap();
  Node volumes = MakeMap();
  for (const ServiceSpec& service : spec.services) {
    Put(services, service.name.value, Service(service, mask_secrets));
    for (const auto& [key, network] : service.container.networks) {
      Put(networks, key, Network(network));
    }
    for (const auto& [key, volume] : service.container.volumes) Put(volumes, key, Volume(volume));
  }
  Put(root, "name", Text(spec.name.value));
  Put(root, "services", std::move(services));
  AddNode(root, "networks", std::move(networks));
  AddNode(root, "volumes", std::move(volumes));
  return WriteYaml(root);
}

}  // namespace quayside::compose
