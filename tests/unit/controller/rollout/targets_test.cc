#include "controller/rollout/targets.h"

#include <gtest/gtest.h>

namespace quayside::controller {
namespace {

// A revision 3 of "shop" (2 has succeeded), and what stands on the hosts.
struct World {
  RevisionRow to;
  Placement placement;
  std::map<std::string, InstanceRow> rows;
  std::map<InstanceId, InstanceStatus> observed;
  bool new_attempt = true;

  World() { to.key = {AppName("shop"), 3}; }

  ServiceSpec& Service(const std::string& name, const std::string& digest,
                       const std::string& depends_on = "") {
    ServiceSpec service;
    service.name = ServiceName(name);
    if (!depends_on.empty()) service.container.depends_on = {{ServiceName(depends_on)}};
    to.spec.services.push_back(service);
    to.digests[ServiceName(name)] = SpecDigest(digest);
    return to.spec.services.back();
  }
  SlotKey Slot(const std::string& service, int slot) {
    return {AppName("shop"), ServiceName(service), slot};
  }
  void Place(const std::string& service, int slot, const std::string& host) {
    placement.slots.push_back({Slot(service, slot), HostId(host)});
  }
  InstanceRow& There(const std::string& service, int slot, const std::string& host,
                     const std::string& digest, int64_t revision) {
    InstanceRow row;
    const std::string id = service + std::to_string(slot) + host;
    row.desired.id = InstanceId(id);
    row.desired.slot = Slot(service, slot);
    row.desired.host = HostId(host);
    row.desired.spec = SpecDigest(digest);
    row.desired.revision = revision;
    return rows[id] = std::move(row);
  }
  // "web.1@h1 replace web1h1"
  std::string Print() {
    TargetsInput input;
    input.to = &to;
    input.succeeded = 2;
    input.placement = &placement;
    input.new_attempt = new_attempt;
    for (const auto& [id, row] : rows) input.instances.push_back(&row);
    for (const auto& [id, status] : observed) input.observed[id] = &status;
    for (const PlacedSlot& placed : placement.slots) {
      input.host_names[placed.host] = placed.host.value;
    }
    std::string text;
    for (const RolloutTarget& target : ComputeTargets(input)) {
      text += (text.empty() ? "" : "; ") + target.slot.service.value + "." +
              std::to_string(target.slot.slot) +
              (target.host.empty() ? "" : "@" + target.host.value) + " " +
              std::string(ToString(target.action));
      if (target.state != TargetState::kWaiting) {
        text += " " + std::string(ToString(target.state));
      }
      if (!target.instance.empty()) text += " now " + target.instance.value;
      if (!target.predecessor.empty()) text += " before " + target.predecessor.value;
      if (!target.reason.empty()) text += " (" + target.reason + ")";
    }
    return text;
  }
};

TEST(Targets, WhatStaysAsItIsAndWasProvenIsNoTarget) {
  World world;
  world.Service("web", "A");
  world.Place("web", 1, "h1");
  world.There("web", 1, "h1", "A", 2);
  EXPECT_EQ(world.Print(), "");
}

TEST(Targets, CreatesThenUpdatesByDependencyThenWhatNoHostTakesThenRemovals) {
  World world;
  world.Service("web", "B", "api");
  world.Service("api", "B", "db");
  world.Service("db", "B");
  for (const char* service : {"web", "api", "db"}) {
    world.Place(service, 1, "h1");
    world.There(service, 1, "h1", "A", 2);
  }
  world.Place("web", 2, "h2");
  world.placement.unplaced.push_back({.slot = world.Slot("web", 3), .summary = "no suitable host"});
  world.There("old", 1, "h3", "A", 2);
  EXPECT_EQ(world.Print(),
            "web.2@h2 create; db.1@h1 replace before db1h1; api.1@h1 replace before api1h1; "
            "web.1@h1 replace before web1h1; web.3 create (no suitable host); old.1@h3 remove "
            "before old1h3");
}

TEST(Targets, ASlotThatMovesIsACreateAndARemoval) {
  World world;
  world.Service("web", "A");
  world.Place("web", 1, "h2");
  world.There("web", 1, "h1", "A", 2);
  EXPECT_EQ(world.Print(), "web.1@h2 create; web.1@h1 remove before web1h1");
}

TEST(Targets, AnotherIntentIsTheSameContainerToldOtherwise) {
  World world;
  world.Service("web", "A").stopped = true;
  world.Place("web", 1, "h1");
  world.There("web", 1, "h1", "A", 2);
  EXPECT_EQ(world.Print(), "web.1@h1 none before web1h1");
}

TEST(Targets, WhatASupersededRolloutPutIsOnItsWayAlready) {
  World world;
  world.Service("web", "B");
  world.Place("web", 1, "h1");
  world.There("web", 1, "h1", "B", 3).predecessor = InstanceId("older");
  EXPECT_EQ(world.Print(), "web.1@h1 none working now web1h1 before older");
}

TEST(Targets, ANewAttemptReplacesWhatWasTriedAndFailed) {
  World world;
  world.Service("web", "B");
  world.Place("web", 1, "h1");
  world.There("web", 1, "h1", "B", 3);
  world.observed[InstanceId("web1h1")].verdict = true;
  EXPECT_EQ(world.Print(), "web.1@h1 replace before web1h1");
  world.new_attempt = false;
  EXPECT_EQ(world.Print(), "web.1@h1 none working now web1h1");
}

TEST(Targets, ANewAttemptReplacesWhatAFailedRolloutStopped) {
  World world;
  world.Service("web", "B");
  world.Place("web", 1, "h1");
  world.There("web", 1, "h1", "B", 3).desired.intent = Intent::kStop;
  EXPECT_EQ(world.Print(), "web.1@h1 replace before web1h1");
}

TEST(Targets, AHostWithAnImageOfItsOwnHasItsOwnDigest) {
  World world;
  world.Service("web", "A");
  world.to.host_digests[{ServiceName("web"), "h2"}] = SpecDigest("B");
  for (const char* host : {"h1", "h2"}) {
    world.Place("web", host[1] - '0', host);
    world.There("web", host[1] - '0', host, "A", 2);
  }
  EXPECT_EQ(world.Print(), "web.2@h2 replace before web2h2");
}

TEST(Targets, AnInstanceIsMadeFromItsService) {
  World world;
  ServiceSpec& web = world.Service("web", "A");
  web.stopped = true;
  web.update.order = UpdateOrder::kStartFirst;
  web.rollout.min_healthy = absl::Seconds(3);
  web.rollout.deadline = absl::Seconds(40);
  const Instance made = MakeInstance(world.to, web, world.Slot("web", 1), HostId("h1"), "h1");
  EXPECT_TRUE(made.id.empty());
  EXPECT_EQ(made.revision, 3);
  EXPECT_EQ(made.spec, SpecDigest("A"));
  EXPECT_EQ(made.intent, Intent::kStop);
  EXPECT_TRUE(made.start_first_forced);
  EXPECT_FALSE(made.stop_first_forced);
  EXPECT_EQ(made.min_healthy, absl::Seconds(3));
  EXPECT_EQ(made.healthy_deadline, absl::Seconds(40));
  EXPECT_EQ(DigestFor(world.to, ServiceName("gone"), "h1"), SpecDigest());
}

}  // namespace
}  // namespace quayside::controller
