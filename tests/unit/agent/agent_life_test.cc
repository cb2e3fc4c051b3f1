// What happens to a container after it was put in place: drift, crashes, engine trouble, removal,
// cleanup.
#include <iostream>

#include <gtest/gtest.h>

#include "common/base/status.h"
#include "tests/unit/agent/host_world.h"

namespace quayside::agent {
namespace {

class AgentLife : public testing::Test {
 protected:
  ContainerSpec Spec(const std::string& name, fake::FakeBehaviour behaviour = {}) {
    ContainerSpec spec;
    spec.image = world_.PushImage(name, behaviour);
    spec.networks["default"] = {.name = "shop_default"};
    spec.network_attachments = {{.network = "default"}};
    return spec;
  }
  void Deploy(std::vector<Instance> instances) {
    Assignment assignment = world_.With(std::move(instances));
    for (const Instance& before : world_.last.instances) assignment.keep.push_back(before.id);
    world_.Assign(std::move(assignment));
  }
  // One service "web", instance "aaaa", proven and armed.
  void RunOne(ContainerSpec spec) {
    world_.StartAgent();
    Deploy({HostWorld::Make("aaaa", "web", world_.AddSpec(std::move(spec)))});
    ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }));
    world_.Run(absl::Seconds(2));
  }
  void TearDown() override {
    if (HasFailure()) std::cerr << world_.Story();
  }
  const std::string& EngineId(const std::string& id) { return world_.ContainerOf(id)->id; }

  HostWorld world_;
};

TEST_F(AgentLife, StartsAgainWhatWasStoppedByHandAndSaysSo) {
  RunOne(Spec("one"));
  world_.docker.ByHand(StopContainer{.container = EngineId("aaaa"), .grace = absl::Seconds(1)});
  ASSERT_TRUE(world_.RunUntil([&] { return !world_.Running("aaaa"); }, absl::Seconds(5)));
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Running("aaaa"); }, absl::Seconds(5)));
  world_.Run(absl::Seconds(2));
  EXPECT_TRUE(world_.Said("drift_healed"));
  EXPECT_TRUE(world_.Proven("aaaa"));
}

TEST_F(AgentLife, MakesAgainWhatWasRemovedByHand) {
  RunOne(Spec("one"));
  world_.docker.Vanish(EngineId("aaaa"));
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Running("aaaa"); }, absl::Seconds(5)));
  world_.Run(absl::Seconds(5));
  EXPECT_TRUE(world_.Proven("aaaa"));
  EXPECT_EQ(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kUnlessStopped);
}

TEST_F(AgentLife, ResumesWhatWasPausedAndRenamesBackAndPutsLimitsAndPolicyRight) {
  RunOne(Spec("one"));
  const std::string id = EngineId("aaaa");
  const std::string name = world_.ContainerOf("aaaa")->name;
  world_.docker.Pause(id);
  world_.Run(absl::Seconds(20));
  EXPECT_EQ(world_.ContainerOf("aaaa")->state, ContainerState::kRunning);
  world_.docker.ByHand(RenameContainer{.container = id, .name = "mine"});
  world_.Run(absl::Seconds(20));
  EXPECT_EQ(world_.ContainerOf("aaaa")->name, name);
  world_.docker.ByHand(SetLimits{.container = id, .limits = {.memory_bytes = 64 << 20}});
  world_.Run(absl::Seconds(20));
  EXPECT_EQ(world_.ContainerOf("aaaa")->limits.memory_bytes, int64_t{8} << 30);  // all there is
  world_.docker.ByHand(SetPolicy{.container = id, .policy = ArmedPolicy::kNo});
  world_.Run(absl::Seconds(20));
  EXPECT_EQ(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kUnlessStopped);
  EXPECT_EQ(world_.CallsLike("start"), 1);
}

