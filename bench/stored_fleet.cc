#include "bench/stored_fleet.h"

#include <utility>

#include "common/model/digest.h"
#include "common/wire/wire.h"

namespace quayside::bench {
namespace {

using controller::AppRow;
using controller::HostRow;
using controller::InstanceRow;
using controller::Model;
using controller::RevisionRow;
using controller::RolloutRow;
using controller::RolloutState;
using controller::RolloutTarget;
using controller::TargetAction;
using controller::TargetState;

const absl::Time kThen = absl::FromUnixSeconds(1'700'000'000);

HostRow MakeHost(int number) {
  HostRow host;
  host.id = HostId("h" + std::to_string(100'000 + number));
  host.name = "server-" + std::to_string(number);
  host.secret_digest = FakeDigest(number);
  host.machine_id = "machine-" + std::to_string(number);
  host.labels = {{"zone", "a"}, {"rack", std::to_string(number / 40)}};
  host.generation = host.acked_generation = host.applied_generation = 12;
  host.engine.reachable = true;
  host.engine.version = "20.10.24";
  host.engine.os = "linux";
  host.engine.arch = "amd64";
  host.engine.cpus = 8;
  host.joined_at = host.last_report_at = kThen;
  return host;
}

// The app's only service, its revision and the rollout of it, with no targets yet.
RolloutRow PutApp(Model& model, int number, SpecDigest* digest) {
  const AppName app("app" + std::to_string(number));
  RevisionRow revision;
  revision.key = {app, 1};
  revision.spec.name = app;
  ServiceSpec service;
  service.name = ServiceName("web");
  service.mode = ServiceMode::kGlobal;
  service.container.image = "registry.example.com/team/" + app.value + "@" + FakeDigest(number);
  service.container.environment = {{"LOG_LEVEL", "info"}, {"PORT", "8080"}};
  service.container.ports.push_back({.container_port = 8080});
  std::string bytes = wire::EncodeSpec(service.container);
  *digest = SpecDigest(Sha256Digest(bytes));
  revision.digests[service.name] = *digest;
  revision.spec.services.push_back(std::move(service));
  revision.cause = "apply";
  revision.created_at = kThen;
  model.specs.Put(*digest, {.bytes = std::move(bytes)});
  model.revisions.Put(revision.key, revision);
  model.apps.Put(app, AppRow{.name = app, .newest_revision = 1, .succeeded_revision = 1});
  RolloutRow rollout;
  rollout.id = RolloutId("r" + std::to_string(100'000 + number));
  rollout.app = app;
  rollout.ticket = number + 1;
  rollout.to = 1;
  rollout.state = RolloutState::kSucceeded;
  rollout.started_at = rollout.ended_at = kThen;
  return rollout;
}

}  // namespace

std::string FakeDigest(int number) {
  return "sha256:" + std::string(54, 'a') + std::to_string(1'000'000'000 + number);
}

InstanceStatus FakeStatus(const InstanceRow& row, int64_t round) {
  InstanceStatus status;
  status.id = row.desired.id;
  status.slot = row.desired.slot;
  status.revision = row.desired.revision;
  status.spec = row.desired.spec;
  status.state = round % 2 == 0 ? InstanceState::kHealthy : InstanceState::kUnhealthy;
  status.proven = true;
  status.image = "registry.example.com/team/web@" + FakeDigest(1);
  status.container = std::string(64, 'c');
  status.ports = {{"0.0.0.0", 8080, 80, "tcp"}};
  status.since = kThen + absl::Seconds(round);
  return status;
}

Model MakeFleet(int hosts, int apps) {
  Model model;
  model.fleet.Put(0, {.fleet = FleetId("fleetfleet"),
                      .epoch = StoreEpoch(std::string(26, 'e')),
                      .next_ticket = apps + 1});
  for (int h = 0; h < hosts; ++h) {
    const HostRow host = MakeHost(h);
    model.hosts.Put(host.id, host);
  }
  for (int a = 0; a < apps; ++a) {
    SpecDigest digest;
    RolloutRow rollout = PutApp(model, a, &digest);
    for (const auto& [id, host] : model.hosts.rows()) {
      InstanceRow row;
      row.desired.id = InstanceId("i" + std::to_string(a) + id.value);
      row.desired.slot = {rollout.app, ServiceName("web"), 1};
      row.desired.host = id;
      row.desired.revision = 1;
      row.desired.spec = digest;
      row.created_at = kThen;
      model.observed.Put({id, row.desired.id}, FakeStatus(row, 0));
      rollout.targets.push_back({.slot = row.desired.slot,
                                 .host = id,
                                 .action = TargetAction::kCreate,
                                 .state = TargetState::kProven,
                                 .instance = row.desired.id,
                                 .predecessor = {},
                                 .since = kThen,
                                 .reason = ""});
      model.instances.Put(row.desired.id, row);
    }
    model.rollouts.Put(rollout.id, rollout);
  }
  return model;
}

}  // namespace quayside::bench
