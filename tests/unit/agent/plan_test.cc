// Plan as tables: what is wanted and what is there, and the printed plan.
#include "agent/plan.h"

#include <functional>

#include <gtest/gtest.h>

#include "tests/unit/agent/plan_world.h"

namespace quayside::agent {
namespace {

TEST(Plan, IsEmptyWhenTheEngineCannotBeAsked) {
  PlanWorld world;
  world.Want("aaaa", Free());
  world.engine_known = false;
  const PlanResult plan = world.Run();
  EXPECT_TRUE(plan.actions.empty());
  EXPECT_TRUE(plan.unnamed_apps.empty());
  EXPECT_FALSE(plan.settled);
}

TEST(Plan, PullsAndEnsuresNetworksSideBySideBeforeItCreates) {
  PlanWorld world;
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
  PlanWorld world;
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
  PlanWorld world;
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
  PlanWorld world;
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
  PlanWorld world;
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
  PlanWorld world;
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
  PlanWorld world;
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
  PlanWorld world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, Free());
  world.Committed("aaaa");
  world.Health("aaaa", true);
  world.Want("bbbb", Free());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, Free());
  EXPECT_EQ(world.Printed(), Lines{"start shop/web.1 bbbb: new"});
  world.containers[InstanceId("bbbb")].detail.row.state = ContainerState::kRunning;
  world.containers[InstanceId("bbbb")].detail.started_at = world.wall;
  world.Health("bbbb", true);
  const std::string arm = "arm shop/web.1 bbbb: proven";
  EXPECT_EQ(world.Printed(), (Lines{arm, "stop shop/web.1 aaaa: replaced by bbbb"}));
  // One of them is armed at all times: the old one stays it until the new one is.
  Container& old = world.containers[InstanceId("aaaa")];
  old.detail.row.state = ContainerState::kExited;
  EXPECT_EQ(world.Printed(), Lines{arm});
  world.containers[InstanceId("bbbb")].detail.policy = ArmedPolicy::kUnlessStopped;
  EXPECT_EQ(world.Printed(), Lines{"disarm shop/web.1 aaaa: replaced by bbbb"});
}

TEST(Plan, AnArmingThatTheEngineRefusesKeepsTheOldOneRunning) {
  PlanWorld world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, Free());
  world.Have("bbbb", ContainerState::kRunning, ArmedPolicy::kNo, Free());
  world.Want("bbbb", Free());
  world.Committed("bbbb");
  world.Health("bbbb", true);
  Trouble& refused = world.troubles[BusyKeyOfInstance(InstanceId("bbbb"))];
  refused = {.call = Action::Kind::kArm, .retry_at = MonoTime::FromNanos(1'000'000'000'001)};
  EXPECT_EQ(world.Printed(), Lines{});
}

TEST(Plan, ACallThatFailedIsNotAskedForAgainAtOnceAndOthersAre) {
  PlanWorld world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, Free());
  world.Committed("aaaa");
  world.Want("aaaa", Free());
  world.assignment.instances.front().intent = Intent::kStop;
  Trouble& failed = world.troubles[BusyKeyOfInstance(InstanceId("aaaa"))];
  failed = {.call = Action::Kind::kStop, .retry_at = MonoTime::FromNanos(1'000'000'000'001)};
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_EQ(world.Run().next, failed.retry_at);
  failed.call = Action::Kind::kStart;
  EXPECT_EQ(world.Printed().size(), 1u);
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
    PlanWorld world;
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
  PlanWorld world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kUnlessStopped, WithPort());
  world.assignment.specs.clear();
  world.Committed("aaaa").candidate = InstanceId("bbbb");
  world.Want("bbbb", WithPort());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Printed(),
            (Lines{"disarm shop/web.1 aaaa: makes way for bbbb", "start shop/web.1 bbbb: new"}));
}

TEST(Plan, AnOvertakenCandidateStopsBeforeTheNextOneStartsOnItsVolume) {
  PlanWorld world;
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
  PlanWorld world;
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
  PlanWorld world;
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
  PlanWorld world;
  world.Want("aaaa", Free());
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, Free());
  world.Health("aaaa", false);
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_EQ(world.records[kSlot].committed, InstanceId("aaaa"));
}

TEST(Plan, WithTheRecordLostAnUnarmedRunningOneIsLeftAlone) {
  PlanWorld world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kNo, WithPort());
  world.Want("bbbb", WithPort());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_NE(world.Run().waiting.at(InstanceId("bbbb")).reason.find("nothing is known"),
            std::string::npos);
}

TEST(Plan, TouchesNothingThatIsNeitherAssignedNorNamed) {
  PlanWorld world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kUnlessStopped, Free());
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_EQ(world.Run().unnamed_apps, std::vector<AppName>{AppName("shop")});
}

TEST(Plan, ARemovedSlotKeepsWhatGoingBackNeeds) {
  PlanWorld world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kUnlessStopped, Free());
  world.Have("bbbb", ContainerState::kExited, ArmedPolicy::kNo, Free());
  world.assignment.keep = {InstanceId("aaaa")};
  world.assignment.removals = {{.app = kSlot.app, .service = kSlot.service, .slot = 1, .why = "x"}};
  EXPECT_EQ(world.Printed(), (Lines{"disarm shop/web.1 aaaa: x", "remove shop/web.1 bbbb: x"}));
  EXPECT_TRUE(world.Run().removed_slots.empty());
  EXPECT_TRUE(world.Run().vacated_slots.empty()) << "dockerd may start it";
}

TEST(Plan, ARemovedSlotIsVacatedWhenOnlyWhatIsKeptIsLeftAndStaysStopped) {
  PlanWorld world;
  world.Have("aaaa", ContainerState::kExited, ArmedPolicy::kNo, Free());
  world.assignment.keep = {InstanceId("aaaa")};
  world.assignment.removals = {{.app = kSlot.app, .service = kSlot.service, .slot = 1, .why = "x"}};
  EXPECT_EQ(world.Printed(), Lines{});
  EXPECT_EQ(world.Run().vacated_slots, std::vector<SlotKey>{kSlot});
  EXPECT_TRUE(world.Run().removed_slots.empty());

  world.Have("bbbb", ContainerState::kExited, ArmedPolicy::kNo, Free());
  EXPECT_TRUE(world.Run().vacated_slots.empty()) << "more is left than what is kept";
}

TEST(Plan, HasAtMostTwoStartsOrStopsInFlight) {
  PlanWorld world;
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
  PlanWorld world;
  world.Have("aaaa", ContainerState::kRunning, ArmedPolicy::kUnlessStopped, WithPort());
  world.Committed("aaaa");
  world.Want("bbbb", WithPort());
  world.Have("bbbb", ContainerState::kCreated, ArmedPolicy::kNo, WithPort());
  EXPECT_EQ(world.Run().actions, world.Run().actions);
}

TEST(Plan, APortOfAnotherServiceIsNeverTakenByForce) {
  PlanWorld world;
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