TEST_F(AgentLife, JoinsANetworkAgainThatItWasTakenFromAndIsContentThen) {
  ContainerSpec spec = Spec("one");
  spec.networks["default"] = {.name = "shop_default"};
  spec.network_attachments = {{.network = "default"}};
  RunOne(spec);
  world_.docker.LeaveNetwork(EngineId("aaaa"), "shop_default");
  world_.Run(absl::Seconds(5));
  EXPECT_TRUE(world_.ContainerOf("aaaa")->addresses.contains("shop_default"));
  world_.Run(absl::Minutes(5));
  EXPECT_EQ(world_.CallsLike("connect"), 1);
  EXPECT_TRUE(world_.Proven("aaaa"));
}

TEST_F(AgentLife, GoesBackWithinSecondsWhenSomebodyElseHoldsThePortOfTheNewOne) {
  ContainerSpec old_spec = Spec("one"), new_spec = Spec("two");
  old_spec.ports = {{.host_port = 5199, .container_port = 80}};
  new_spec.ports = {{.host_port = 5199, .container_port = 80},
                    {.host_port = 5079, .container_port = 81}};
  RunOne(old_spec);
  int refused = 0;
  world_.docker.fault = [&](const EngineCall& call) -> std::optional<fake::CallFault> {
    const auto* start = std::get_if<StartContainer>(&call);
    const auto* made = world_.ContainerOf("bbbb");
    if (start == nullptr || made == nullptr || start->container != made->id) return std::nullopt;
    ++refused;
    return fake::CallFault{FailedPrecondition("listen tcp4 0.0.0.0:5079: address already in use")};
  };
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(new_spec))});
  ASSERT_TRUE(world_.RunUntil([&] { return refused > 0; }, absl::Seconds(20)));
  EXPECT_FALSE(world_.Running("aaaa"));
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Running("aaaa"); }, absl::Seconds(10)));
  world_.Run(absl::Minutes(10));
  EXPECT_EQ(refused, 3);
  EXPECT_TRUE(world_.Running("aaaa"));
  EXPECT_TRUE(world_.Said("went_back"));
}

TEST_F(AgentLife, TakesOverACrashLoopFromTheEngineAndRestartsSlowly) {
  RunOne(Spec("one", {.exits_after = absl::Seconds(3)}));
  world_.Run(absl::Minutes(2));
  EXPECT_TRUE(world_.Said("crash_loop_entered"));
  EXPECT_NE(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kUnlessStopped);
  const int before = world_.CallsLike("start");
  world_.Run(absl::Minutes(30));
  const int starts = world_.CallsLike("start") - before;
  EXPECT_GE(starts, 4);
  EXPECT_LE(starts, 12);
}

TEST_F(AgentLife, RestartsAtOnceWhatTheEngineCannotRestart) {
  ContainerSpec spec = Spec("one", {.exits_after = absl::Seconds(3), .failing_runs = 1});
  spec.restart.condition = RestartSpec::Condition::kOnFailure;
  RunOne(spec);
  EXPECT_EQ(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kNo);
  ASSERT_TRUE(world_.RunUntil([&] { return !world_.Running("aaaa"); }, absl::Seconds(10)));
  const MonoTime crashed = world_.time.Now();
  const size_t from = world_.docker.calls().size();
  ASSERT_TRUE(world_.RunUntil([&] { return world_.CallsLike("start") == 2; }, absl::Seconds(1)));
  EXPECT_LE(world_.time.Now() - crashed, absl::Milliseconds(20));
  // dockerd holds a container that has just died: nothing is asked of it before the start.
  EXPECT_EQ(world_.docker.calls().at(from).text.rfind("start", 0), 0u);
  world_.Run(absl::Seconds(5));
  EXPECT_EQ(world_.Status("aaaa")->restarts, 1);
}

