// What only the fake can do: daemons that die, hang and lose answers, on virtual time. What it has
// in common with Docker is tested by tests/integration/engine_conformance_test.cc.
#include "agent/fake_engine/fake_docker.h"

#include <gtest/gtest.h>

#include "agent/fake_engine/fake_engine.h"
#include "agent/fake_engine/virtual_time.h"
#include "common/base/status.h"

namespace quayside::agent::fake {
namespace {

using absl::StatusCode;

constexpr char kImage[] = "r@sha256:1";

class FakeDockerTest : public testing::Test {
 protected:
  FakeDockerTest() {
    docker_.AddLocalImage({.image = kImage});
    engine_->Watch([this](EngineEvent event) { events_.push_back(std::move(event)); });
    time_.RunFor(absl::Milliseconds(10));
  }

  // Submits; the answer is there once time has moved.
  std::shared_ptr<std::optional<EngineReply>> Submit(EngineCall call) {
    auto answer = std::make_shared<std::optional<EngineReply>>();
    engine_->Submit(std::move(call), [answer](EngineReply reply) { *answer = std::move(reply); });
    EXPECT_FALSE(answer->has_value());
    return answer;
  }
  EngineReply Call(EngineCall call) {
    auto answer = Submit(std::move(call));
    for (int i = 0; i < 1000 && !answer->has_value(); ++i) time_.RunFor(absl::Milliseconds(10));
    return answer->value_or(Internal("no answer"));
  }
  std::string Started(const std::string& name, ArmedPolicy policy, FakeBehaviour behaviour = {}) {
    docker_.AddLocalImage({.image = kImage, .behaviour = behaviour});
    ContainerPlan plan;
    plan.name = name;
    plan.spec.image = kImage;
    plan.policy = policy;
    EXPECT_TRUE(Call(CreateContainer{plan}).ok());
    EXPECT_TRUE(Call(StartContainer{name}).ok());
    return docker_.Find(name)->id;
  }
  ContainerState StateOf(const std::string& name) { return docker_.Find(name)->state; }
  int Count(EngineEvent::Kind kind) {
    return static_cast<int>(std::count_if(events_.begin(), events_.end(),
                                          [kind](const EngineEvent& e) { return e.kind == kind; }));
  }

