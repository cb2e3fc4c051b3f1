// Plan as tables: what is wanted and what is there, and the printed plan.
#include "agent/plan.h"

#include <functional>

#include <gtest/gtest.h>

#include "agent/labels.h"

namespace quayside::agent {
namespace {

const SlotKey kSlot{.app = AppName("shop"), .service = ServiceName("web"), .slot = 1};
constexpr char kImage[] = "registry/web@sha256:aa";

// A host as Plan sees it; the tests change what they are about.
struct World {
  World() {
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

  PlanResult Run() const {
    return Plan({.engine_known = engine_known,
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
                 .wall = wall});
  }

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

ContainerSpec Free() { return {.image = kImage}; }
ContainerSpec WithPort(uint32_t port = 80) {
  return {.image = kImage, .ports = {{.host_port = port, .container_port = 80}}};
}

TEST(Plan, IsEmptyWhenTheEngineCannotBeAsked) {
  World world;
  world.Want("aaaa", Free());
  world.engine_known = false;
  const PlanResult plan = world.Run();
  EXPECT_TRUE(plan.actions.empty());
  EXPECT_TRUE(plan.unnamed_apps.empty());
  EXPECT_FALSE(plan.settled);
}

TEST(Plan, PullsAndEnsuresNetworksSideBySideBeforeItCreates) {
  World world;
  ContainerSpec spec = Free();
  spec.networks["default"] = {.name = "shop_default"};
  spec.network_attachments = {{.network = "default"}};
  world.Want("aaaa", spec);
  world.images[kImage].local = false;
  EXPECT_EQ(world.Printed(), (Lines{"pull registry/web@sha256:aa: for shop/web.1",
                                    "ensure network shop_default: for shop/web.1"}));
  world.images[kImage].local = true;
  world.networks.push_back({.spec = spec.networks["default"], .id = "n1"});
  EXPECT_EQ(world.Printed(), Lines{"create shop/web.1 aaaa: new"});
}

TEST(Plan, MakesARemovedContainerAgainMoreSlowlyWhenSomebodyInsists) {
  World world;
  world.Want("aaaa", Free());
  world.Committed("aaaa");
  EXPECT_EQ(world.Printed(), Lines{"create shop/web.1 aaaa: it was removed"});
  Trouble& healed = world.troubles[DriftKey(InstanceId("aaaa"))];
  healed.retry_at = MonoTime::FromNanos(1'000'000'000'001);
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_EQ(world.Run().next, healed.retry_at);
  healed.retry_at = MonoTime::FromNanos(1'000'000'000'000);
  EXPECT_EQ(world.Printed(), Lines{"create shop/web.1 aaaa: it was removed"});
}

TEST(Plan, RunsAFinishedJobNotAgainWhenItsRecordIsLost) {
  World world;
  ContainerSpec job = Free();
  job.restart.condition = RestartSpec::Condition::kNone;
  world.Want("aaaa", job);
  Container& container = world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kNo, job);
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_TRUE(world.records[kSlot].completed);
  EXPECT_EQ(world.records[kSlot].committed, InstanceId("aaaa"));
  // One that failed is not known to be done.
  world.records.clear();
  container.detail.exit_code = 1;
  EXPECT_EQ(world.Printed(), Lines{"start shop/web.1 aaaa: new"});
}

TEST(Plan, StopsNothingUntilTheNewOneIsCreated) {
  World world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, WithPort());
  world.Committed("aaaa");
  world.Health("aaaa", true);
  world.Want("bbbb", WithPort());
  world.images[kImage].local = false;
  EXPECT_EQ(world.Printed(), Lines{"pull registry/web@sha256:aa: for shop/web.1"});
  world.images[kImage].local = true;
  EXPECT_EQ(world.Printed(), Lines{"create shop/web.1 bbbb: new"});
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Printed(), Lines{"stop shop/web.1 aaaa: makes way for bbbb"});
  EXPECT_EQ(world.records[kSlot].candidate, InstanceId("bbbb"));
}

TEST(Plan, RemovesWhatIsNotNeededWhenTheReplacementIsOver) {
  World world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kNo, Free());
  world.Have("bbbb", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, Free());
  world.Have("cccc", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, Free());
  world.Committed("cccc").previous = InstanceId("bbbb");
  world.Health("bbbb", true);
  world.Health("cccc", true);
  world.Want("cccc", Free());
  EXPECT_EQ(world.Printed(), Lines{"stop shop/web.1 bbbb: replaced by cccc"});
  Container& old = world.containers[InstanceId("bbbb")];
  old.detail.row.state = ContainerState::kExited;
  EXPECT_EQ(world.Printed(), Lines{"disarm shop/web.1 bbbb: replaced by cccc"});
  old.detail.policy = ArmedPolicy::kNo;
  EXPECT_EQ(world.Printed(), Lines{"remove shop/web.1 aaaa: not needed for going back any more"});
}