TEST_F(AgentLife, WhatEndedAndIsNotRestartedIsLookedAtOnce) {
  ContainerSpec spec = Spec("one", {.exits_after = absl::Seconds(3), .exit_code = 3});
  spec.restart.condition = RestartSpec::Condition::kNone;
  RunOne(spec);
  const int looks = world_.CallsLike("inspect ");
  ASSERT_TRUE(world_.RunUntil([&] { return !world_.Running("aaaa"); }, absl::Seconds(10)));
  world_.Run(absl::Seconds(2));
  EXPECT_EQ(world_.CallsLike("start"), 1);
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kExited);
  EXPECT_EQ(world_.Status("aaaa")->exit_code, 3);
  EXPECT_LE(world_.CallsLike("inspect ") - looks, 1);
}

TEST_F(AgentLife, AJobThatEndsWithZeroIsCompletedAndNotRunAgainAtBoot) {
  ContainerSpec spec = Spec("job", {.exits_after = absl::Seconds(2), .exit_code = 0});
  spec.restart.condition = RestartSpec::Condition::kNone;
  world_.StartAgent();
  Instance job = HostWorld::Make("aaaa", "web", world_.AddSpec(spec));
  job.min_healthy = absl::Seconds(10);
  Deploy({job});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }, absl::Seconds(20)));
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kCompleted);
  world_.KillAgent();
  world_.docker.CrashDaemon(fake::ContainerFate::kKilled);
  world_.Run(absl::Seconds(1));
  world_.docker.StartDaemon();
  world_.StartAgent();
  world_.Run(absl::Seconds(30));
  EXPECT_EQ(world_.CallsLike("start"), 1);
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kCompleted);
}

TEST_F(AgentLife, ConcludesNothingWhileTheEngineCannotBeAsked) {
  RunOne(Spec("one"));
  world_.docker.CrashDaemon(fake::ContainerFate::kLiveOn);
  world_.Run(absl::Minutes(1));
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kUnknown);
  EXPECT_FALSE(world_.link.report.engine.reachable);
  const size_t calls = world_.docker.calls().size();
  world_.docker.StartDaemon();
  world_.Run(absl::Minutes(1));
  EXPECT_TRUE(world_.Proven("aaaa"));
  for (size_t i = calls; i < world_.docker.calls().size(); ++i) {
    EXPECT_NE(world_.docker.calls()[i].text.rfind("start", 0), 0u);
  }
  EXPECT_TRUE(world_.Said("engine_back"));
}

TEST_F(AgentLife, TriesAgainACandidateThatAnEngineRestartInterrupted) {
  RunOne(Spec("one"));
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(Spec("two")))});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Running("bbbb"); }, absl::Seconds(20)));
  world_.docker.CrashDaemon(fake::ContainerFate::kKilled);
  world_.Run(absl::Seconds(1));
  world_.docker.StartDaemon();
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb"); }, absl::Minutes(1)));
  EXPECT_TRUE(world_.Said("interrupted"));
}

TEST_F(AgentLife, RemovesOnlyWhatIsNamedAndThenItsNetworks) {
  RunOne(Spec("one"));
  Assignment nothing = world_.With({});
  world_.Assign(nothing);
  world_.Run(absl::Minutes(1));
  EXPECT_TRUE(world_.Running("aaaa"));
  EXPECT_EQ(world_.link.report.unnamed_apps, std::vector<AppName>{AppName("shop")});
  nothing.removals = {{.app = AppName("shop"), .service = ServiceName(), .why = "ctl rm"}};
  world_.Assign(nothing);
  ASSERT_TRUE(
      world_.RunUntil([&] { return !world_.link.report.removed_apps.empty(); }, absl::Minutes(1)));
  EXPECT_TRUE(world_.docker.containers().empty());
  EXPECT_TRUE(world_.docker.networks().empty() ||
              world_.docker.networks().count("shop_default") == 0);
  EXPECT_TRUE(world_.link.report.instances.empty());
}

TEST_F(AgentLife, StopsWhatIsToBeStoppedAndDoesNotHealIt) {
  RunOne(Spec("one"));
  std::vector<Instance> instances = world_.last.instances;
  instances[0].intent = Intent::kStop;
  world_.Assign(world_.With(instances));
  world_.Run(absl::Minutes(3));
  EXPECT_FALSE(world_.Running("aaaa"));
  EXPECT_EQ(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kNo);
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kStopped);
  instances[0].intent = Intent::kRun;
  world_.Assign(world_.With(instances));
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }, absl::Seconds(20)));
}

