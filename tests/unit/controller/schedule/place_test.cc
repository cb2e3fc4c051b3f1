#include "controller/schedule/place.h"

#include <gtest/gtest.h>

namespace quayside::controller {
namespace {

struct World {
  PlaceInput in;
  World() { in.spec.name = AppName("shop"); }

  PlaceHost& Host(const std::string& name, std::map<std::string, std::string> labels = {}) {
    PlaceHost host;
    host.id = HostId(name);
    host.name = name;
    host.labels = std::move(labels);
    host.os = "linux";
    host.arch = "amd64";
    host.presence = Presence::kReady;
    host.nano_cpus = 4'000'000'000;
    host.memory_bytes = 1 << 30;
    return in.hosts[host.id] = host;
  }
  ServiceSpec& Service(const std::string& name, int replicas) {
    ServiceSpec service;
    service.name = ServiceName(name);
    service.replicas = replicas;
    in.spec.services.push_back(service);
    return in.spec.services.back();
  }
  void Adopt(const Placement& placement) {
    in.existing.clear();
    for (const PlacedSlot& placed : placement.slots) in.existing[placed.slot].insert(placed.host);
  }
};

// "web.1@h1 web.2@h2; web.3: summary [h1: why]"
std::string Print(const Placement& placement) {
  std::string text;
  for (const PlacedSlot& placed : placement.slots) {
    text += (text.empty() ? "" : " ") + placed.slot.service.value + "." +
            std::to_string(placed.slot.slot) + "@" + placed.host.value;
  }
  for (const UnplacedSlot& unplaced : placement.unplaced) {
    text += "; no " + unplaced.slot.service.value + "." + std::to_string(unplaced.slot.slot);
    for (const auto& [host, why] : unplaced.why) text += " [" + host.value + ": " + why + "]";
  }
  return text;
}

TEST(Place, SpreadsReplicasOverTheEmptiestHosts) {
  World world;
  world.Host("h1").instances = 5;
  world.Host("h2");
  world.Host("h3");
  world.Service("web", 4);
  EXPECT_EQ(Print(Place(world.in)), "web.1@h2 web.2@h3 web.3@h1 web.4@h2");
}

TEST(Place, AHostOrReplicaMoreMovesNothing) {
  World world;
  world.Host("h1");
  world.Host("h2");
  world.Service("web", 4);
  world.Adopt(Place(world.in));
  world.Host("h0");
  EXPECT_EQ(Print(Place(world.in)), "web.1@h1 web.2@h2 web.3@h1 web.4@h2");
  world.in.spec.services[0].replicas = 6;
  EXPECT_EQ(Print(Place(world.in)), "web.1@h1 web.2@h2 web.3@h1 web.4@h2 web.5@h0 web.6@h0");
}

TEST(Place, AHostThatIsGoneMovesOnlyItsOwnSlots) {
  World world;
  for (const char* name : {"h1", "h2", "h3"}) world.Host(name);
  world.Service("web", 6);
  world.Adopt(Place(world.in));
  world.in.hosts.erase(HostId("h2"));
  EXPECT_EQ(Print(Place(world.in)), "web.1@h1 web.2@h1 web.3@h3 web.4@h1 web.5@h3 web.6@h3");
}

TEST(Place, WhatRunsOnAHostThatCannotBeReachedStaysAndNothingNewGoesThere) {
  World world;
  world.Host("h1").presence = Presence::kLost;
  world.Host("h2");
  world.Service("web", 3);
  world.in.existing[{AppName("shop"), ServiceName("web"), 1}] = {HostId("h1")};
  EXPECT_EQ(Print(Place(world.in)), "web.1@h1 web.2@h2 web.3@h2");
}

TEST(Place, GlobalServicesAreOnEveryHostThatMatchesAndIsNotLost) {
  World world;
  world.Host("h1", {{"zone", "a"}});
  world.Host("h2", {{"zone", "b"}});
  world.Host("h3", {{"zone", "a"}}).presence = Presence::kAway;
  world.Host("h4", {{"zone", "a"}}).presence = Presence::kUnknown;
  world.Host("h5", {{"zone", "a"}}).presence = Presence::kLost;
  ServiceSpec& web = world.Service("web", 1);
  web.mode = ServiceMode::kGlobal;
  web.placement.constraints = {{"host.labels.zone", true, "a"}};
  const Placement placement = Place(world.in);
  EXPECT_EQ(Print(placement), "web.1@h1 web.1@h3 web.1@h4");
  EXPECT_TRUE(placement.unplaced.empty());
}

TEST(Place, AGlobalServiceThatNoHostMatchesIsPendingWithReasons) {
  World world;
  world.Host("h1", {{"zone", "b"}});
  world.Host("h2", {{"zone", "a"}}).presence = Presence::kLost;
  ServiceSpec& web = world.Service("web", 1);
  web.mode = ServiceMode::kGlobal;
  web.placement.constraints = {{"host.labels.zone", true, "a"}};
  const Placement placement = Place(world.in);
  EXPECT_TRUE(placement.slots.empty());
  ASSERT_EQ(placement.unplaced.size(), 1u);
  EXPECT_NE(placement.unplaced[0].summary.find("no suitable host"), std::string::npos);
  EXPECT_EQ(placement.unplaced[0].why.at(HostId("h2")), "it is lost");
}

struct ConstraintCase {
  Constraint constraint;
  bool fits;
};

TEST(Place, ConstraintsNameLabelsHostsAndPlatforms) {
  World world;
  const PlaceHost& host = world.Host("h1", {{"zone", "a"}});
  const ConstraintCase cases[] = {
      {{"node.labels.zone", true, "a"}, true},
      {{"node.labels.zone", false, "a"}, false},
      {{"host.labels.zone", true, "b"}, false},
      {{"node.labels.none", true, ""}, true},
      {{"node.labels.none", false, "x"}, true},
      {{"node.hostname", true, "h1"}, true},
      {{"node.hostname", false, "h1"}, false},
      {{"node.id", true, "h1"}, true},
      {{"node.platform.os", true, "linux"}, true},
      {{"node.platform.arch", true, "x86_64"}, true},
      {{"node.platform.arch", true, "arm64"}, false},
  };
  for (const ConstraintCase& test : cases) {
    ServiceSpec service;
    service.placement.constraints = {test.constraint};
    EXPECT_EQ(WhyConstraintsFail(service, host).empty(), test.fits)
        << test.constraint.key << (test.constraint.equal ? "==" : "!=") << test.constraint.value;
  }
}

TEST(Place, WhatDoesNotFitSaysWhyForEachHost) {
  World world;
  world.Host("h1").ports = {{{"", 80, "tcp"}, "blog/front"}};
  world.Host("h2").engine_reachable = false;
  world.Host("h3").presence = Presence::kUnknown;
  world.Host("h4").arch = "arm64";
  world.Host("h5").reserved_memory_bytes = 900 << 20;
  world.in.platforms[ServiceName("web")] = {"linux/amd64"};
  ServiceSpec& web = world.Service("web", 1);
  web.container.ports = {{"", 80, 8080, "tcp"}};
  web.reservations.memory_bytes = 512 << 20;
  EXPECT_EQ(Print(Place(world.in)),
            "; no web.1 [h1: port 80/tcp is taken by blog/front] [h2: its engine cannot be "
            "reached] [h3: it is unknown] [h4: its image has no linux/arm64] [h5: it reserves 512 "
            "MiB of memory and 124 MiB are left]");
}

TEST(Place, AFixedPortIsOncePerHostAndAddressesOfTheirOwnDoNotClash) {
  World world;
  world.Host("h1");
  world.Host("h2");
  world.Service("web", 3).container.ports = {{"", 80, 8080, "tcp"}};
  EXPECT_EQ(Print(Place(world.in)),
            "web.1@h1 web.2@h2; no web.3 [h1: port 80/tcp is taken by shop/web] [h2: port 80/tcp "
            "is taken by shop/web]");
  EXPECT_FALSE(Clash({"10.0.0.1", 80, "tcp"}, {"10.0.0.2", 80, "tcp"}));
  EXPECT_TRUE(Clash({"10.0.0.1", 80, "tcp"}, {"0.0.0.0", 80, "tcp"}));
  EXPECT_FALSE(Clash({"", 80, "tcp"}, {"", 80, "udp"}));
}

TEST(Place, MaxReplicasPerNodeLimitsEachHost) {
  World world;
  world.Host("h1");
  world.Host("h2");
  world.Service("web", 5).placement.max_replicas_per_node = 2;
  const Placement placement = Place(world.in);
  EXPECT_EQ(placement.slots.size(), 4u);
  ASSERT_EQ(placement.unplaced.size(), 1u);
  EXPECT_EQ(placement.unplaced[0].why.at(HostId("h1")), "max_replicas_per_node 2 is reached");
}

TEST(Place, ReservationsOfCpusAreCounted) {
  World world;
  world.Host("h1").reserved_nano_cpus = 3'000'000'000;
  world.Host("h2");
  world.Service("web", 3).reservations.nano_cpus = 2'000'000'000;
  EXPECT_EQ(Print(Place(world.in)),
            "web.1@h2 web.2@h2; no web.3 [h1: it reserves 2.00 CPUs and 1.00 are left] [h2: it "
            "reserves 2.00 CPUs and 0.00 are left]");
}

TEST(Place, ServicesThatStayTogetherGoToTheLeastUsedHostThatTakesAll) {
  World world;
  world.Host("h1").ports = {{{"", 80, "tcp"}, "blog/front"}};
  world.Host("h2").instances = 3;
  world.Host("h3").instances = 1;
  world.Service("db", 1).placement.together = true;
  ServiceSpec& web = world.Service("web", 1);
  web.placement.together = true;
  web.container.ports = {{"", 80, 8080, "tcp"}};
  EXPECT_EQ(Print(Place(world.in)), "db.1@h3 web.1@h3");
}

TEST(Place, ANewServiceJoinsTheHostWhereItsAppIs) {
  World world;
  for (const char* name : {"h1", "h2", "h3"}) world.Host(name);
  world.Service("db", 1).placement.together = true;
  world.Service("web", 1).placement.together = true;
  world.in.existing[{AppName("shop"), ServiceName("db"), 1}] = {HostId("h3")};
  EXPECT_EQ(Print(Place(world.in)), "db.1@h3 web.1@h3");
}

TEST(Place, AHostThatIsAwayKeepsItsAppTogetherAndNewServicesWait) {
  World world;
  world.Host("h1").presence = Presence::kAway;
  world.Host("h2");
  world.Service("db", 1).placement.together = true;
  world.Service("web", 1).placement.together = true;
  world.in.existing[{AppName("shop"), ServiceName("db"), 1}] = {HostId("h1")};
  const Placement placement = Place(world.in);
  EXPECT_EQ(placement.slots.size(), 1u);
  ASSERT_EQ(placement.unplaced.size(), 1u);
  EXPECT_EQ(placement.unplaced[0].summary,
            "shop/web.1 belongs on h1, where its app is, but it is away");
}

TEST(Place, ASlotWithDataStaysOnItsHostWhateverTheFileSays) {
  World world;
  world.Host("h1");
  world.Host("h2", {{"zone", "a"}});
  ServiceSpec& db = world.Service("db", 1);
  db.placement.constraints = {{"node.labels.zone", true, "a"}};
  const SlotKey slot{AppName("shop"), ServiceName("db"), 1};
  world.in.existing[slot] = {HostId("h1")};
  world.in.bindings[slot] = HostId("h1");
  const Placement placement = Place(world.in);
  EXPECT_EQ(Print(placement), "db.1@h1");
  ASSERT_EQ(placement.warnings.size(), 1u);
  EXPECT_NE(placement.warnings[0].find("ctl host move"), std::string::npos);
}

TEST(Place, SpreadsOverALabelBeforeItSpreadsOverHosts) {
  World world;
  world.Host("h1", {{"zone", "a"}});
  world.Host("h2", {{"zone", "a"}});
  world.Host("h3", {{"zone", "a"}});
  world.Host("h4", {{"zone", "b"}});
  world.Service("web", 4).placement.spread_over = {"node.labels.zone"};
  EXPECT_EQ(Print(Place(world.in)), "web.1@h1 web.2@h4 web.3@h2 web.4@h4");
}

TEST(Place, NothingExistingGivesWayToSomethingNew) {
  World world;
  world.Host("h1");
  ServiceSpec& api = world.Service("api", 1);
  api.container.ports = {{"", 80, 1, "tcp"}};
  ServiceSpec& web = world.Service("web", 1);
  web.container.ports = {{"", 80, 1, "tcp"}};
  world.in.existing[{AppName("shop"), ServiceName("web"), 1}] = {HostId("h1")};
  EXPECT_EQ(Print(Place(world.in)), "web.1@h1; no api.1 [h1: port 80/tcp is taken by shop/web]");
}

}  // namespace
}  // namespace quayside::controller
