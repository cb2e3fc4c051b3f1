// A committed container that turns unhealthy is restarted: at once, then slowly, one per host at a
// time, and whatever happens to the agent in between.
#include <iostream>

#include <gtest/gtest.h>

#include "tests/unit/agent/host_world.h"

namespace quayside::agent {
namespace {

class Unhealthy : public testing::Test {
 protected:
  ContainerSpec Spec(const std::string& name, fake::FakeBehaviour behaviour = {}) {
    ContainerSpec spec;
    spec.image = world_.PushImage(name, behaviour);
    spec.probe = ProbeSpec{.kind = ProbeSpec::Kind::kTcp, .port = 80};
    return spec;
  }
  // Services "web1", "web2"… with instances "aaaa", "bbbb"…, proven and armed.
  void RunProven(const std::vector<ContainerSpec>& specs) {
    world_.StartAgent();
    std::vector<Instance> instances;
    for (size_t i = 0; i < specs.size(); ++i) {
      instances.push_back(
          HostWorld::Make(Id(i), "web" + std::to_string(i + 1), world_.AddSpec(specs[i])));
    }
    world_.Assign(world_.With(instances));
    for (size_t i = 0; i < specs.size(); ++i) {
      ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven(Id(i)); }));
    }
    world_.Run(absl::Seconds(10));
  }
  void TearDown() override {
    if (HasFailure()) std::cerr << world_.Story();
  }
  static std::string Id(size_t i) { return std::string(4, static_cast<char>('a' + i)); }
  void FailProbe(const std::string& id) { world_.docker.FailProbe(world_.ContainerOf(id)->id); }
  int Stops() const { return world_.CallsLike("stop"); }

  HostWorld world_;
};

TEST_F(Unhealthy, TheSameContainerIsRestartedAndProvenAgain) {
  RunProven({Spec("one")});
  const std::string container = world_.ContainerOf("aaaa")->id;
  FailProbe("aaaa");
  ASSERT_TRUE(world_.RunUntil([&] { return Stops() == 1; }, absl::Seconds(10)));
  world_.Run(absl::Seconds(10));
  EXPECT_TRUE(world_.Proven("aaaa"));
  EXPECT_EQ(world_.ContainerOf("aaaa")->id, container);
  EXPECT_EQ(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kUnlessStopped);
  EXPECT_TRUE(world_.Said("container_unhealthy"));
  EXPECT_FALSE(world_.Said("drift_healed"));
  EXPECT_EQ(world_.Status("aaaa")->restarts, 1);
  EXPECT_EQ(Stops(), 1);
}

TEST_F(Unhealthy, OneThatWasPausedGoesOnWhereItWas) {
  RunProven({Spec("one")});
  world_.Run(absl::Minutes(10));  // it is long past the time that it had to become healthy
  world_.docker.Pause(world_.ContainerOf("aaaa")->id);
  world_.Run(absl::Seconds(10));
  EXPECT_TRUE(world_.Said("drift_healed"));
  EXPECT_TRUE(world_.Proven("aaaa"));
  EXPECT_EQ(Stops(), 0);
}

TEST_F(Unhealthy, DockersOwnHealthCheckCountsToo) {
  ContainerSpec spec = Spec("one");
  spec.probe.reset();
  spec.health_check = HealthCheck{.test = {"CMD", "/check"}, .interval = absl::Seconds(1)};
  RunProven({spec});
  world_.docker.SetHealth(world_.ContainerOf("aaaa")->id, HealthState::kUnhealthy);
  ASSERT_TRUE(world_.RunUntil([&] { return Stops() == 1; }, absl::Seconds(10)));
  world_.Run(absl::Seconds(10));
  EXPECT_TRUE(world_.Proven("aaaa"));
  EXPECT_EQ(world_.CallsLike("start"), 2);
}

