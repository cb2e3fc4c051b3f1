#include "common/model/validate.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace quayside {
namespace {

bool IsLowerAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsAlphanumeric(char c) { return IsLowerAlphanumeric(c) || (c >= 'A' && c <= 'Z'); }

// Checks the fields of one service; the first thing that is wrong stays.
class ServiceChecker {
 public:
  ServiceChecker(const AppSpec& app, const ServiceSpec& service) : app_(app), service_(service) {}

  absl::Status Check() {
    const ContainerSpec& container = service_.container;
    Name();
    Image(container);
    Texts(container);
    Ports(container);
    Mounts(container);
    Networks(container);
    Health(container);
    Resources(container.resources);
    Dependencies(container);
    Deploy();
    return status_;
  }

 private:
  void Fail(std::string_view field, const std::string& what) {
    if (!status_.ok()) return;
    status_ = InvalidArgument("The app " + app_.name.value + " cannot be accepted: service " +
                              service_.name.value.substr(0, 100) + ", " + std::string(field) +
                              ": " + what);
  }

  void Text(std::string_view field, std::string_view text, size_t max = kMaxTextBytes) {
    if (text.size() > max) {
      Fail(field, "longer than " + std::to_string(max) + " bytes");
    } else if (text.find('\0') != std::string_view::npos) {
      Fail(field, "holds a NUL byte");
    }
  }

  template <typename Container>
  void Count(std::string_view field, const Container& items) {
    if (items.size() > kMaxListItems) {
      Fail(field, "more than " + std::to_string(kMaxListItems) + " entries");
    }
  }

  void List(std::string_view field, const std::vector<std::string>& texts,
            size_t max = kMaxTextBytes) {
    Count(field, texts);
    for (const std::string& text : texts) Text(field, text, max);
  }

  void Map(std::string_view field, const std::map<std::string, std::string>& texts,
           size_t max = kMaxTextBytes) {
    Count(field, texts);
    for (const auto& [key, value] : texts) {
      if (key.empty()) Fail(field, "an empty name");
      Text(field, key);
      Text(field, value, max);
    }
  }

  void Path(std::string_view field, std::string_view path) {
    Text(field, path);
    if (!path.starts_with('/')) {
      Fail(field, "\"" + std::string(path.substr(0, 100)) + "\" is not an absolute path");
    }
  }

  void Range(std::string_view field, int64_t value, int64_t min, int64_t max) {
    if (value < min || value > max) {
      Fail(field, std::to_string(value) + " is not from " + std::to_string(min) + " to " +
                      std::to_string(max));
    }
  }

  void Time(std::string_view field, absl::Duration value) {
    if (value < absl::ZeroDuration()) Fail(field, "shorter than nothing");
    if (value > kMaxSpecDuration) Fail(field, "longer than ten years");
  }

