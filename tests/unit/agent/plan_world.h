// A host as Plan sees it, for tests of Plan as tables: what is wanted and what is there, and the
// printed plan.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/labels.h"
#include "agent/plan.h"

namespace quayside::agent {

inline const SlotKey kSlot{.app = AppName("shop"), .service = ServiceName("web"), .slot = 1};
inline constexpr char kImage[] = "registry/web@sha256:aa";

// A host as Plan sees it; the tests change what they are about.
struct PlanWorld {
  PlanWorld() {
    assignment.fleet = FleetId("fleet");
    assignment.host = HostId("host");
    assignment.generation = 1;
    images[kImage] = {.local = true, .detail = {}};
  }

  Instance& Want(const std::string& id, const ContainerSpec& spec, SlotKey slot = kSlot) {
    Instance instance;
    instance.id = InstanceId(id);
    instance.slot = slot;
    instance.spec = SpecDigest("spec-" + id);
    assignment.specs[instance.spec] = spec;
    assignment.instances.push_back(instance);
    return assignment.instances.back();
  }

  Container& Have(const std::string& id, ContainerState state, ArmedPolicy policy,
                  const ContainerSpec& spec, SlotKey slot = kSlot) {
    Container container;
    container.identity = {
        .slot = slot, .instance = InstanceId(id), .revision = 1, .spec = SpecDigest("spec-" + id)};
    assignment.specs[container.identity.spec] = spec;
    container.detail.row.id = "c-" + id;
    container.detail.row.name = ContainerName(slot, InstanceId(id));
    container.detail.row.state = state;
    container.detail.policy = policy;
    container.detail.started_at =
        state == ContainerState::kCreated ? absl::InfinitePast() : wall - absl::Hours(1);
    container.was_armed = container.armed();
    return containers[InstanceId(id)] = container;
  }

  SlotRecord& Committed(const std::string& id, SlotKey slot = kSlot) {
    SlotRecord& record = records[slot];
    record.slot = slot;
    record.committed = InstanceId(id);
    return record;
  }

  void Health(const std::string& id, bool proven) {
    health[InstanceId(id)] = {
        .state = InstanceState::kRunning, .proven = proven, .checks_pass = true};
  }

  // A committed container that runs, armed, and is unhealthy.
  Container& Unhealthy(const std::string& id, SlotKey slot = kSlot,
                       ContainerSpec spec = {.image = kImage}) {
    Want(id, spec, slot);
    Container& container =
        Have(id, ContainerState::kRunning, ArmedPolicy::kUnlessStopped, spec, slot);
    Committed(id, slot);
    health[InstanceId(id)] = {.state = InstanceState::kUnhealthy, .failed = true, .reason = "ill"};
    return container;
  }

  PlanInput Input() const {
    return {.engine_known = engine_known,
            .assignment = assignment,
            .records = records,
            .containers = containers,
            .health = health,
            .images = images,
            .networks = networks,
            .volumes = volumes,
            .leftovers = leftovers,
            .troubles = troubles,
            .busy = busy,
            .logs_read = logs_read,
            .pull_progress = pull_progress,
            .engine = engine,
            .limits = limits,
            .now = MonoTime::FromNanos(1'000'000'000'000),
            .wall = wall};
  }

  PlanResult Run() const { return Plan(Input()); }

  // Plans as often as records change, as the agent does; the actions of the last plan, printed.
  std::vector<std::string> Printed() {
    PlanResult plan = Run();
    for (int i = 0; i < 8 && !plan.records.empty(); ++i) {
      for (const auto& [slot, record] : plan.records) records[slot] = record;
      plan = Run();
    }
    EXPECT_TRUE(plan.records.empty());
    std::vector<std::string> lines;
    for (const Action& action : plan.actions) lines.push_back(Format(action));
    return lines;
  }

  bool engine_known = true;
  absl::Time wall = absl::UnixEpoch() + absl::Hours(1000);
  Assignment assignment;
  std::map<SlotKey, SlotRecord> records;
  std::map<InstanceId, Container> containers;
  std::map<InstanceId, Assessment> health;
  std::map<std::string, ImageFact> images;
  std::vector<EnsuredNetwork> networks;
  std::set<std::string> volumes;
  std::map<AppName, Leftovers> leftovers;
  std::map<std::string, Trouble> troubles;
  std::map<std::string, Action::Kind> busy;
  std::set<InstanceId> logs_read;
  std::map<std::string, std::string> pull_progress;
  EngineFacts engine;
  PlanLimits limits;
};

using Lines = std::vector<std::string>;

inline ContainerSpec Free() { return {.image = kImage}; }
inline ContainerSpec WithPort(uint32_t port = 80) {
  return {.image = kImage, .ports = {{.host_port = port, .container_port = 80}}};
}

}  // namespace quayside::agent
