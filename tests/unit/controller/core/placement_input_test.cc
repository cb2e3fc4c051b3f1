// Placing an app near where it is gives what placing it among all hosts gives.
#include "controller/core/placement_input.h"

#include <gtest/gtest.h>

#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

struct World {
  World() {
    state_.now = clock_.Now();
    state_.sessions.Configure({state_.now, absl::Seconds(120), absl::Seconds(55)});
    Model model;
    model.fleet.Put(0, {.fleet = FleetId("fleet"), .epoch = StoreEpoch("epoch")});
    state_.ledger.Reset(std::move(model));
  }

  void AddHost(int number, const std::string& zone, bool ready) {
    HostRow row;
    row.id = HostId("host" + std::to_string(100 + number));
    row.name = row.id.value;
    row.labels = {{"zone", zone}};
    row.engine.reachable = true;
    row.engine.os = "linux";
    row.engine.arch = "amd64";
    row.engine.cpus = 4;
    state_.ledger.PutHost(row);
    if (!ready) return;
    state_.sessions.Open(row.id, static_cast<SessionId>(number + 1), 1, state_.now);
    state_.sessions.Reported(row.id);
  }
  void AddInstance(const AppName& app, int slot, int host) {
    InstanceRow row;
    row.desired.id = InstanceId("instance" + std::to_string(instances_++));
    row.desired.slot = {app, ServiceName("web"), slot};
    row.desired.host = HostId("host" + std::to_string(100 + host));
    state_.ledger.PutInstance(row);
  }
  static AppSpec App(ServiceMode mode, int replicas, const std::string& zone) {
    AppSpec spec;
    spec.name = AppName("shop");
    ServiceSpec service;
    service.name = ServiceName("web");
    service.mode = mode;
    service.replicas = replicas;
    if (!zone.empty()) service.placement.constraints.push_back({"node.labels.zone", true, zone});
    spec.services.push_back(service);
    return spec;
  }

  TestClock clock_;
  SeededRandom random_{1};
  ScriptedFleet fleet_;
  std::unique_ptr<Store> store_ = *Store::Open(":memory:");
  CoreState state_{CoreOptions(), clock_, random_, *store_, fleet_};
  int instances_ = 0;
};

TEST(PlacingNear, LooksAtItsOwnHostsWhenNothingMoves) {
  World world;
  for (int i = 0; i < 20; ++i) world.AddHost(i, "a", true);
  world.AddInstance(AppName("shop"), 1, 7);
  world.AddInstance(AppName("shop"), 2, 9);
  const PlacedApp placed = PlaceApp(world.state_, World::App(ServiceMode::kReplicated, 2, ""));
  EXPECT_FALSE(placed.all_hosts);
  EXPECT_EQ(placed.input.hosts.size(), 2u);
  EXPECT_EQ(placed.placement.slots.size(), 2u);
}

TEST(PlacingNear, LooksAtEveryHostWhenASlotIsNew) {
  World world;
  for (int i = 0; i < 20; ++i) world.AddHost(i, "a", true);
  world.AddInstance(AppName("shop"), 1, 7);
  const PlacedApp placed = PlaceApp(world.state_, World::App(ServiceMode::kReplicated, 2, ""));
  EXPECT_TRUE(placed.all_hosts);
  EXPECT_EQ(placed.placement.slots.at(1).host, HostId("host100"));
}

// A fleet, what runs on it and what is wanted, made from the seed.
AppSpec MakeWorld(SeededRandom& random, World* world) {
  const int hosts = 2 + static_cast<int>(random.Below(10));
  for (int i = 0; i < hosts; ++i) {
    const bool ready = random.Below(5) > 0;
    world->AddHost(i, random.Below(2) == 0 ? "a" : "b", ready);
    if (random.Below(2) == 0) world->AddInstance(AppName("other"), i + 1, i);
  }
  const ServiceMode mode = random.Below(2) == 0 ? ServiceMode::kGlobal : ServiceMode::kReplicated;
  const int there = static_cast<int>(random.Below(4));
  for (int slot = 1; slot <= there; ++slot) {
    const int host = static_cast<int>(random.Below(static_cast<uint64_t>(hosts)));
    world->AddInstance(AppName("shop"), mode == ServiceMode::kGlobal ? 1 : slot, host);
  }
  const int replicas = static_cast<int>(random.Below(5));
  AppSpec spec = World::App(mode, replicas, random.Below(2) == 0 ? "" : "a");
  spec.services[0].placement.max_replicas_per_node = static_cast<int>(random.Below(3));
  spec.services[0].placement.together = random.Below(3) == 0;
  if (there > 0 && mode == ServiceMode::kReplicated && random.Below(3) == 0) {
    world->state_.ledger.PutBinding({spec.name, ServiceName("web"), 1},
                                    {HostId("host101"), "its data"});
  }
  return spec;
}

TEST(PlacingNear, GivesTheSameAsAmongAllHosts) {
  int near = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SeededRandom random(seed);
    World world;
    const AppSpec spec = MakeWorld(random, &world);
    const PlacedApp placed = PlaceApp(world.state_, spec);
    EXPECT_EQ(placed.placement, PlaceAmongAll(world.state_, spec).placement) << "seed " << seed;
    near += placed.all_hosts ? 0 : 1;
  }
  EXPECT_GT(near, 30);
}

}  // namespace
}  // namespace quayside::controller