TEST_F(AgentLife, TwoSlotsSwapTheirPorts) {
  const auto with_port = [&](const std::string& name, uint32_t port) {
    ContainerSpec spec = Spec(name);
    spec.ports = {{.host_port = port, .container_port = 80}};
    return world_.AddSpec(spec);
  };
  world_.StartAgent();
  Deploy({HostWorld::Make("aaaa", "left", with_port("one", 80)),
          HostWorld::Make("bbbb", "right", with_port("two", 81))});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa") && world_.Proven("bbbb"); }));
  world_.Run(absl::Seconds(2));
  Deploy({HostWorld::Make("cccc", "left", with_port("three", 81)),
          HostWorld::Make("dddd", "right", with_port("four", 80))});
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Proven("cccc") && world_.Proven("dddd"); },
                              absl::Minutes(1)));
}

TEST_F(AgentLife, WhenOneOfTwoThatSwapPortsFailsBothGoBack) {
  const auto with_port = [&](const std::string& name, uint32_t port,
                             fake::FakeBehaviour behaviour = {}) {
    ContainerSpec spec = Spec(name, behaviour);
    spec.ports = {{.host_port = port, .container_port = 80}};
    return world_.AddSpec(spec);
  };
  world_.StartAgent();
  Deploy({HostWorld::Make("aaaa", "left", with_port("one", 80)),
          HostWorld::Make("bbbb", "right", with_port("two", 81))});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa") && world_.Proven("bbbb"); }));
  world_.Run(absl::Seconds(2));
  Deploy({HostWorld::Make("cccc", "left", with_port("three", 81)),
          HostWorld::Make("dddd", "right",
                          with_port("four", 80, {.exits_after = absl::Milliseconds(100)}))});
  world_.Run(absl::Minutes(1));
  EXPECT_TRUE(world_.Running("aaaa"));
  EXPECT_TRUE(world_.Running("bbbb"));
  EXPECT_EQ(world_.StateOf("cccc"), InstanceState::kFailed);
  EXPECT_EQ(world_.StateOf("dddd"), InstanceState::kFailed);
}

TEST_F(AgentLife, StartsAServiceAfterWhatItDependsOn) {
  ContainerSpec db = Spec("db");
  db.probe = ProbeSpec{.kind = ProbeSpec::Kind::kTcp, .port = 5432};
  ContainerSpec web = Spec("web");
  web.depends_on = {{.service = ServiceName("db"), .condition = DependencyCondition::kHealthy}};
  world_.StartAgent();
  Deploy({HostWorld::Make("aaaa", "db", world_.AddSpec(db)),
          HostWorld::Make("bbbb", "web", world_.AddSpec(web))});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Running("bbbb"); }, absl::Minutes(1)));
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kHealthy);
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb"); }, absl::Minutes(1)));
}

TEST_F(AgentLife, AContainerThatSharesANetworkIsMadeAgainWithItsHost) {
  ContainerSpec side = Spec("side");
  side.network_attachments.clear();
  side.networks.clear();
  side.network_mode = "service:web";
  world_.StartAgent();
  const SpecDigest side_spec = world_.AddSpec(side);
  Deploy({HostWorld::Make("aaaa", "web", world_.AddSpec(Spec("one"))),
          HostWorld::Make("ssss", "side", side_spec)});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("ssss"); }, absl::Minutes(1)));
  world_.Run(absl::Seconds(2));
  EXPECT_EQ(world_.ContainerOf("ssss")->plan.joined_containers.at("network"), EngineId("aaaa"));
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(Spec("two"))),
          HostWorld::Make("ssss", "side", side_spec)});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb"); }, absl::Minutes(1)));
  world_.Run(absl::Seconds(20));
  ASSERT_NE(world_.ContainerOf("ssss"), nullptr);
  EXPECT_EQ(world_.ContainerOf("ssss")->plan.joined_containers.at("network"), EngineId("bbbb"));
  EXPECT_TRUE(world_.Proven("ssss"));
}

