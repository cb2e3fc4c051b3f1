#include "tests/unit/controller/store/sample.h"

#include <cstdlib>
#include <utility>

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace quayside::controller {
namespace {

absl::Time At(int64_t nanos) { return absl::FromUnixNanos(1'700'000'000'000'000'000 + nanos); }

HostRow FullHost() {
  HostRow host;
  host.id = HostId("host1");
  host.name = "web-1";
  host.secret_digest = "sha256:secret";
  host.machine_id = "machine";
  host.labels = {{"zone", "a"}, {"quote", "\"'\\\n☃"}};
  host.labels_set_by_ctl = {"zone"};
  host.generation = 7;
  host.acked_generation = 6;
  host.applied_generation = 5;
  host.agent_version = "0.1.0";
  host.engine = {.reachable = true,
                 .unreachable_reason = "was away",
                 .version = "20.10.24",
                 .api_version = "1.41",
                 .os = "linux",
                 .arch = "amd64",
                 .cpus = 4,
                 .memory_bytes = 1LL << 33,
                 .data_root = "/var/lib/docker",
                 .disk_total_bytes = 1LL << 40,
                 .disk_free_bytes = 1LL << 39,
                 .warnings = {"stop is cut short"}};
  host.strays = {"web (old)"};
  host.unnamed_apps = {AppName("lost")};
  host.rejections = {{AppName("shop"), "privileged is not allowed"}};
  host.joined_at = At(1);
  host.last_report_at = At(2);
  return host;
}

InstanceRow FullInstance(const std::string& id) {
  InstanceRow row;
  row.desired.id = InstanceId(id);
  row.desired.slot = {AppName("shop"), ServiceName("web"), 2};
  row.desired.host = HostId("host1");
  row.desired.revision = 3;
  row.desired.spec = SpecDigest("sha256:spec");
  row.desired.intent = Intent::kStop;
  row.desired.start_first_forced = true;
  row.desired.stop_first_forced = true;
  row.desired.min_healthy = absl::Milliseconds(1500);
  row.desired.healthy_deadline = absl::InfiniteDuration();
  row.predecessor = InstanceId("before");
  row.created_at = At(3);
  return row;
}

RevisionRow FullRevision() {
  RevisionRow row;
  row.key = {AppName("shop"), 3};
  row.spec.name = AppName("shop");
  ServiceSpec service;
  service.name = ServiceName("web");
  service.container.image = "registry/web@sha256:1";
  service.container.environment = {{"A", "b"}};
  service.replicas = 3;
  service.host_images = {{"web-1", "registry/web@sha256:2"}};
  row.spec.services = {service};
  row.digests = {{ServiceName("web"), SpecDigest("sha256:spec")}};
  row.host_digests = {{{ServiceName("web"), "web-1"}, SpecDigest("sha256:own")}};
  row.cause = "git push";
  row.by = "root (uid 0)";
  row.created_at = At(4);
  return row;
}

RolloutRow FullRollout() {
  RolloutRow row;
  row.id = RolloutId("rollout1");
  row.app = AppName("shop");
  row.ticket = 9;
  row.from = 2;
  row.to = 3;
  row.state = RolloutState::kRollingBack;
  row.reason = "web.2 exited with 1";
  row.started_at = At(5);
  row.ended_at = At(6);
  row.deadline = absl::InfiniteFuture();
  row.next_step_at = absl::InfinitePast();
  RolloutTarget target;
  target.slot = {AppName("shop"), ServiceName("web"), 2};
  target.host = HostId("host1");
  target.action = TargetAction::kReplace;
  target.state = TargetState::kGoingBack;
  target.instance = InstanceId("new");
  target.predecessor = InstanceId("before");
  target.since = At(7);
  target.reason = "exited";
  row.targets = {target, target};
  row.targets[1].slot.slot = 1;  // the order is not that of the slots
  return row;
}

InstanceStatus FullStatus(const std::string& id) {
  InstanceStatus status;
  status.id = InstanceId(id);
  status.slot = {AppName("shop"), ServiceName("web"), 2};
  status.revision = 3;
  status.spec = SpecDigest("sha256:spec");
  status.state = InstanceState::kExited;
  status.proven = true;
  status.uptime_only = true;
  status.retired = true;
  status.failure = FailureKind::kInfrastructure;
  status.verdict = true;
  status.reason = "exit code 1";
  status.image = "registry/web@sha256:1";
  status.container = "c0ffee";
  status.restarts = 4;
  status.exit_code = -1;
  status.oom_killed = true;
  status.ports = {{"127.0.0.1", 8080, 80, "tcp"}};
  status.since = At(8);
  status.log_tail = std::string("line\n\0after a NUL", 17);
  return status;
}

}  // namespace

EventRow SampleEvent(int64_t id, const std::string& app, const std::string& host) {
  EventRow event;
  event.id = id;
  event.at = At(id);
  event.kind = "container_started";
  event.app = AppName(app);
  event.host = host;
  event.instance = InstanceId("i" + std::to_string(id));
  event.revision = 3;
  event.message = "started";
  return event;
}

Model FullModel() {
  Model model;
  model.fleet.Put(0, {.fleet = FleetId("fleet"),
                      .epoch = StoreEpoch("epoch"),
                      .next_event = 12,
                      .next_ticket = 34,
                      .recovery_reason = "restored",
                      .recovery_since = At(9)});
  model.hosts.Put(HostId("host1"), FullHost());
  model.apps.Put(AppName("shop"), {.name = AppName("shop"),
                                   .newest_revision = 3,
                                   .succeeded_revision = 2,
                                   .removing = true,
                                   .remove_volumes = true,
                                   .removed_by = "root (uid 0)",
                                   .ticket = 8,
                                   .held = true});
  model.revisions.Put({AppName("shop"), 3}, FullRevision());
  model.specs.Put(SpecDigest("sha256:spec"), {.bytes = std::string("\0\x01\xff", 3)});
  model.images.Put("registry.test/web@sha256:0a",
                   {.platforms = {"linux/amd64", "linux/arm64"}, .volumes = {"/data", "/v \"x\""}});
  model.instances.Put(InstanceId("new"), FullInstance("new"));
  model.kept.Put(InstanceId("before"), {FullInstance("before")});
  const SlotKey slot{AppName("shop"), ServiceName("web"), 2};
  model.removals.Put({HostId("host1"), slot},
                     {.host = HostId("host1"),
                      .removal = {slot.app, slot.service, slot.slot, true, "scaled down by root"},
                      .since = At(10)});
  model.bindings.Put(slot, {.host = HostId("host1"), .why = "volume shop_data"});
  model.rollouts.Put(RolloutId("rollout1"), FullRollout());
  model.observed.Put({HostId("host1"), InstanceId("new")}, FullStatus("new"));
  model.requests.Put(RequestId("request"), {.at = At(11),
                                            .method = "ApplyApp",
                                            .body_digest = "sha256:body",
                                            .result = std::string("\0r", 2)});
  return model;
}

Model LargeModel(int hosts, int apps_per_host) {
  Model model = FullModel();
  for (int h = 0; h < hosts; ++h) {
    HostRow host = FullHost();
    host.id = HostId("h" + std::to_string(100'000 + h));
    host.name = "server-" + std::to_string(h);
    model.hosts.Put(host.id, host);
    for (int a = 0; a < apps_per_host; ++a) {
      const std::string id = "i" + std::to_string(a) + host.id.value;
      InstanceRow instance = FullInstance(id);
      instance.desired.host = host.id;
      model.instances.Put(InstanceId(id), instance);
      InstanceStatus status = FullStatus(id);
      status.log_tail.clear();
      model.observed.Put({host.id, InstanceId(id)}, status);
    }
  }
  return model;
}

bool SameRows(const Model& a, const Model& b) {
  return a.fleet.rows() == b.fleet.rows() && a.hosts.rows() == b.hosts.rows() &&
         a.apps.rows() == b.apps.rows() && a.revisions.rows() == b.revisions.rows() &&
         a.specs.rows() == b.specs.rows() && a.images.rows() == b.images.rows() &&
         a.instances.rows() == b.instances.rows() && a.kept.rows() == b.kept.rows() &&
         a.removals.rows() == b.removals.rows() && a.bindings.rows() == b.bindings.rows() &&
         a.rollouts.rows() == b.rollouts.rows() && a.observed.rows() == b.observed.rows() &&
         a.requests.rows() == b.requests.rows();
}

Model LoadFrom(const std::string& path) {
  Model model;
  auto store = Store::Open(path);
  EXPECT_TRUE(store.ok()) << store.status();
  if (store.ok()) {
    const absl::Status loaded = (*store)->Load(&model);
    EXPECT_TRUE(loaded.ok()) << loaded;
  }
  return model;
}

std::string TemporaryDirectory() {
  std::string path = testing::TempDir() + "quayside-store-XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

}  // namespace quayside::controller
