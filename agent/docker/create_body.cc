#include "agent/docker/create_body.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "agent/labels.h"
#include "agent/network_settings.h"

namespace quayside::agent::docker {
namespace {

using nlohmann::json;

// Never throws: text that is not UTF-8 is replaced, and then refused by whoever reads it.
std::string Text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Sets members that differ from "the engine's default".
void Set(json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}
void Set(json& object, const char* key, int64_t value) {
  if (value != 0) object[key] = value;
}
void Set(json& object, const char* key, const std::vector<std::string>& value) {
  if (!value.empty()) object[key] = value;
}
void Set(json& object, const char* key, const std::map<std::string, std::string>& value) {
  if (!value.empty()) object[key] = value;
}
void SetTrue(json& object, const char* key, bool value) {
  if (value) object[key] = true;
}

std::string PolicyName(ArmedPolicy policy) {
  return policy == ArmedPolicy::kUnlessStopped ? "unless-stopped" : "no";
}

json HealthCheckJson(const HealthCheck& check, int api_version) {
  json out = json::object();
  if (check.disable) {
    out["Test"] = {"NONE"};
    return out;
  }
  Set(out, "Test", check.test);
  Set(out, "Interval", absl::ToInt64Nanoseconds(check.interval));
  Set(out, "Timeout", absl::ToInt64Nanoseconds(check.timeout));
  Set(out, "StartPeriod", absl::ToInt64Nanoseconds(check.start_period));
  Set(out, "Retries", static_cast<int64_t>(check.retries));
  if (api_version >= kMultiNetworkApi) {
    Set(out, "StartInterval", absl::ToInt64Nanoseconds(check.start_interval));
  }
  return out;
}

std::string PortKey(const PortSpec& port) {
  return std::to_string(port.container_port) + "/" +
         (port.protocol.empty() ? "tcp" : port.protocol);
}

json ExposedPorts(const ContainerSpec& spec) {
  json ports = json::object();
  for (const PortSpec& port : spec.ports) ports[PortKey(port)] = json::object();
  for (const std::string& port : spec.expose) {
    ports[port.find('/') == std::string::npos ? port + "/tcp" : port] = json::object();
  }
  return ports;
}

json PortBindings(const ContainerSpec& spec) {
  json bindings = json::object();
  for (const PortSpec& port : spec.ports) {
    json binding = {{"HostIp", port.host_ip},
                    {"HostPort", port.host_port == 0 ? "" : std::to_string(port.host_port)}};
    bindings[PortKey(port)].push_back(std::move(binding));
  }
  return bindings;
}

json VolumeMount(const MountSpec& mount, const ContainerPlan& plan) {
  json out = {{"Type", "volume"}, {"Target", mount.target}};
  if (const auto managed = plan.managed_volumes.find(mount.target);
      mount.source.empty() && managed != plan.managed_volumes.end()) {
    out["Source"] = managed->second;
  } else if (const auto volume = plan.spec.volumes.find(mount.source);
             volume != plan.spec.volumes.end()) {
    out["Source"] = volume->second.name;
  } else {
    Set(out, "Source", mount.source);
  }
  if (mount.volume_nocopy) out["VolumeOptions"]["NoCopy"] = true;
  return out;
}

json MountJson(const MountSpec& mount, const ContainerPlan& plan) {
  json out;
  switch (mount.type) {
    case MountType::kVolume:
      out = VolumeMount(mount, plan);
      break;
    case MountType::kBind:
      out = {{"Type", "bind"}, {"Target", mount.target}, {"Source", mount.source}};
      if (!mount.bind_propagation.empty()) {
        out["BindOptions"]["Propagation"] = mount.bind_propagation;
      }
      break;
    case MountType::kTmpfs:
      out = {{"Type", "tmpfs"}, {"Target", mount.target}};
      if (mount.tmpfs_size_bytes != 0) out["TmpfsOptions"]["SizeBytes"] = mount.tmpfs_size_bytes;
      if (mount.tmpfs_mode != 0) out["TmpfsOptions"]["Mode"] = mount.tmpfs_mode;
      break;
  }
  SetTrue(out, "ReadOnly", mount.read_only);
  return out;
}

// Mounts, never Binds: dockerd would make a missing source of a bind by itself (R14).
json Mounts(const ContainerPlan& plan) {
  json mounts = json::array();
  for (const MountSpec& mount : plan.spec.mounts) mounts.push_back(MountJson(mount, plan));
  // The image's VOLUME paths that the spec does not mount itself.
  for (const auto& [target, volume] : plan.managed_volumes) {
    const bool named = std::any_of(plan.spec.mounts.begin(), plan.spec.mounts.end(),
                                   [&t = target](const MountSpec& m) { return m.target == t; });
    if (!named) mounts.push_back({{"Type", "volume"}, {"Target", target}, {"Source", volume}});
  }
  return mounts;
}

void SetResources(json& host, const ResourceLimits& limits) {
  Set(host, "NanoCpus", limits.nano_cpus);
  Set(host, "Memory", limits.memory_bytes);
  Set(host, "MemoryReservation", limits.memory_reservation_bytes);
  Set(host, "MemorySwap", limits.memory_swap_bytes);
  if (limits.memory_swappiness) host["MemorySwappiness"] = *limits.memory_swappiness;
  Set(host, "PidsLimit", limits.pids_limit);
  Set(host, "CpuShares", limits.cpu_shares);
  Set(host, "CpuQuota", limits.cpu_quota);
  Set(host, "CpuPeriod", limits.cpu_period);
  Set(host, "CpuRealtimeRuntime", limits.cpu_rt_runtime);
  Set(host, "CpuRealtimePeriod", limits.cpu_rt_period);
  Set(host, "CpuCount", limits.cpu_count);
  Set(host, "CpuPercent", limits.cpu_percent);
  Set(host, "CpusetCpus", limits.cpuset_cpus);
  SetTrue(host, "OomKillDisable", limits.oom_kill_disable);
  Set(host, "OomScoreAdj", limits.oom_score_adj);
  Set(host, "ShmSize", limits.shm_size_bytes);
}

// "service:x" joins the container that the plan names for `key`; other modes are the engine's own
// words.
std::string Mode(const ContainerPlan& plan, const char* key, const std::string& mode) {
  const auto joined = plan.joined_containers.find(key);
  return joined == plan.joined_containers.end() ? mode : "container:" + joined->second;
}

json HostConfig(const ContainerPlan& plan) {
  const ContainerSpec& spec = plan.spec;
  json host = {{"RestartPolicy", {{"Name", PolicyName(plan.policy)}}}};
  if (json bindings = PortBindings(spec); !bindings.empty()) host["PortBindings"] = bindings;
  if (json mounts = Mounts(plan); !mounts.empty()) host["Mounts"] = mounts;
  SetResources(host, spec.resources);
  Set(host, "GroupAdd", spec.group_add);
  if (spec.init) host["Init"] = *spec.init;
  SetTrue(host, "ReadonlyRootfs", spec.read_only);
  SetTrue(host, "Privileged", spec.privileged);
  Set(host, "CapAdd", spec.cap_add);
  Set(host, "CapDrop", spec.cap_drop);
  for (const Ulimit& limit : spec.ulimits) {
    host["Ulimits"].push_back({{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  }
  Set(host, "Sysctls", spec.sysctls);
  Set(host, "ExtraHosts", spec.extra_hosts);
  Set(host, "Dns", spec.dns);
  Set(host, "DnsSearch", spec.dns_search);
  Set(host, "DnsOptions", spec.dns_opt);
  if (!spec.log_driver.empty() || !spec.log_options.empty()) {
    host["LogConfig"] = {{"Type", spec.log_driver}, {"Config", spec.log_options}};
  }
  Set(host, "NetworkMode", Mode(plan, "network", spec.network_mode));
  Set(host, "PidMode", Mode(plan, "pid", spec.pid_mode));
  Set(host, "IpcMode", Mode(plan, "ipc", spec.ipc_mode));
  Set(host, "UTSMode", spec.uts_mode);
  Set(host, "UsernsMode", spec.userns_mode);
  Set(host, "CgroupnsMode", spec.cgroup_mode);
  Set(host, "CgroupParent", spec.cgroup_parent);
  for (const DeviceSpec& device : spec.devices) {
    host["Devices"].push_back(
        {{"PathOnHost", device.host_path},
         {"PathInContainer",
          device.container_path.empty() ? device.host_path : device.container_path},
         {"CgroupPermissions", device.permissions}});
  }
  Set(host, "DeviceCgroupRules", spec.device_cgroup_rules);
  Set(host, "SecurityOpt", spec.security_opt);
  Set(host, "Runtime", spec.runtime);
  return host;
}

json EndpointJson(const NetworkAttachment& attachment, const std::vector<std::string>& aliases,
                  int api_version) {
  std::vector<std::string> all = aliases;
  for (const std::string& alias : attachment.aliases) {
    if (std::find(all.begin(), all.end(), alias) == all.end()) all.push_back(alias);
  }
  json endpoint = json::object();
  Set(endpoint, "Aliases", all);
  json ipam = json::object();
  Set(ipam, "IPv4Address", attachment.ipv4_address);
  Set(ipam, "IPv6Address", attachment.ipv6_address);
  Set(ipam, "LinkLocalIPs", attachment.link_local_ips);
  if (!ipam.empty()) endpoint["IPAMConfig"] = ipam;
  if (api_version >= kMultiNetworkApi) Set(endpoint, "MacAddress", attachment.mac_address);
  return endpoint;
}

void SetNetworks(json& body, const ContainerPlan& plan, const NetworkNames& networks,
                 int api_version) {
  bool first = true;
  for (const NetworkAttachment& attachment : OrderedAttachments(plan.spec)) {
    if (!first && api_version < kMultiNetworkApi) break;
    const auto name = networks.find(attachment.network);
    const std::string& on_engine = name == networks.end() ? attachment.network : name->second;
    if (first) {
      body["HostConfig"]["NetworkMode"] = on_engine;
      if (api_version < kMultiNetworkApi) Set(body, "MacAddress", attachment.mac_address);
    }
    body["NetworkingConfig"]["EndpointsConfig"][on_engine] =
        EndpointJson(attachment, plan.aliases, api_version);
    first = false;
  }
}

}  // namespace

std::vector<NetworkAttachment> OrderedAttachments(const ContainerSpec& spec) {
  std::vector<NetworkAttachment> attachments = spec.network_attachments;
  std::stable_sort(attachments.begin(), attachments.end(),
                   [](const NetworkAttachment& a, const NetworkAttachment& b) {
                     return a.priority > b.priority;
                   });
  return attachments;
}

std::string CreateBody(const ContainerPlan& plan, const NetworkNames& networks, int api_version) {
  const ContainerSpec& spec = plan.spec;
  json body = {{"Image", spec.image}, {"Labels", plan.labels}};
  // Present but empty differs from absent: it takes the image's own away.
  if (spec.command) body["Cmd"] = *spec.command;
  if (spec.entrypoint) body["Entrypoint"] = *spec.entrypoint;
  for (const auto& [name, value] : spec.environment) body["Env"].push_back(name + "=" + value);
  if (json ports = ExposedPorts(spec); !ports.empty()) body["ExposedPorts"] = ports;
  if (spec.health_check) body["Healthcheck"] = HealthCheckJson(*spec.health_check, api_version);
  Set(body, "User", spec.user);
  Set(body, "WorkingDir", spec.working_dir);
  Set(body, "Hostname", spec.hostname);
  Set(body, "Domainname", spec.domainname);
  SetTrue(body, "Tty", spec.tty);
  SetTrue(body, "OpenStdin", spec.stdin_open);
  Set(body, "StopSignal", spec.stop_signal);
  if (spec.stop_grace_period) {
    // Whole seconds; rounded up, so that a grace is never cut short.
    body["StopTimeout"] =
        absl::ToInt64Seconds(absl::Ceil(*spec.stop_grace_period, absl::Seconds(1)));
  }
  body["HostConfig"] = HostConfig(plan);
  SetNetworks(body, plan, networks, api_version);
  return Text(body);
}

std::string ConnectBody(const std::string& container, const NetworkAttachment& attachment,
                        const std::vector<std::string>& aliases, int api_version) {
  return Text({{"Container", container},
               {"EndpointConfig", EndpointJson(attachment, aliases, api_version)}});
}

std::string PolicyBody(ArmedPolicy policy) {
  return Text({{"RestartPolicy", {{"Name", PolicyName(policy)}}}});
}

std::string LimitsBody(const ResourceLimits& limits) {
  json body = json::object();
  Set(body, "NanoCpus", limits.nano_cpus);
  Set(body, "Memory", limits.memory_bytes);
  Set(body, "MemoryReservation", limits.memory_reservation_bytes);
  // The engine refuses a memory limit above the swap limit in force, which is twice the old limit
  // by default.
  if (limits.memory_bytes != 0) {
    body["MemorySwap"] =
        limits.memory_swap_bytes != 0 ? limits.memory_swap_bytes : 2 * limits.memory_bytes;
  }
  Set(body, "PidsLimit", limits.pids_limit);
  Set(body, "CpuShares", limits.cpu_shares);
  Set(body, "CpuQuota", limits.cpu_quota);
  Set(body, "CpuPeriod", limits.cpu_period);
  Set(body, "CpusetCpus", limits.cpuset_cpus);
  return Text(body);
}

std::string NetworkBody(const NetworkSpec& network, const std::string& name,
                        const std::map<std::string, std::string>& labels) {
  std::map<std::string, std::string> all = labels;
  all.insert(network.labels.begin(), network.labels.end());
  all[kSettingsLabel] = SettingsDigest(network);
  json body = {{"Name", name},
               {"CheckDuplicate", true},
               {"Driver", network.driver.empty() ? "bridge" : network.driver},
               {"Labels", all}};
  Set(body, "Options", network.driver_opts);
  SetTrue(body, "Internal", network.internal);
  SetTrue(body, "Attachable", network.attachable);
  SetTrue(body, "EnableIPv6", network.enable_ipv6);
  json ipam = json::object();
  Set(ipam, "Driver", network.ipam_driver);
  for (const IpamPool& pool : network.ipam_pools) {
    json config = json::object();
    Set(config, "Subnet", pool.subnet);
    Set(config, "Gateway", pool.gateway);
    Set(config, "IPRange", pool.ip_range);
    Set(config, "AuxiliaryAddresses", pool.aux_addresses);
    ipam["Config"].push_back(std::move(config));
  }
  if (!ipam.empty()) body["IPAM"] = ipam;
  return Text(body);
}

std::string VolumeBody(const VolumeSpec& volume, const std::map<std::string, std::string>& labels) {
  std::map<std::string, std::string> all = labels;
  all.insert(volume.labels.begin(), volume.labels.end());
  all[kSettingsLabel] = SettingsDigest(volume);
  json body = {{"Name", volume.name},
               {"Driver", volume.driver.empty() ? "local" : volume.driver},
               {"Labels", all}};
  Set(body, "DriverOpts", volume.driver_opts);
  return Text(body);
}

std::string ExecBody(const std::vector<std::string>& command) {
  return Text({{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", command}});
}

std::string ExecStartBody() { return Text({{"Detach", false}, {"Tty", false}}); }

std::string Filters(const std::map<std::string, std::vector<std::string>>& filters) {
  return Text(json(filters));
}

}  // namespace quayside::agent::docker
