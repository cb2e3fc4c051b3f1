#include "tests/unit/common/wire/sample.h"

namespace quayside {
namespace {

NetworkSpec FullNetwork() {
  return {.name = "shop_front",
          .external = true,
          .driver = "bridge",
          .driver_opts = {{"mtu", "1400"}, {"a", "b"}},
          .labels = {{"team", "web"}},
          .internal = true,
          .attachable = true,
          .enable_ipv6 = true,
          .ipam_driver = "default",
          .ipam_pools = {{.subnet = "10.9.0.0/24",
                          .gateway = "10.9.0.1",
                          .ip_range = "10.9.0.128/25",
                          .aux_addresses = {{"router", "10.9.0.2"}}}}};
}

ResourceLimits FullLimits() {
  return {.nano_cpus = 1'500'000'000,
          .memory_bytes = 512 << 20,
          .memory_reservation_bytes = 256 << 20,
          .memory_swap_bytes = -1,
          .memory_swappiness = 0,
          .pids_limit = 100,
          .cpu_shares = 512,
          .cpu_quota = 50'000,
          .cpu_period = 100'000,
          .cpu_rt_runtime = 950'000,
          .cpu_rt_period = 1'000'000,
          .cpu_count = 2,
          .cpu_percent = 50,
          .cpuset_cpus = "0-1",
          .oom_kill_disable = true,
          .oom_score_adj = -500,
          .shm_size_bytes = 64 << 20};
}

void SetLists(ContainerSpec* spec) {
  spec->command = {"serve", "--port=8080"};
  spec->entrypoint = {"/bin/app"};
  spec->environment = {{"MODE", "prod"}, {"EMPTY", ""}};
  spec->ports = {
      {.host_ip = "10.0.0.1", .host_port = 8080, .container_port = 80, .protocol = "udp"}};
  spec->expose = {"9090/tcp"};
  spec->mounts = {{.type = MountType::kBind,
                   .source = "/srv/data",
                   .target = "/data",
                   .read_only = true,
                   .volume_nocopy = true,
                   .bind_propagation = "rslave",
                   .bind_create_host_path = true,
                   .tmpfs_size_bytes = 1 << 20,
                   .tmpfs_mode = 0755}};
  spec->network_attachments = {{.network = "front",
                                .aliases = {"shop"},
                                .ipv4_address = "10.9.0.7",
                                .ipv6_address = "fd00::7",
                                .link_local_ips = {"169.254.8.8"},
                                .mac_address = "02:42:ac:11:65:43",
                                .priority = 10}};
  spec->labels = {{"com.example.role", "front"}};
  spec->group_add = {"audio"};
  spec->cap_add = {"NET_ADMIN"};
  spec->cap_drop = {"ALL"};
  spec->ulimits = {{.name = "nofile", .soft = 1024, .hard = -1}};
  spec->sysctls = {{"net.core.somaxconn", "1024"}};
  spec->extra_hosts = {"db:10.0.0.9"};
  spec->dns = {"10.0.0.53"};
  spec->dns_search = {"example.org"};
  spec->dns_opt = {"ndots:2"};
  spec->log_options = {{"max-size", "10m"}};
  spec->devices = {{.host_path = "/dev/fuse", .container_path = "/dev/fuse0", .permissions = "rw"}};
  spec->device_cgroup_rules = {"c 1:3 mr"};
  spec->security_opt = {"no-new-privileges:true"};
  spec->depends_on = {{.service = ServiceName("db"),
                       .condition = DependencyCondition::kHealthy,
                       .required = true,
                       .restart = true}};
  spec->networks = {{"front", FullNetwork()}};
  spec->volumes = {{"data",
                    {.name = "shop_data",
                     .external = true,
                     .driver = "local",
                     .driver_opts = {{"type", "nfs"}},
                     .labels = {{"keep", "yes"}}}}};
}

InstanceStatus FullStatus() {
  return {.id = InstanceId("abcdefghijkl"),
          .slot = {AppName("shop"), ServiceName("web"), 2},
          .revision = 7,
          .spec = SpecDigest("sha256:1"),
          .state = InstanceState::kUnhealthy,
          .proven = true,
          .uptime_only = true,
          .retired = true,
          .failure = FailureKind::kApplication,
          .verdict = true,
          .reason = "exited with 3",
          .image = "shop@sha256:2",
          .container = "c0ffee",
          .restarts = 4,
          .exit_code = 3,
          .oom_killed = true,
          .ports =
              {{.host_ip = "0.0.0.0", .host_port = 32768, .container_port = 80, .protocol = "tcp"}},
          .since = absl::FromUnixMillis(1'700'000'000'123),
          .log_tail = "panic: no\n"};
}

EngineFacts FullFacts() {
  return {.reachable = true,
          .unreachable_reason = "none",
          .version = "20.10.24",
          .api_version = "1.41",
          .os = "linux",
          .arch = "amd64",
          .cpus = 2,
          .memory_bytes = 24ll << 30,
          .data_root = "/var/lib/docker",
          .disk_total_bytes = 100ll << 30,
          .disk_free_bytes = 10ll << 30,
          .warnings = {"no swap limit"}};
}

}  // namespace

ContainerSpec FullContainerSpec() {
  ContainerSpec spec;
  spec.image = "registry.example.org/shop@sha256:2";
  spec.image_tag = "registry.example.org/shop:1.4";
  spec.platform = "linux/amd64";
  SetLists(&spec);
  spec.health_check = {.disable = true,
                       .test = {"CMD", "true"},
                       .interval = absl::Seconds(5),
                       .timeout = absl::Seconds(2),
                       .start_period = absl::Seconds(30),
                       .start_interval = absl::Milliseconds(500),
                       .retries = 4};
  spec.probe = {.kind = ProbeSpec::Kind::kCommand,
                .http_path = "/healthz",
                .port = 8080,
                .status_min = 201,
                .status_max = 204,
                .command = {"/bin/check"},
                .interval = absl::Seconds(3),
                .timeout = absl::Milliseconds(1500),
                .healthy = 2,
                .unhealthy = 5};
  spec.restart = {.condition = RestartSpec::Condition::kOnFailure,
                  .max_attempts = 3,
                  .delay = absl::Seconds(5),
                  .window = absl::Seconds(60)};
  spec.user = "1000:1000";
  spec.working_dir = "/srv";
  spec.hostname = "shop";
  spec.domainname = "example.org";
  spec.init = false;  // present though false
  spec.tty = spec.stdin_open = spec.read_only = spec.privileged = true;
  spec.stop_signal = "SIGINT";
  spec.stop_grace_period = absl::ZeroDuration();  // present though zero
  spec.resources = FullLimits();
  spec.log_driver = "json-file";
  spec.network_mode = "bridge";
  spec.pid_mode = "host";
  spec.ipc_mode = "shareable";
  spec.uts_mode = "host";
  spec.userns_mode = "host";
  spec.cgroup_mode = "private";
  spec.cgroup_parent = "/shop";
  spec.runtime = "runc";
  spec.restart_counter = 9;
  return spec;
}

AppSpec FullApp() {
  const UpdateConfig update{.parallelism = 2,
                            .delay = absl::Seconds(1),
                            .monitor = absl::Seconds(5),
                            .order = UpdateOrder::kStartFirst,
                            .failure_action = FailureAction::kPause,
                            .max_failure_ratio = 0.25};
  ServiceSpec service;
  service.name = ServiceName("web");
  service.container = FullContainerSpec();
  service.mode = ServiceMode::kGlobal;
  service.replicas = 3;
  service.placement = {
      .constraints = {{.key = "node.labels.zone", .equal = true, .value = "north"}},
      .spread_over = {"node.labels.rack"},
      .max_replicas_per_node = 1,
      .together = true};
  service.reservations = {.nano_cpus = 250'000'000, .memory_bytes = 64 << 20};
  service.update = update;
  service.rollback = update;
  service.rollout = {.min_healthy = absl::Seconds(1),
                     .deadline = absl::Minutes(2),
                     .canary = "1",
                     .batch = "10%",
                     .soak = absl::Seconds(30),
                     .max_failures = 2,
                     .by = "host.labels.zone",
                     .window = "Mon-Thu 09-17 Europe/Berlin",
                     .drain = absl::Seconds(5)};
  service.deploy_labels = {{"tier", "front"}};
  service.stopped = true;
  service.host_images = {{"web-1", "shop:2"}};
  service.replicas_in_file = true;
  service.pull_policy = "always";
  return {.name = AppName("shop"), .services = {service}};
}

Assignment FullAssignment() {
  Assignment assignment{.fleet = FleetId("fleet"),
                        .host = HostId("host"),
                        .epoch = StoreEpoch("epoch"),
                        .generation = 12};
  assignment.instances = {{.id = InstanceId("abcdefghijkl"),
                           .slot = {AppName("shop"), ServiceName("web"), 2},
                           .host = HostId("host"),
                           .revision = 7,
                           .spec = SpecDigest("sha256:1"),
                           .intent = Intent::kStop,
                           .start_first_forced = true,
                           .stop_first_forced = true,
                           .min_healthy = absl::Seconds(3),
                           .healthy_deadline = absl::Minutes(1)}};
  assignment.removals = {{.app = AppName("old"),
                          .service = ServiceName("db"),
                          .slot = 1,
                          .volumes = true,
                          .why = "ctl rm by root"}};
  assignment.keep = {InstanceId("kept")};
  assignment.specs = {{SpecDigest("sha256:1"), FullContainerSpec()}};
  assignment.held_apps = {AppName("held")};
  return assignment;
}

Report FullReport() {
  return {.epoch = StoreEpoch("epoch"),
          .generation = 12,
          .sequence = 34,
          .settled = true,
          .instances = {FullStatus()},
          .strays = {"other (hostid)"},
          .unnamed_apps = {AppName("unnamed")},
          .removed_apps = {AppName("gone")},
          .removed_slots = {{AppName("shop"), ServiceName("job"), 3}},
          .vacated_slots = {{AppName("shop"), ServiceName("job"), 4}},
          .engine = FullFacts(),
          .events = {{.sequence = 5,
                      .at = absl::FromUnixMillis(1'700'000'000'456),
                      .kind = "container_started",
                      .slot = {AppName("shop"), ServiceName("web"), 2},
                      .instance = InstanceId("abcdefghijkl"),
                      .revision = 7,
                      .message = "started"}},
          .dropped_events = 6};
}

}  // namespace quayside