TEST(Plan, WritesNothingBetweenTheStopOfTheOldOneAndTheStartOfTheNewOne) {
  World world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, WithPort());
  world.Committed("aaaa");
  world.Health("aaaa", true);
  world.Want("bbbb", WithPort());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Printed(), Lines{"stop shop/web.1 aaaa: makes way for bbbb"});
  world.containers[InstanceId("aaaa")].detail.row.state = ContainerState::kExited;
  world.health.clear();
  const PlanResult plan = world.Run();
  EXPECT_TRUE(plan.records.empty());
  EXPECT_EQ(world.Printed(),
            (Lines{"disarm shop/web.1 aaaa: makes way for bbbb", "start shop/web.1 bbbb: new"}));
}

TEST(Plan, AStartThatWasRecordedAndNeverCameIsMade) {
  World world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kNo, WithPort());
  world.Want("bbbb", WithPort());
  // It ran once before this attempt, so the engine has a stamp of a run that is not the
  // candidate's.
  Container& tried = world.Have("bbbb", ContainerState::kExited, ArmedPolicy::kNo, WithPort());
  tried.exit_judged = true;
  tried.detail.exit_code = 3;
  SlotRecord& record = world.Committed("aaaa");
  record.candidate = InstanceId("bbbb");
  record.candidate_started = true;
  record.candidate_ran_before = tried.detail.started_at;
  EXPECT_EQ(world.Printed(), Lines{"start shop/web.1 bbbb: new"});
  EXPECT_TRUE(world.records[kSlot].verdicts.empty());
}

TEST(Plan, StartsTheNewOneBesideTheOldOneWhereNothingIsExclusive) {
  World world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, Free());
  world.Committed("aaaa");
  world.Health("aaaa", true);
  world.Want("bbbb", Free());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, Free());
  EXPECT_EQ(world.Printed(), Lines{"start shop/web.1 bbbb: new"});
  world.containers[InstanceId("bbbb")].detail.row.state = ContainerState::kRunning;
  world.containers[InstanceId("bbbb")].detail.started_at = world.wall;
  world.Health("bbbb", true);
  EXPECT_EQ(world.Printed(), Lines{"arm shop/web.1 bbbb: proven"});
  world.containers[InstanceId("bbbb")].detail.policy = ArmedPolicy::kUnlessStopped;
  EXPECT_EQ(world.Printed(), Lines{"stop shop/web.1 aaaa: replaced by bbbb"});
}

