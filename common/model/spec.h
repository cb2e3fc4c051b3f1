// What a person asks for: the spec of an app, as plain values. A compose file becomes an AppSpec
// (common/compose), the controller resolves its images and stores it as a revision
// (controller/store), and each service's ContainerSpec travels to the hosts that run it
// (common/wire).
//
// Spec never holds status: nothing here changes after a revision is made. Empty strings, zero
// numbers and empty lists mean "the engine's default" unless a field says otherwise. std::optional
// where absence differs from zero. Limits: validate.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/model/ids.h"

namespace quayside {

// ---- what makes a container (all of it is in the spec digest) ----

struct PortSpec {
  std::string host_ip;  // "" = every address
  uint32_t host_port =
      0;  // 0 = the engine chooses one; else fixed, and exclusive on the host (R15)
  uint32_t container_port = 0;
  std::string protocol = "tcp";  // tcp | udp | sctp
  bool operator==(const PortSpec&) const = default;
};

enum class MountType { kVolume, kBind, kTmpfs };

struct MountSpec {
  MountType type = MountType::kVolume;
  // kVolume: a key of ContainerSpec::volumes, or "" for an anonymous volume (it becomes a managed
  // volume of the slot). kBind: an absolute path on the host. kTmpfs: "".
  std::string source;
  std::string target;  // absolute path in the container
  bool read_only = false;
  bool volume_nocopy = false;
  std::string bind_propagation;  // "" | rprivate | private | rshared | shared | rslave | slave
  bool bind_create_host_path =
      false;  // make a missing source directory, as Compose's short form does
  uint64_t tmpfs_size_bytes = 0;
  uint32_t tmpfs_mode = 0;
  bool operator==(const MountSpec&) const = default;
};

struct NetworkAttachment {
  std::string network;  // a key of ContainerSpec::networks
  std::vector<std::string> aliases;
  std::string ipv4_address;  // static: exclusive on the host (R15)
  std::string ipv6_address;
  std::vector<std::string> link_local_ips;
  std::string mac_address;
  int32_t priority = 0;  // larger connects first
  bool operator==(const NetworkAttachment&) const = default;
};

struct IpamPool {
  std::string subnet, gateway, ip_range;
  std::map<std::string, std::string> aux_addresses;
  bool operator==(const IpamPool&) const = default;
};

struct NetworkSpec {
  std::string name;  // on the engine: "app_default", or the external network's own name
  bool external = false;
  std::string driver;  // "" = bridge
  std::map<std::string, std::string> driver_opts;
  std::map<std::string, std::string> labels;
  bool internal = false;
  bool attachable = false;
  bool enable_ipv6 = false;
  std::string ipam_driver;
  std::vector<IpamPool> ipam_pools;
  bool operator==(const NetworkSpec&) const = default;
};

struct VolumeSpec {
  std::string name;  // on the engine: "app_data", or the external volume's own name
  bool external = false;
  std::string driver;  // "" = local
  std::map<std::string, std::string> driver_opts;
  std::map<std::string, std::string> labels;
  bool operator==(const VolumeSpec&) const = default;
};

struct HealthCheck {
  bool disable = false;  // overrides the image's own check with none
  std::vector<std::string>
      test;  // Docker's form: {"CMD", …} or {"CMD-SHELL", "…"}; empty = the image's own
  absl::Duration interval, timeout, start_period, start_interval;  // zero = the engine's default
  int32_t retries = 0;                                             // 0 = the engine's default
  bool operator==(const HealthCheck&) const = default;
};

// A probe that the agent runs (`x-quayside.probe`).
struct ProbeSpec {
  enum class Kind { kHttp, kTcp, kCommand };
  Kind kind = Kind::kHttp;
  std::string http_path;                        // kHttp: "/healthz"
  uint32_t port = 0;                            // kHttp, kTcp: the container's port
  uint32_t status_min = 200, status_max = 399;  // kHttp: what counts as a pass, inclusive
  std::vector<std::string> command;             // kCommand: argument vector, run in the container
  absl::Duration interval = absl::Seconds(2);
  absl::Duration timeout = absl::Seconds(1);
  int32_t healthy = 1;    // passes in a row before it is healthy
  int32_t unhealthy = 3;  // failures in a row before it is unhealthy
  bool operator==(const ProbeSpec&) const = default;
};

struct RestartSpec {
  enum class Condition { kNone, kOnFailure, kAny };
  Condition condition = Condition::kAny;
  int32_t max_attempts = 0;  // 0 = no limit
  absl::Duration delay;      // wait before a restart
  absl::Duration window;     // how long it must run to count as restarted; zero = decide at once
  bool operator==(const RestartSpec&) const = default;