TEST_F(AgentLife, CleansUpWhatNothingNeedsAndListsItFirst) {
  RunOne(Spec("one"));
  for (const char* id : {"bbbb", "cccc"}) {
    Assignment next = world_.With({HostWorld::Make(id, "web", world_.AddSpec(Spec(id)))});
    std::erase_if(next.specs,
                  [&](const auto& spec) { return spec.first != next.instances[0].spec; });
    world_.Assign(next);
    ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven(id); }, absl::Minutes(1)));
    world_.Run(absl::Seconds(10));
  }
  EXPECT_EQ(world_.docker.containers().size(), 2u);  // what runs, and the one before it
  world_.Command({.id = "1", .gc = true, .gc_dry_run = true});
  world_.Run(absl::Seconds(5));
  ASSERT_EQ(world_.link.outcomes.size(), 1u);
  ASSERT_EQ(world_.link.outcomes[0].lines.size(), 1u);
  EXPECT_NE(world_.link.outcomes[0].lines[0].find("registry/one@"), std::string::npos);
  EXPECT_EQ(world_.docker.images().size(), 3u);
  world_.Command({.id = "2", .gc = true, .gc_dry_run = false});
  world_.Run(absl::Seconds(5));
  EXPECT_EQ(world_.docker.images().size(), 2u);
  EXPECT_TRUE(world_.Running("cccc"));
}

TEST_F(AgentLife, FinishesAReplacementAfterARebootWithoutTheController) {
  ContainerSpec one = Spec("one"), two = Spec("two");
  one.ports = two.ports = {{.host_port = 80, .container_port = 80}};
  RunOne(one);
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(two))});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Running("bbbb"); }, absl::Minutes(1)));
  world_.KillAgent();
  world_.docker.CrashDaemon(fake::ContainerFate::kKilled);
  world_.Run(absl::Seconds(1));
  world_.docker.StartDaemon();
  world_.StartAgent(false);
  world_.Run(absl::Minutes(1));
  EXPECT_TRUE(world_.Running("bbbb"));
  EXPECT_EQ(world_.ContainerOf("bbbb")->policy, ArmedPolicy::kUnlessStopped);
  EXPECT_EQ(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kNo);
}

TEST_F(AgentLife, ACandidateThatIsOvertakenIsStoppedAndRemoved) {
  RunOne(Spec("one"));
  ContainerSpec slow = Spec("two", {.probe_passes_after = std::nullopt});
  slow.probe = ProbeSpec{.kind = ProbeSpec::Kind::kTcp, .port = 80};
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(slow))});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Running("bbbb"); }, absl::Minutes(1)));
  Assignment next = world_.With({HostWorld::Make("cccc", "web", world_.AddSpec(Spec("three")))});
  next.keep = {InstanceId("aaaa")};
  world_.Assign(next);
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("cccc"); }, absl::Minutes(1)));
  world_.Run(absl::Seconds(5));
  EXPECT_EQ(world_.ContainerOf("bbbb"), nullptr);
  EXPECT_EQ(world_.RunningIn("web"), 1);
  EXPECT_NE(world_.ContainerOf("aaaa"), nullptr);
}

TEST_F(AgentLife, RollingBackStartsTheKeptContainerAgain) {
  RunOne(Spec("one"));
  const Instance first = world_.last.instances[0];
  const std::string before = EngineId("aaaa");
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(Spec("two")))});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb"); }, absl::Minutes(1)));
  world_.Run(absl::Seconds(2));
  world_.registry.error = Unavailable("registry is gone");
  Deploy({first});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }, absl::Minutes(1)));
  world_.Run(absl::Seconds(2));
  EXPECT_EQ(EngineId("aaaa"), before);
  EXPECT_FALSE(world_.Running("bbbb"));
  EXPECT_FALSE(world_.Said("interrupted"));
}