TEST(Plan, WhatIsExclusiveDecidesTheOrder) {
  struct Row {
    const char* what;
    ContainerSpec spec;
    bool start_first_forced;
    bool starts_first;
  };
  ContainerSpec volume = Free(), read_only = Free(), tmpfs = Free(), device = Free(), host = Free(),
                any_port = Free();
  volume.mounts = {{.source = "data", .target = "/data"}};
  read_only.mounts = {{.source = "data", .target = "/data", .read_only = true}};
  tmpfs.mounts = {{.type = MountType::kTmpfs, .target = "/tmp"}};
  device.devices = {{.host_path = "/dev/kvm", .container_path = "/dev/kvm"}};
  host.network_mode = "host";
  any_port.ports = {{.host_port = 0, .container_port = 80}};
  const Row rows[] = {{"nothing", Free(), false, true},
                      {"a fixed port", WithPort(), false, false},
                      {"a fixed port, forced", WithPort(), true, false},
                      {"a port that the engine chooses", any_port, false, true},
                      {"a volume", volume, false, false},
                      {"a volume, forced", volume, true, true},
                      {"a read-only mount", read_only, false, true},
                      {"a tmpfs", tmpfs, false, true},
                      {"a device", device, false, false},
                      {"the host's network", host, false, false}};
  for (const Row& row : rows) {
    World world;
    world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, row.spec);
    world.Committed("aaaa");
    world.Health("aaaa", true);
    world.Want("bbbb", row.spec).start_first_forced = row.start_first_forced;
    world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, row.spec);
    const Lines expected = row.starts_first ? Lines{"start shop/web.1 bbbb: new"}
                                            : Lines{"stop shop/web.1 aaaa: makes way for bbbb"};
    EXPECT_EQ(world.Printed(), expected) << row.what;
  }
}

TEST(Plan, WhatAStoppedContainerOfAnUnknownSpecHoldsIsNotGuessed) {
  World world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kUnlessStopped, WithPort());
  world.assignment.specs.clear();
  world.Committed("aaaa").candidate = InstanceId("bbbb");
  world.Want("bbbb", WithPort());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Printed(),
            (Lines{"disarm shop/web.1 aaaa: makes way for bbbb", "start shop/web.1 bbbb: new"}));
}

TEST(Plan, AnOvertakenCandidateStopsBeforeTheNextOneStartsOnItsVolume) {
  World world;
  ContainerSpec spec = Free();
  spec.mounts = {{.source = "data", .target = "/data"}};
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kNo, spec);
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, spec);
  world.Want("bbbb", spec);
  world.volumes = {"data"};
  SlotRecord& record = world.Committed("");  // nothing was proven yet
  record.candidate = InstanceId("aaaa");
  record.candidate_started = true;
  EXPECT_EQ(world.Printed(), Lines{"stop shop/web.1 aaaa: makes way for bbbb"});
}

TEST(Plan, WritesTheVerdictBeforeTheFirstCallOfGoingBack) {
  World world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kNo, WithPort());
  SlotRecord& record = world.Committed("aaaa");
  record.candidate = InstanceId("bbbb");
  record.candidate_started = true;
  world.Want("bbbb", WithPort());
  Container& tried = world.Have("bbbb", ContainerState::kExited, ArmedPolicy::kNo, WithPort());
  tried.exit_judged = true;
  tried.detail.exit_code = 3;
  const PlanResult plan = world.Run();
  EXPECT_TRUE(plan.actions.empty());
  ASSERT_TRUE(plan.records.contains(kSlot));
  const Verdict* verdict = FindVerdict(plan.records.at(kSlot), InstanceId("bbbb"));
  ASSERT_NE(verdict, nullptr);
  EXPECT_EQ(verdict->exit_code, 3);
  EXPECT_EQ(world.Printed(),
            (Lines{"start shop/web.1 aaaa: exited with code 0",
                   "read logs of shop/web.1 bbbb: its last lines tell why it failed"}));
}

TEST(Plan, AnExitThatWasNotSeenIsNoVerdict) {
  World world;
  SlotRecord& record = world.Committed("aaaa");
  record.candidate = InstanceId("bbbb");
  record.candidate_started = true;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kNo, WithPort());
  world.Want("bbbb", WithPort());
  world.Have("bbbb", ContainerState::kExited, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Printed(), Lines{"start shop/web.1 bbbb: new"});
  EXPECT_EQ(world.records[kSlot].candidate_tries, 1);
  EXPECT_TRUE(world.records[kSlot].verdicts.empty());
}

