// What Plan does with a committed container that is unhealthy.
#include <functional>

#include <gtest/gtest.h>

#include "agent/plan.h"
#include "tests/unit/agent/plan_world.h"

namespace quayside::agent {
namespace {

TEST(Plan, RestartsAnUnhealthyContainerAndWritesThatDownFirst) {
  PlanWorld world;
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
    std::function<void(PlanWorld&)> change;
  };
  const Row rows[] = {
      {"its policy is `no`",
       [](PlanWorld& w) {
         w.assignment.specs[SpecDigest("spec-aaaa")].restart.condition =
             RestartSpec::Condition::kNone;
         w.containers[InstanceId("aaaa")].detail.policy = ArmedPolicy::kNo;
       }},
      {"another of this host was restarted a moment ago",
       [](PlanWorld& w) {
         w.limits.next_unhealthy_restart = MonoTime::FromNanos(1'000'000'000'001);
       }},
      {"it was restarted a moment ago",
       [](PlanWorld& w) {
         w.records[kSlot].unhealthy_restarts = 1;
         w.containers[InstanceId("aaaa")].running_since = MonoTime::FromNanos(999'500'000'000);
       }},
      {"it is stopped, whatever its health",
       [](PlanWorld& w) { w.busy[BusyKeyOfInstance(InstanceId("aaaa"))] = Action::Kind::kStop; }},
      {"another container of its slot runs",
       [](PlanWorld& w) {
         w.Have("zzzz", ContainerState::kRunning, ArmedPolicy::kNo, Free());
         w.busy[BusyKeyOfInstance(InstanceId("zzzz"))] = Action::Kind::kStop;
       }},
  };
  for (const Row& row : rows) {
    PlanWorld world;
    world.Unhealthy("aaaa");
    row.change(world);
    EXPECT_EQ(world.Printed(), Lines{}) << row.why;
    EXPECT_EQ(world.records[kSlot].unhealthy_run, absl::InfinitePast()) << row.why;
  }
}

TEST(Plan, RestartsNoUnhealthyContainerWhileItIsReplaced) {
  PlanWorld world;
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
  PlanWorld world;
  world.Unhealthy("aaaa");
  world.assignment.instances.clear();
  ContainerSpec next = Free();
  next.image = "registry/web@sha256:bb";
  world.Want("bbbb", next);
  EXPECT_EQ(world.Printed(), Lines{"inspect image registry/web@sha256:bb"});
  EXPECT_EQ(world.records[kSlot].unhealthy_restarts, 0);
}

TEST(Plan, RestartsOneUnhealthyContainerAtATime) {
  PlanWorld world;
  SlotKey second = kSlot;
  second.slot = 2;
  world.Unhealthy("aaaa");
  world.Unhealthy("bbbb", second);
  const PlanResult plan = world.Run();
  EXPECT_EQ(plan.records.size(), 1u);
  EXPECT_EQ(plan.notices.size(), 1u);
}

}  // namespace
}  // namespace quayside::agent