TEST_F(AgentLife, AContainerThatIsKilledByHandWhileItIsACandidateIsNoVerdict) {
  RunOne(Spec("one"));
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(Spec("two")))});
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Running("bbbb"); }, absl::Minutes(1)));
  world_.docker.ByHand(StopContainer{.container = EngineId("bbbb"), .grace = absl::Seconds(1)});
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb"); }, absl::Minutes(1)));
}

TEST_F(AgentLife, AFullEngineDiskDelaysAndNeverFails) {
  RunOne(Spec("one"));
  world_.docker.disk_error = ResourceExhausted("no space left on device");
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(Spec("two")))});
  world_.Run(absl::Minutes(2));
  EXPECT_EQ(world_.Status("bbbb")->failure, FailureKind::kInfrastructure);
  EXPECT_FALSE(world_.Status("bbbb")->verdict);
  EXPECT_TRUE(world_.Running("aaaa"));
  world_.docker.disk_error = absl::OkStatus();
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb"); }, absl::Minutes(20)));
}

TEST_F(AgentLife, AHungEngineLeadsToNoVerdict) {
  RunOne(Spec("one"));
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(Spec("two")))});
  world_.Run(absl::Milliseconds(250));
  world_.docker.Hang();
  world_.Run(absl::Minutes(5));
  world_.docker.Heal();
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb"); }, absl::Minutes(10)));
  world_.Run(absl::Seconds(10));
  EXPECT_EQ(world_.RunningIn("web"), 1);
}

TEST_F(AgentLife, WhatACallHasDoneIsSeenBeforeTheNextCallOnIt) {
  world_.StartAgent();
  int refused = 0;
  world_.docker.fault = [&](const EngineCall& call) -> std::optional<fake::CallFault> {
    if (!std::holds_alternative<InspectContainer>(call) || refused >= 3) return std::nullopt;
    ++refused;
    return fake::CallFault{Unavailable("connection reset")};
  };
  Deploy({HostWorld::Make("aaaa", "web", world_.AddSpec(Spec("one")))});
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }, absl::Minutes(1)));
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(world_.CallsLike("create"), 1);
  EXPECT_EQ(world_.CallsLike("start"), 1);
}

TEST_F(AgentLife, KeepsEnforcingWhatItHasWhenItsDiskIsFull) {
  RunOne(Spec("one"));
  world_.files.write_error = ResourceExhausted("no space left on device");
  Deploy({HostWorld::Make("bbbb", "web", world_.AddSpec(Spec("two")))});
  world_.Run(absl::Seconds(10));
  EXPECT_NE(world_.link.acks.back().error, "");
  EXPECT_TRUE(world_.Running("aaaa"));
  EXPECT_TRUE(world_.Said("state_not_written"));
}

TEST_F(AgentLife, ADamagedAssignmentIsNotTakenForNothing) {
  RunOne(Spec("one"));
  world_.KillAgent();
  ASSERT_TRUE(world_.files.Write("assignment", "sha256:0\nrubbish").ok());
  world_.last = Assignment();
  world_.StartAgent();
  world_.Run(absl::Minutes(2));
  EXPECT_TRUE(world_.Running("aaaa"));
  EXPECT_TRUE(world_.Said("state_file_damaged"));
  EXPECT_EQ(world_.link.hello.generation, 0);
  EXPECT_TRUE(world_.files.Read("assignment.damaged").ok());
}

TEST_F(AgentLife, ANothingToDoPassIsOneList) {
  RunOne(Spec("one"));
  world_.Run(absl::Minutes(2));
  const size_t from = world_.docker.calls().size();
  world_.Run(absl::Minutes(10));
  for (size_t i = from; i < world_.docker.calls().size(); ++i) {
    const std::string& text = world_.docker.calls()[i].text;
    EXPECT_TRUE(text.rfind("list", 0) == 0 || text == "facts") << text;
  }
  EXPECT_LE(world_.docker.calls().size() - from, 18u);
}

}  // namespace
}  // namespace quayside::agent