  void Name() {
    const std::string& name = service_.name.value;
    const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return IsAlphanumeric(c) || c == '.' || c == '_' || c == '-';
    });
    if (!good) Fail("name", "a service's name has letters, digits, ., _ and - only");
    Text("name", name, kMaxServiceNameBytes);
  }

  void Image(const ContainerSpec& container) {
    if (container.image.empty()) Fail("image", "no image is named");
    const auto one = [&](std::string_view field, const std::string& image) {
      Text(field, image, kMaxImageBytes);
      if (image.find_first_of(" \t\r\n") != std::string::npos) {
        Fail(field, "\"" + image.substr(0, 100) + "\" holds a blank");
      }
    };
    one("image", container.image);
    one("image_tag", container.image_tag);
    Count("host_images", service_.host_images);
    for (const auto& [host, image] : service_.host_images) {
      Text("host_images", host);
      one("host_images", image);
    }
  }

  void Texts(const ContainerSpec& container) {
    if (container.command.has_value()) List("command", *container.command, kMaxValueBytes);
    if (container.entrypoint.has_value()) List("entrypoint", *container.entrypoint, kMaxValueBytes);
    Map("environment", container.environment, kMaxValueBytes);
    for (const auto& [name, value] : container.environment) {
      if (name.find('=') != std::string::npos) {
        Fail("environment", "the name " + name.substr(0, 100) + " holds a =");
      }
    }
    Map("labels", container.labels, kMaxValueBytes);
    Map("deploy.labels", service_.deploy_labels, kMaxValueBytes);
    Map("sysctls", container.sysctls);
    Map("logging.options", container.log_options);
    List("expose", container.expose);
    List("group_add", container.group_add);
    List("cap_add", container.cap_add);
    List("cap_drop", container.cap_drop);
    List("extra_hosts", container.extra_hosts);
    List("dns", container.dns);
    List("dns_search", container.dns_search);
    List("dns_opt", container.dns_opt);
    List("device_cgroup_rules", container.device_cgroup_rules);
    List("security_opt", container.security_opt, kMaxValueBytes);
    SingleTexts(container);
    Count("ulimits", container.ulimits);
    for (const Ulimit& limit : container.ulimits) {
      Text("ulimits", limit.name);
      Range("ulimits", limit.soft, -1, INT64_MAX);
      Range("ulimits", limit.hard, -1, INT64_MAX);
    }
    Count("devices", container.devices);
    for (const DeviceSpec& device : container.devices) {
      Path("devices", device.host_path);
      Path("devices", device.container_path);
      Text("devices", device.permissions);
    }
    if (container.stop_grace_period.has_value()) {
      Time("stop_grace_period", *container.stop_grace_period);
    }
    Time("restart.delay", container.restart.delay);
    Time("restart.window", container.restart.window);
    Range("restart.max_attempts", container.restart.max_attempts, 0, INT32_MAX);
  }

  void SingleTexts(const ContainerSpec& container) {
    const std::pair<std::string_view, const std::string*> fields[] = {
        {"platform", &container.platform},
        {"user", &container.user},
        {"hostname", &container.hostname},
        {"domainname", &container.domainname},
        {"stop_signal", &container.stop_signal},
        {"logging.driver", &container.log_driver},
        {"network_mode", &container.network_mode},
        {"pid", &container.pid_mode},
        {"ipc", &container.ipc_mode},
        {"uts", &container.uts_mode},
        {"userns_mode", &container.userns_mode},
        {"cgroup", &container.cgroup_mode},
        {"cgroup_parent", &container.cgroup_parent},
        {"runtime", &container.runtime},
        {"cpuset", &container.resources.cpuset_cpus},
        {"pull_policy", &service_.pull_policy},
        {"x-quayside.rollout.canary", &service_.rollout.canary},
        {"x-quayside.rollout.batch", &service_.rollout.batch},
        {"x-quayside.rollout.by", &service_.rollout.by},
        {"x-quayside.rollout.window", &service_.rollout.window},
    };
    for (const auto& [field, text] : fields) Text(field, *text);
    if (!container.working_dir.empty()) Path("working_dir", container.working_dir);
  }

  void Ports(const ContainerSpec& container) {
    Count("ports", container.ports);
    std::set<std::string> fixed;
    for (const PortSpec& port : container.ports) {
      Range("ports", port.container_port, 1, 65535);
      Range("ports", port.host_port, 0, 65535);
      Text("ports", port.host_ip);
      if (port.protocol != "tcp" && port.protocol != "udp" && port.protocol != "sctp") {
        Fail("ports", "\"" + port.protocol.substr(0, 40) + "\" is not tcp, udp or sctp");
      }
      const std::string key =
          port.host_ip + "|" + std::to_string(port.host_port) + "/" + port.protocol;
      if (port.host_port != 0 && !fixed.insert(key).second) {
        Fail("ports", "the host port " + std::to_string(port.host_port) + "/" + port.protocol +
                          " is published twice");
      }
    }
  }

  void Mounts(const ContainerSpec& container) {
    Count("volumes", container.mounts);
    std::set<std::string_view> targets;
    for (const MountSpec& mount : container.mounts) {
      Path("volumes", mount.target);
      if (!targets.insert(mount.target).second) {
        Fail("volumes", "two mounts have the target " + mount.target.substr(0, 100));
      }
      switch (mount.type) {
        case MountType::kBind:
          Path("volumes", mount.source);
          break;
        case MountType::kVolume:
          Text("volumes", mount.source);
          if (!mount.source.empty() && !container.volumes.contains(mount.source)) {
            Fail("volumes", "the volume " + mount.source.substr(0, 100) + " is not declared");
          }
          break;
        case MountType::kTmpfs:
          if (!mount.source.empty()) Fail("volumes", "a tmpfs has no source");
          Range("volumes", mount.tmpfs_mode, 0, 07777);
          break;
      }
      Text("volumes", mount.bind_propagation);
    }
    Count("volumes", container.volumes);
    for (const auto& [key, volume] : container.volumes) {
      EngineName("volumes", volume.name);
      Text("volumes", key);
      Text("volumes", volume.driver);
      Map("volumes", volume.driver_opts);
      Map("volumes", volume.labels, kMaxValueBytes);
    }
  }

  // What the engine takes as the name of a network or volume.
  void EngineName(std::string_view field, const std::string& name) {
    Text(field, name, 255);
    const bool good = !name.empty() && IsAlphanumeric(name.front()) &&
                      std::all_of(name.begin(), name.end(), [](char c) {
                        return IsAlphanumeric(c) || c == '_' || c == '.' || c == '-';
                      });
    if (!good) {
      Fail(field, "\"" + name.substr(0, 100) +
                      "\" is not a name for the engine: letters, digits, _, . and -, the first a "
                      "letter or digit");
    }
  }

  void Networks(const ContainerSpec& container) {
    Count("networks", container.network_attachments);
    std::set<std::string_view> attached;
    for (const NetworkAttachment& attachment : container.network_attachments) {
      if (!container.networks.contains(attachment.network)) {
        Fail("networks", "the network " + attachment.network.substr(0, 100) + " is not declared");
      }
      if (!attached.insert(attachment.network).second) {
        Fail("networks", attachment.network.substr(0, 100) + " is named twice");
      }
      List("networks", attachment.aliases);
      List("networks", attachment.link_local_ips);
      Text("networks", attachment.ipv4_address);
      Text("networks", attachment.ipv6_address);
      Text("networks", attachment.mac_address);
    }
    if (!container.network_mode.empty() && !container.network_attachments.empty()) {
      Fail("network_mode", "network_mode and networks exclude each other");
    }
    Count("networks", container.networks);
    for (const auto& [key, network] : container.networks) {
      Text("networks", key);
      EngineName("networks", network.name);
      Text("networks", network.driver);
      Text("networks", network.ipam_driver);
      Map("networks", network.driver_opts);
      Map("networks", network.labels, kMaxValueBytes);
      Count("networks", network.ipam_pools);
      for (const IpamPool& pool : network.ipam_pools) {
        Text("networks", pool.subnet);
        Text("networks", pool.gateway);
        Text("networks", pool.ip_range);
        Map("networks", pool.aux_addresses);
      }
    }
  }

  void Health(const ContainerSpec& container) {
    if (container.health_check.has_value()) {
      const HealthCheck& check = *container.health_check;
      List("healthcheck.test", check.test, kMaxValueBytes);
      Time("healthcheck.interval", check.interval);
      Time("healthcheck.timeout", check.timeout);
      Time("healthcheck.start_period", check.start_period);
      Time("healthcheck.start_interval", check.start_interval);
      Range("healthcheck.retries", check.retries, 0, INT32_MAX);
    }
    if (!container.probe.has_value()) return;
    const ProbeSpec& probe = *container.probe;
    if (probe.kind == ProbeSpec::Kind::kCommand) {
      if (probe.command.empty()) Fail("x-quayside.probe", "the command is empty");
    } else {
      Range("x-quayside.probe.port", probe.port, 1, 65535);
    }
    if (probe.kind == ProbeSpec::Kind::kHttp && !probe.http_path.starts_with('/')) {
      Fail("x-quayside.probe.http", "a path like /healthz is expected");
    }
    Text("x-quayside.probe.http", probe.http_path);
    List("x-quayside.probe.command", probe.command, kMaxValueBytes);
    Range("x-quayside.probe.status", probe.status_min, 100, 599);
    Range("x-quayside.probe.status", probe.status_max, probe.status_min, 599);
    Range("x-quayside.probe.healthy", probe.healthy, 1, 1000);
    Range("x-quayside.probe.unhealthy", probe.unhealthy, 1, 1000);
    Time("x-quayside.probe.interval", probe.interval);
    Time("x-quayside.probe.timeout", probe.timeout);
    if (probe.interval <= absl::ZeroDuration() || probe.timeout <= absl::ZeroDuration()) {
      Fail("x-quayside.probe", "interval and timeout must be longer than 0s");
    }
  }

  void Resources(const ResourceLimits& limits) {
    Range("cpus", limits.nano_cpus, 0, INT64_MAX);
    Range("mem_limit", limits.memory_bytes, 0, INT64_MAX);
    Range("mem_reservation", limits.memory_reservation_bytes, 0, INT64_MAX);
    Range("memswap_limit", limits.memory_swap_bytes, -1, INT64_MAX);
    Range("mem_swappiness", limits.memory_swappiness.value_or(0), 0, 100);
    Range("pids_limit", limits.pids_limit, -1, INT64_MAX);
    Range("oom_score_adj", limits.oom_score_adj, -1000, 1000);
    Range("shm_size", limits.shm_size_bytes, 0, INT64_MAX);
    Range("deploy.resources.reservations.cpus", service_.reservations.nano_cpus, 0, INT64_MAX);
    Range("deploy.resources.reservations.memory", service_.reservations.memory_bytes, 0, INT64_MAX);
  }

  void Dependencies(const ContainerSpec& container) {
    Count("depends_on", container.depends_on);
    for (const Dependency& dependency : container.depends_on) {
      if (dependency.service == service_.name) Fail("depends_on", "a service depends on itself");
      if (dependency.required && FindService(app_, dependency.service) == nullptr) {
        Fail("depends_on", "there is no service " + dependency.service.value.substr(0, 100));
      }
    }
  }

  void Update(const std::string& field, const UpdateConfig& update) {
    Range(field + ".parallelism", update.parallelism, 0, kMaxReplicas);
    Time(field + ".delay", update.delay);
    Time(field + ".monitor", update.monitor);
    if (!(update.max_failure_ratio >= 0 && update.max_failure_ratio <= 1)) {
      Fail(field + ".max_failure_ratio", "it is not from 0 to 1");
    }
  }

  void Deploy() {
    Range("deploy.replicas", service_.replicas, 0, kMaxReplicas);
    Range("deploy.placement.max_replicas_per_node", service_.placement.max_replicas_per_node, 0,
          kMaxReplicas);
    Count("deploy.placement.constraints", service_.placement.constraints);
    for (const Constraint& constraint : service_.placement.constraints) {
      Text("deploy.placement.constraints", constraint.key);
      Text("deploy.placement.constraints", constraint.value);
    }
    List("deploy.placement.preferences", service_.placement.spread_over);
    Update("deploy.update_config", service_.update);
    Update("deploy.rollback_config", service_.rollback);
    const RolloutSettings& rollout = service_.rollout;
    Time("x-quayside.rollout.min_healthy", rollout.min_healthy);
    Time("x-quayside.rollout.deadline", rollout.deadline);
    Time("x-quayside.rollout.soak", rollout.soak);
    Time("x-quayside.rollout.drain", rollout.drain);
    Range("x-quayside.rollout.max_failures", rollout.max_failures, 0, kMaxReplicas);
    if (rollout.deadline <= rollout.min_healthy) {
      Fail("x-quayside.rollout.deadline",
           "it must be longer than min_healthy, or no instance is "
           "ever proven in time");
    }
  }

  const AppSpec& app_;
  const ServiceSpec& service_;
  absl::Status status_;
};

}  // namespace