TEST(Plan, WithTheRecordLostTheArmedOneIsCommitted) {
  World world;
  world.Want("aaaa", Free());
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, Free());
  world.Health("aaaa", false);
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_EQ(world.records[kSlot].committed, InstanceId("aaaa"));
}

TEST(Plan, WithTheRecordLostAnUnarmedRunningOneIsLeftAlone) {
  World world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kNo, WithPort());
  world.Want("bbbb", WithPort());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_NE(world.Run().waiting.at(InstanceId("bbbb")).reason.find("nothing is known"),
            std::string::npos);
}

TEST(Plan, TouchesNothingThatIsNeitherAssignedNorNamed) {
  World world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kUnlessStopped, Free());
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_EQ(world.Run().unnamed_apps, std::vector<AppName>{AppName("shop")});
}

TEST(Plan, ARemovedSlotKeepsWhatGoingBackNeeds) {
  World world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kUnlessStopped, Free());
  world.Have("bbbb", ContainerState::kExited, ArmedPolicy::kNo, Free());
  world.assignment.keep = {InstanceId("aaaa")};
  world.assignment.removals = {{.app = kSlot.app, .service = kSlot.service, .slot = 1, .why = "x"}};
  EXPECT_EQ(world.Printed(), (Lines{"disarm shop/web.1 aaaa: x", "remove shop/web.1 bbbb: x"}));
  EXPECT_TRUE(world.Run().removed_slots.empty());
}

TEST(Plan, HasAtMostTwoStartsOrStopsInFlight) {
  World world;
  for (int slot = 1; slot <= 5; ++slot) {
    SlotKey key = kSlot;
    key.slot = slot;
    const std::string id = "a" + std::to_string(slot);
    world.Want(id, Free(), key);
    world.Have(id, ContainerState::kCreated, ArmedPolicy::kNo, Free(), key);
  }
  EXPECT_EQ(world.Printed().size(), 2u);
  world.busy[BusyKeyOfInstance(InstanceId("a1"))] = Action::Kind::kStart;
  EXPECT_EQ(world.Printed(), Lines{"start shop/web.2 a2: new"});
}

TEST(Plan, TheSameInputGivesTheSamePlan) {
  World world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, WithPort());
  world.Committed("aaaa");
  world.Want("bbbb", WithPort());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Run().actions, world.Run().actions);
}

TEST(Plan, RestartsAnUnhealthyContainerAndWritesThatDownFirst) {
  World world;
  world.Unhealthy("aaaa");
  const PlanResult first = world.Run();
  EXPECT_TRUE(first.actions.empty()) << "the record comes before the stop";
  ASSERT_EQ(first.notices.size(), 1u);
  EXPECT_EQ(first.notices[0].kind, "container_unhealthy");
  EXPECT_EQ(first.notices[0].message, "ill; restarted");
  const Waiting waiting = first.waiting.at(InstanceId("aaaa"));
  EXPECT_EQ(waiting.state, InstanceState::kUnhealthy);
  EXPECT_EQ(waiting.failure, FailureKind::kApplication) << "a rollout that watches it must know";
  EXPECT_EQ(world.Printed(), Lines{"stop shop/web.1 aaaa: ill"});
  EXPECT_EQ(world.records[kSlot].unhealthy_restarts, 1);
  // Stopped, by whatever life of the agent, with whatever exit code: it is started.
  world.containers[InstanceId("aaaa")].detail.row.state = ContainerState::kExited;
  world.assignment.specs[SpecDigest("spec-aaaa")].restart.condition =
      RestartSpec::Condition::kOnFailure;
  world.health.clear();
  EXPECT_EQ(world.Printed(), Lines{"start shop/web.1 aaaa: it was unhealthy"});
  // The run after it is another one.
  Container& container = world.containers[InstanceId("aaaa")];
  container.detail.row.state = ContainerState::kRunning;
  container.detail.started_at = world.wall;
  world.assignment.specs[SpecDigest("spec-aaaa")].restart = {};
  world.Health("aaaa", true);
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_EQ(world.records[kSlot].unhealthy_run, absl::InfinitePast());
  EXPECT_EQ(world.records[kSlot].unhealthy_restarts, 0) << "it has run for 10 minutes";
}