  // True when dockerd may restart the container by itself once it is committed (R13): condition
  // any, and nothing that dockerd cannot do.
  bool EngineCanRestart() const {
    return condition == Condition::kAny && max_attempts == 0 && delay == absl::ZeroDuration() &&
           window == absl::ZeroDuration();
  }
};

struct Ulimit {
  std::string name;
  int64_t soft = 0, hard = 0;  // -1 = unlimited
  bool operator==(const Ulimit&) const = default;
};

struct DeviceSpec {
  std::string host_path, container_path, permissions = "rwm";
  bool operator==(const DeviceSpec&) const = default;
};

struct ResourceLimits {
  int64_t nano_cpus = 0;                 // cpus × 1e9 (cpus, deploy.resources.limits.cpus)
  int64_t memory_bytes = 0;              // mem_limit, deploy.resources.limits.memory
  int64_t memory_reservation_bytes = 0;  // mem_reservation, deploy.resources.reservations.memory
  int64_t memory_swap_bytes = 0;         // memswap_limit; -1 = unlimited
  std::optional<int64_t> memory_swappiness;  // 0–100
  int64_t pids_limit = 0;                    // -1 = unlimited
  int64_t cpu_shares = 0, cpu_quota = 0, cpu_period = 0, cpu_rt_runtime = 0, cpu_rt_period = 0;
  int64_t cpu_count = 0;
  int64_t cpu_percent = 0;
  std::string cpuset_cpus;
  bool oom_kill_disable = false;
  int64_t oom_score_adj = 0;
  int64_t shm_size_bytes = 0;
  bool operator==(const ResourceLimits&) const = default;
};

enum class DependencyCondition { kStarted, kHealthy, kCompletedSuccessfully };

struct Dependency {
  ServiceName service;
  DependencyCondition condition = DependencyCondition::kStarted;
  bool required = true;  // false: an absent service does not block
  bool restart = false;  // restart this service when the dependency is replaced
  bool operator==(const Dependency&) const = default;
};

// Everything that goes into one container, and nothing else: no replicas, host, ids or rollout
// settings.
struct ContainerSpec {
  // Before resolution: what the file says ("nginx:1.25"). In a revision: "repository@sha256:…"
  // (R17).
  std::string image;
  std::string
      image_tag;  // what `image` was resolved from, for people; "" when the file named a digest
  std::string platform;  // "" | "linux/amd64" …
  // The values of the three below are Compose's: absent = the image's own, present but empty =
  // none.
  std::optional<std::vector<std::string>> command;
  std::optional<std::vector<std::string>> entrypoint;
  std::map<std::string, std::string> environment;
  std::vector<PortSpec> ports;
  std::vector<std::string> expose;  // "8080" | "8080/udp"
  std::vector<MountSpec> mounts;
  std::vector<NetworkAttachment> network_attachments;  // empty with network_mode set
  std::map<std::string, std::string> labels;
  std::optional<HealthCheck> health_check;
  std::optional<ProbeSpec> probe;
  RestartSpec restart;
  std::string user;
  std::vector<std::string> group_add;
  std::string working_dir;
  std::string hostname;
  std::string domainname;
  std::optional<bool> init;
  bool tty = false;
  bool stdin_open = false;
  bool read_only = false;
  bool privileged = false;
  std::vector<std::string> cap_add, cap_drop;
  std::vector<Ulimit> ulimits;
  std::map<std::string, std::string> sysctls;
  std::vector<std::string> extra_hosts;  // "name:address"
  std::vector<std::string> dns, dns_search, dns_opt;
  std::string stop_signal;
  std::optional<absl::Duration> stop_grace_period;  // unset = 10 s
  ResourceLimits resources;
  std::string log_driver;
  std::map<std::string, std::string> log_options;
  // "" | "host" | "none" | "bridge" | "service:NAME"; pid and ipc also "container"-less Compose
  // forms.
  std::string network_mode, pid_mode, ipc_mode, uts_mode, userns_mode, cgroup_mode;
  std::string cgroup_parent;
  std::vector<DeviceSpec> devices;
  std::vector<std::string> device_cgroup_rules;
  std::vector<std::string> security_opt;
  std::string runtime;
  std::vector<Dependency> depends_on;
  // The networks and volumes this container uses, by the key that the file gives them.
  std::map<std::string, NetworkSpec> networks;
  std::map<std::string, VolumeSpec> volumes;
  // `ctl restart` raises it, so that a restart is a replacement like any other.
  uint32_t restart_counter = 0;