  VirtualTime time_;
  FakeRegistry registry_;
  FakeDocker docker_{"host", time_, registry_};
  std::unique_ptr<FakeEngine> engine_ = std::make_unique<FakeEngine>(docker_);
  std::vector<EngineEvent> events_;
};

TEST_F(FakeDockerTest, APowerCutStartsOnlyWhatWasArmedAndNotStoppedByHand) {
  Started("armed", ArmedPolicy::kUnlessStopped);
  Started("unarmed", ArmedPolicy::kNo);
  Started("stopped", ArmedPolicy::kUnlessStopped);
  ContainerPlan never;
  never.name = "never";
  never.spec.image = kImage;
  never.policy = ArmedPolicy::kUnlessStopped;
  ASSERT_TRUE(Call(CreateContainer{never}).ok());
  ASSERT_TRUE(Call(StopContainer{"stopped", absl::Seconds(1)}).ok());
  docker_.CrashDaemon(ContainerFate::kKilled);
  EXPECT_EQ(StateOf("armed"), ContainerState::kExited);
  EXPECT_EQ(docker_.Find("unarmed")->exit_code, 137);
  docker_.StartDaemon();
  EXPECT_EQ(StateOf("armed"), ContainerState::kRunning);
  EXPECT_EQ(StateOf("unarmed"), ContainerState::kExited);
  EXPECT_EQ(StateOf("stopped"), ContainerState::kExited);
  EXPECT_EQ(StateOf("never"), ContainerState::kCreated);
}

TEST_F(FakeDockerTest, LiveRestoreKeepsThemRunning) {
  const std::string id = Started("a", ArmedPolicy::kNo);
  const uint64_t run = docker_.Find(id)->run;
  docker_.CrashDaemon(ContainerFate::kLiveOn);
  EXPECT_EQ(Call(ListContainers{}).status().code(), StatusCode::kUnavailable);
  docker_.StartDaemon();
  EXPECT_EQ(StateOf("a"), ContainerState::kRunning);
  EXPECT_EQ(docker_.Find(id)->run, run);
}

TEST_F(FakeDockerTest, VanishedContainersAreGone) {
  Started("a", ArmedPolicy::kUnlessStopped);
  docker_.CrashDaemon(ContainerFate::kVanished);
  docker_.StartDaemon();
  EXPECT_TRUE(docker_.containers().empty());
}

TEST_F(FakeDockerTest, ACrashAnswersOpenCallsAndBreaksTheEventStream) {
  Started("a", ArmedPolicy::kNo, {.ignores_stop = true});
  auto stop = Submit(StopContainer{"a", absl::Seconds(30)});
  time_.RunFor(absl::Seconds(1));
  EXPECT_FALSE(stop->has_value());
  docker_.CrashDaemon(ContainerFate::kLiveOn);
  time_.RunFor(absl::Milliseconds(10));
  ASSERT_TRUE(stop->has_value());
  EXPECT_EQ((*stop)->status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(Count(EngineEvent::Kind::kDisconnected), 1);
  docker_.StartDaemon();
  time_.RunFor(absl::Milliseconds(10));
  EXPECT_EQ(Count(EngineEvent::Kind::kConnected), 2);
}

TEST_F(FakeDockerTest, AHungEngineTimesCallsOutAndCarriesThemOutWhenHealed) {
  Started("a", ArmedPolicy::kNo);
  docker_.Hang();
  auto stop = Submit(StopContainer{"a", absl::Seconds(5)});
  auto list = Submit(ListContainers{});
  time_.RunFor(absl::Seconds(19));
  EXPECT_FALSE(stop->has_value());
  time_.RunFor(absl::Seconds(2));
  ASSERT_TRUE(stop->has_value());
  EXPECT_EQ((*stop)->status().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(StateOf("a"), ContainerState::kRunning);
  EXPECT_FALSE(list->has_value());
  docker_.Heal();
  time_.RunFor(absl::Seconds(1));
  EXPECT_EQ(StateOf("a"), ContainerState::kExited) << "what was asked happened late";
  ASSERT_TRUE(list->has_value());
  EXPECT_TRUE((*list)->ok());
}

TEST_F(FakeDockerTest, AnAnswerThatWaitsForAHungEngineComesWhenItIsHealed) {
  Started("a", ArmedPolicy::kNo, {.stop_takes = absl::Seconds(2)});
  auto stop = Submit(StopContainer{"a", absl::Seconds(30)});
  time_.RunFor(absl::Seconds(1));
  docker_.Hang();
  time_.RunFor(absl::Seconds(5));
  EXPECT_FALSE(stop->has_value());
  docker_.Heal();
  time_.RunFor(absl::Milliseconds(10));
  ASSERT_TRUE(stop->has_value());
  EXPECT_TRUE((*stop)->ok());
}

TEST_F(FakeDockerTest, AKilledAgentsCallsAreCarriedOutUnheard) {
  ContainerPlan plan;
  plan.name = "a";
  plan.spec.image = kImage;
  auto answer = Submit(CreateContainer{plan});
  engine_.reset();
  time_.RunFor(absl::Seconds(1));
  EXPECT_NE(docker_.Find("a"), nullptr);
  EXPECT_FALSE(answer->has_value());
}

TEST_F(FakeDockerTest, FaultsReplaceTheEffectOrOnlyTheAnswer) {
  Started("a", ArmedPolicy::kNo);
  CallFault wrong{.answer = Unavailable("lost")};
  docker_.fault = [&wrong](const EngineCall& call) -> std::optional<CallFault> {
    if (std::holds_alternative<SetPolicy>(call)) return wrong;
    return std::nullopt;
  };
  EXPECT_EQ(Call(SetPolicy{"a", ArmedPolicy::kUnlessStopped}).status().code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(docker_.Find("a")->policy, ArmedPolicy::kNo);
  wrong.takes_effect = true;
  EXPECT_EQ(Call(SetPolicy{"a", ArmedPolicy::kUnlessStopped}).status().code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(docker_.Find("a")->policy, ArmedPolicy::kUnlessStopped);
  wrong.never_answers = true;
  auto never = Submit(SetPolicy{"a", ArmedPolicy::kNo});
  time_.RunFor(absl::Hours(1));
  EXPECT_FALSE(never->has_value());
  EXPECT_EQ(docker_.Find("a")->policy, ArmedPolicy::kNo);
}

TEST_F(FakeDockerTest, RestartsBackOffFrom100MillisecondsToAMinute) {
  Started("a", ArmedPolicy::kUnlessStopped, {.exits_after = absl::Milliseconds(1)});
  time_.RunFor(absl::Seconds(3.5));  // 0.1 + 0.2 + 0.4 + 0.8 + 1.6, and it waits for the sixth
  EXPECT_EQ(docker_.Find("a")->restart_count, 6);
  time_.RunFor(absl::Minutes(10));
  const int32_t after_ten_minutes = docker_.Find("a")->restart_count;
  time_.RunFor(absl::Minutes(10));
  EXPECT_EQ(docker_.Find("a")->restart_count - after_ten_minutes, 10);
}

TEST_F(FakeDockerTest, ACrashThatEndsLetsItRun) {
  Started("a", ArmedPolicy::kUnlessStopped,
          {.exits_after = absl::Milliseconds(1), .failing_runs = 2});
  time_.RunFor(absl::Minutes(1));
  EXPECT_EQ(StateOf("a"), ContainerState::kRunning);
  EXPECT_EQ(docker_.Find("a")->restart_count, 2);
}

TEST_F(FakeDockerTest, AStaticAddressIsHeldByOneAtATime) {
  for (const char* name : {"a", "b"}) {
    ContainerPlan plan;
    plan.name = name;
    plan.spec.image = kImage;
    plan.spec.networks["n"] = {.name = "net"};
    plan.spec.network_attachments = {{.network = "n", .ipv4_address = "10.1.0.5"}};
    ASSERT_TRUE(Call(EnsureNetwork{plan.spec.networks["n"], {}}).ok());
    ASSERT_TRUE(Call(CreateContainer{plan}).ok());
  }
  EXPECT_TRUE(Call(StartContainer{"a"}).ok());
  EXPECT_EQ(Call(StartContainer{"b"}).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Call(StopContainer{"a", absl::Seconds(1)}).ok());
  EXPECT_TRUE(Call(StartContainer{"b"}).ok());
}

TEST_F(FakeDockerTest, AFailingRegistryAndAFullDiskFailPulls) {
  registry_.Push({.image = "r@sha256:2", .platforms = {"linux/arm64"}});
  registry_.error = ResourceExhausted("toomanyrequests");
  EXPECT_EQ(Call(PullImage{"r@sha256:2", ""}).status().code(), StatusCode::kResourceExhausted);
  registry_.error = absl::OkStatus();
  docker_.disk_error = ResourceExhausted("no space left on device");
  EXPECT_EQ(Call(PullImage{"r@sha256:2", ""}).status().code(), StatusCode::kResourceExhausted);
  docker_.disk_error = absl::OkStatus();
  EXPECT_EQ(Call(PullImage{"r@sha256:2", "linux/amd64"}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_TRUE(Call(PullImage{"r@sha256:2", "linux/arm64"}).ok());
}

TEST_F(FakeDockerTest, ProbesPassSomeTimeAfterAStart) {
  Started("a", ArmedPolicy::kNo, {.probe_passes_after = absl::Seconds(5)});
  ProbeTarget target;
  target.container = "a";
  EXPECT_FALSE(docker_.AnswerProbe(target).ok());
  time_.RunFor(absl::Seconds(6));
  EXPECT_TRUE(docker_.AnswerProbe(target).ok());
  docker_.Exit("a", 1);
  EXPECT_FALSE(docker_.AnswerProbe(target).ok());
}

TEST_F(FakeDockerTest, HandsOnTheHostActAtOnceAndAreTold) {
  const std::string id = Started("a", ArmedPolicy::kNo);
  int changes = 0;
  docker_.on_change = [&changes] { ++changes; };
  docker_.Exit("a", 137, /*oom_killed=*/true);
  EXPECT_TRUE(docker_.Find(id)->oom_killed);
  docker_.ByHand(StartContainer{"a"});
  EXPECT_EQ(StateOf("a"), ContainerState::kRunning);
  docker_.Pause("a");
  EXPECT_EQ(StateOf("a"), ContainerState::kPaused);
  EXPECT_TRUE(Call(UnpauseContainer{"a"}).ok());
  docker_.Vanish("a");
  EXPECT_EQ(docker_.Find(id), nullptr);
  EXPECT_GE(changes, 5);
  time_.RunFor(absl::Milliseconds(10));
  std::vector<std::string> actions;
  for (const EngineEvent& event : events_) {
    if (event.container == id) actions.push_back(event.action);
  }
  EXPECT_EQ(actions, (std::vector<std::string>{"create", "start", "oom", "die", "start", "pause",
                                               "unpause", "die", "destroy"}));
}

TEST_F(FakeDockerTest, TheSameCallsAtTheSameTimesGiveTheSameResult) {
  const auto run = [] {
    VirtualTime time;
    FakeRegistry registry;
    FakeDocker docker("h", time, registry);
    FakeEngine engine(docker);
    docker.AddLocalImage({.image = kImage, .behaviour = {.exits_after = absl::Milliseconds(300)}});
    std::string trace;
    engine.Watch([&](EngineEvent event) { trace += event.container + event.action + ";"; });
    for (const char* name : {"a", "b", "c"}) {
      ContainerPlan plan;
      plan.name = name;
      plan.spec.image = kImage;
      plan.policy = ArmedPolicy::kUnlessStopped;
      engine.Submit(CreateContainer{plan}, [](EngineReply) {});
      engine.Submit(StartContainer{name}, [&trace](EngineReply r) { trace += r.ok() ? "+" : "-"; });
    }
    time.RunFor(absl::Seconds(20));
    return trace;
  };
  EXPECT_EQ(run(), run());
  EXPECT_GT(run().size(), 100u);
}

}  // namespace
}  // namespace quayside::agent::fake