absl::Status ValidateAppName(const AppName& name) {
  const std::string& text = name.value;
  const bool good =
      !text.empty() && text.size() <= kMaxAppNameBytes && IsLowerAlphanumeric(text.front()) &&
      std::all_of(text.begin(), text.end(),
                  [](char c) { return IsLowerAlphanumeric(c) || c == '_' || c == '-'; });
  if (good) return absl::OkStatus();
  return InvalidArgument("The app name \"" + text.substr(0, 100) +
                         "\" cannot be accepted: it is 1 to " + std::to_string(kMaxAppNameBytes) +
                         " of a-z, 0-9, _ and -, the first a letter or digit");
}

absl::Status ValidateAppSpec(const AppSpec& app) {
  QS_RETURN_IF_ERROR(ValidateAppName(app.name));
  const std::string refused = "The app " + app.name.value + " cannot be accepted: ";
  if (app.services.empty()) return InvalidArgument(refused + "it has no service");
  if (app.services.size() > kMaxServices) {
    return InvalidArgument(refused + "it has more than " + std::to_string(kMaxServices) +
                           " services");
  }
  for (size_t i = 1; i < app.services.size(); ++i) {
    if (!(app.services[i - 1].name < app.services[i].name)) {
      return InvalidArgument(refused +
                             "its services are not sorted by name, or one is there twice");
    }
  }
  for (const ServiceSpec& service : app.services) {
    QS_RETURN_IF_ERROR(ServiceChecker(app, service).Check());
  }
  return absl::OkStatus();
}

}  // namespace quayside