  bool operator==(const ContainerSpec&) const = default;
};

// ---- how many, where, and how an update goes (not in the spec digest) ----

enum class ServiceMode { kReplicated, kGlobal };

// One `deploy.placement.constraints` line: `key == value` or `key != value`.
// Keys: host.labels.X = node.labels.X, node.hostname, node.platform.os, node.platform.arch,
// node.id.
struct Constraint {
  std::string key;
  bool equal = true;
  std::string value;
  bool operator==(const Constraint&) const = default;
};

struct PlacementSpec {
  std::vector<Constraint> constraints;
  std::vector<std::string> spread_over;  // preferences: spread, as constraint keys
  int32_t max_replicas_per_node = 0;     // 0 = no limit
  // True when the file says no replicas, mode or placement of its own: such services of an app stay
  // on one host.
  bool together = false;
  bool operator==(const PlacementSpec&) const = default;
};

enum class UpdateOrder {
  kAuto,
  kStopFirst,
  kStartFirst
};  // kAuto: start-first unless something is exclusive
enum class FailureAction { kRollback, kPause, kContinue };

struct UpdateConfig {
  int32_t parallelism = 1;  // 0 = all at once
  absl::Duration delay;
  absl::Duration monitor;  // watched after min_healthy
  UpdateOrder order = UpdateOrder::kAuto;
  FailureAction failure_action = FailureAction::kRollback;
  double max_failure_ratio = 0;
  bool operator==(const UpdateConfig&) const = default;
};

// `x-quayside.rollout`, and what the file leaves to Quayside's defaults.
struct RolloutSettings {
  absl::Duration min_healthy = absl::Seconds(10);
  absl::Duration deadline = absl::Minutes(5);  // to become healthy, per instance
  std::string canary, batch;                   // "1", "10%"; stored for the staged engine
  absl::Duration soak;
  int32_t max_failures = 0;
  std::string by, window;
  absl::Duration drain;
  bool operator==(const RolloutSettings&) const = default;
};

struct Reservations {
  int64_t nano_cpus = 0;
  int64_t memory_bytes = 0;
  bool operator==(const Reservations&) const = default;
};

struct ServiceSpec {
  ServiceName name;
  ContainerSpec container;
  ServiceMode mode = ServiceMode::kReplicated;
  int32_t replicas = 1;
  PlacementSpec placement;
  Reservations reservations;
  UpdateConfig update;
  UpdateConfig rollback;
  RolloutSettings rollout;
  std::map<std::string, std::string> deploy_labels;
  // `ctl stop APP/SVC`: instances exist but do not run, and nothing heals them.
  bool stopped = false;
  // Images that `ctl deploy --host` set apart, by host name; same form as container.image.
  std::map<std::string, std::string> host_images;
  // True where the file itself said replicas, so that an earlier `ctl scale` is known to be undone
  // by it.
  bool replicas_in_file = false;
  std::string pull_policy;  // accepted and shown; under R17 it cannot change what runs
  bool operator==(const ServiceSpec&) const = default;
};

struct AppSpec {
  AppName name;
  std::vector<ServiceSpec> services;  // sorted by name
  bool operator==(const AppSpec&) const = default;
};

// The service called `name`, or nullptr.
const ServiceSpec* FindService(const AppSpec& app, const ServiceName& name);

}  // namespace quayside