TEST(Plan, LeavesAnUnhealthyContainerAloneWhereItMustNotBeRestarted) {
  struct Row {
    const char* why;
    std::function<void(World&)> change;
  };
  const Row rows[] = {
      {"its policy is `no`",
       [](World& w) {
         w.assignment.specs[SpecDigest("spec-aaaa")].restart.condition =
             RestartSpec::Condition::kNone;
         w.containers[InstanceId("aaaa")].detail.policy = ArmedPolicy::kNo;
       }},
      {"another of this host was restarted a moment ago",
       [](World& w) { w.limits.next_unhealthy_restart = MonoTime::FromNanos(1'000'000'000'001); }},
      {"it was restarted a moment ago",
       [](World& w) {
         w.records[kSlot].unhealthy_restarts = 1;
         w.containers[InstanceId("aaaa")].running_since = MonoTime::FromNanos(999'500'000'000);
       }},
      {"it is stopped, whatever its health",
       [](World& w) { w.busy[BusyKeyOfInstance(InstanceId("aaaa"))] = Action::Kind::kStop; }},
      {"another container of its slot runs",
       [](World& w) {
         w.Have("zzzz", ContainerState::kRunning, ArmedPolicy::kNo, Free());
         w.busy[BusyKeyOfInstance(InstanceId("zzzz"))] = Action::Kind::kStop;
       }},
  };
  for (const Row& row : rows) {
    World world;
    world.Unhealthy("aaaa");
    row.change(world);
    EXPECT_EQ(world.Printed(), Lines{}) << row.why;
    EXPECT_EQ(world.records[kSlot].unhealthy_run, absl::InfinitePast()) << row.why;
  }
}

TEST(Plan, RestartsNoUnhealthyContainerWhileItIsReplaced) {
  World world;
  world.Unhealthy("aaaa");
  world.assignment.instances.clear();
  world.Want("bbbb", Free());
  world.Have("bbbb", ContainerState::kRunning, ArmedPolicy::kNo, Free());
  world.records[kSlot].candidate = InstanceId("bbbb");
  world.records[kSlot].candidate_started = true;
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_EQ(world.records[kSlot].unhealthy_restarts, 0);
}

TEST(Plan, RestartsNoUnhealthyContainerBeforeTheImageOfTheNewOneIsLocal) {
  World world;
  world.Unhealthy("aaaa");
  world.assignment.instances.clear();
  ContainerSpec next = Free();
  next.image = "registry/web@sha256:bb";
  world.Want("bbbb", next);
  EXPECT_EQ(world.Printed(),
            Lines{"inspect image shop/web.1 registry/web@sha256:bb: for shop/web.1"});
  EXPECT_EQ(world.records[kSlot].unhealthy_restarts, 0);
}

TEST(Plan, RestartsOneUnhealthyContainerAtATime) {
  World world;
  SlotKey second = kSlot;
  second.slot = 2;
  world.Unhealthy("aaaa");
  world.Unhealthy("bbbb", second);
  const PlanResult plan = world.Run();
  EXPECT_EQ(plan.records.size(), 1u);
  EXPECT_EQ(plan.notices.size(), 1u);
}

TEST(Plan, APortOfAnotherServiceIsNeverTakenByForce) {
  World world;
  SlotKey other = kSlot;
  other.service = ServiceName("other");
  world.Want("aaaa", WithPort(), other);
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, WithPort(), other);
  world.Committed("aaaa", other);
  world.Health("aaaa", true);
  world.Want("bbbb", WithPort());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Printed(), Lines{});
  const Waiting waiting = world.Run().waiting.at(InstanceId("bbbb"));
  EXPECT_EQ(waiting.reason, "port 0.0.0.0:80/tcp is held by shop-other-1-aaaa");
  EXPECT_EQ(waiting.failure, FailureKind::kInfrastructure);
}

}  // namespace
}  // namespace quayside::agent