TEST_F(Unhealthy, FlappingIsDampedAndATrustedRunEndsThat) {
  RunProven({Spec("one")});
  std::vector<absl::Duration> waits;
  MonoTime last = world_.time.Now();
  for (int i = 1; i <= 9; ++i) {
    FailProbe("aaaa");
    ASSERT_TRUE(world_.RunUntil([&] { return Stops() == i; }, absl::Minutes(6)));
    waits.push_back(world_.time.Now() - last);
    last = world_.time.Now();
    ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }, absl::Seconds(30)));
  }
  EXPECT_LT(waits[0], absl::Seconds(10));
  EXPECT_GT(waits[6], absl::Seconds(30));
  EXPECT_GT(waits[8], absl::Minutes(2));
  world_.Run(absl::Minutes(11));
  FailProbe("aaaa");
  EXPECT_TRUE(world_.RunUntil([&] { return Stops() == 10; }, absl::Seconds(10)));
}

TEST_F(Unhealthy, WhatRecoversDuringItsBackOffIsLeftAlone) {
  RunProven({Spec("one")});
  for (int i = 1; i <= 6; ++i) {
    FailProbe("aaaa");
    ASSERT_TRUE(world_.RunUntil([&] { return Stops() == i; }, absl::Minutes(2)));
    ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }, absl::Seconds(30)));
  }
  FailProbe("aaaa");
  world_.Run(absl::Seconds(15));
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kUnhealthy);
  EXPECT_EQ(world_.Status("aaaa")->reason.find("its probe fails"), 0u);
  EXPECT_NE(world_.Status("aaaa")->reason.find("restarted again when it has run for 32s"),
            std::string::npos);
  world_.docker.PassProbe(world_.ContainerOf("aaaa")->id);
  world_.Run(absl::Minutes(2));
  EXPECT_EQ(Stops(), 6);
  EXPECT_TRUE(world_.Proven("aaaa"));
}

TEST_F(Unhealthy, NeverTheWholeHostTogether) {
  RunProven({Spec("one"), Spec("two"), Spec("three")});
  for (const char* id : {"aaaa", "bbbb", "cccc"}) FailProbe(id);
  std::vector<MonoTime> stops;
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(world_.RunUntil([&] { return Stops() == i; }, absl::Seconds(20)));
    stops.push_back(world_.time.Now());
  }
  EXPECT_GE(stops[1] - stops[0], absl::Seconds(5));
  EXPECT_GE(stops[2] - stops[1], absl::Seconds(5));
  world_.Run(absl::Seconds(10));
  for (const char* id : {"aaaa", "bbbb", "cccc"}) EXPECT_TRUE(world_.Proven(id));
}

TEST_F(Unhealthy, ThePolicyNoIsObeyed) {
  ContainerSpec spec = Spec("one");
  spec.restart.condition = RestartSpec::Condition::kNone;
  RunProven({spec});
  FailProbe("aaaa");
  world_.Run(absl::Minutes(2));
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kUnhealthy);
  EXPECT_EQ(Stops(), 0);
}

// Wherever the agent dies, the container runs again, and it is not taken for a job that ended.
TEST_F(Unhealthy, AnAgentThatDiesInBetweenStartsItAgain) {
  ContainerSpec spec = Spec("one", {.stop_takes = absl::Seconds(2)});
  spec.restart.condition = RestartSpec::Condition::kOnFailure;
  RunProven({spec});
  FailProbe("aaaa");
  ASSERT_TRUE(world_.RunUntil([&] { return Stops() == 1; }, absl::Seconds(10)));
  world_.KillAgent();
  world_.Run(absl::Seconds(10));
  EXPECT_FALSE(world_.Running("aaaa"));
  world_.StartAgent(false);
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Running("aaaa"); }, absl::Seconds(5)));
  world_.Run(absl::Minutes(2));
  EXPECT_TRUE(world_.Running("aaaa"));
  EXPECT_EQ(Stops(), 1);
}

TEST_F(Unhealthy, AnEngineThatCannotBeAskedMakesNobodyUnhealthy) {
  RunProven({Spec("one")});
  world_.docker.CrashDaemon(fake::ContainerFate::kLiveOn);
  FailProbe("aaaa");
  world_.Run(absl::Minutes(1));
  EXPECT_EQ(Stops(), 0);
  world_.docker.StartDaemon();
  EXPECT_TRUE(world_.RunUntil([&] { return Stops() == 1; }, absl::Seconds(20)));
}

}  // namespace
}  // namespace quayside::agent
