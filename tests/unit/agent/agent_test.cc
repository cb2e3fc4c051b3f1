#include "agent/agent.h"

#include <iostream>

#include <gtest/gtest.h>

#include "tests/unit/agent/host_world.h"

namespace quayside::agent {
namespace {

// Two versions of one service; `exclusive` gives it a fixed port.
class AgentTest : public testing::Test {
 protected:
  SpecDigest Spec(const std::string& image, bool exclusive) {
    ContainerSpec spec;
    spec.image = image;
    if (exclusive) spec.ports = {{.host_port = 8080, .container_port = 80}};
    NetworkSpec network{.name = "shop_default"};
    spec.networks["default"] = network;
    spec.network_attachments = {{.network = "default"}};
    return world_.AddSpec(spec);
  }

  void Deploy(const std::string& id, const SpecDigest& spec) {
    Assignment assignment = world_.With({HostWorld::Make(id, "web", spec)});
    for (const Instance& before : world_.last.instances) assignment.keep.push_back(before.id);
    world_.Assign(assignment);
  }

  // The calls that change something, from the `from`-th on, as text.
  std::vector<std::string> Calls(size_t from) {
    std::vector<std::string> calls;
    for (size_t i = from; i < world_.docker.calls().size(); ++i) {
      const std::string& text = world_.docker.calls()[i].text;
      if (text.rfind("inspect", 0) != 0 && text.rfind("list", 0) != 0) calls.push_back(text);
    }
    return calls;
  }

  void TearDown() override {
    if (HasFailure()) std::cerr << world_.Story();
  }

  HostWorld world_;
};

TEST_F(AgentTest, RunsAndProvesWhatIsAssigned) {
  world_.StartAgent();
  Deploy("aaaa", Spec(world_.PushImage("one"), false));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }));
  world_.Run(absl::Seconds(1));
  ASSERT_EQ(world_.link.acks.size(), 1u);
  EXPECT_EQ(world_.link.acks[0].generation, 1);
  EXPECT_EQ(world_.link.acks[0].error, "");
  EXPECT_EQ(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kUnlessStopped);
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kRunning);
  EXPECT_TRUE(world_.Status("aaaa")->uptime_only);
  EXPECT_TRUE(world_.link.report.settled);
}

TEST_F(AgentTest, StartsTheNewOneFirstWhereNothingIsExclusive) {
  world_.StartAgent();
  Deploy("aaaa", Spec(world_.PushImage("one"), false));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }));
  world_.Run(absl::Seconds(1));
  int least = 2;
  world_.docker.on_change = [&] { least = std::min(least, world_.RunningIn("web")); };
  Deploy("bbbb", Spec(world_.PushImage("two"), false));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb") && !world_.Running("aaaa"); }));
  world_.Run(absl::Seconds(1));
  EXPECT_EQ(least, 1);
  EXPECT_EQ(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kNo);
  EXPECT_EQ(world_.ContainerOf("bbbb")->policy, ArmedPolicy::kUnlessStopped);
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kStopped);
  EXPECT_TRUE(world_.Status("aaaa")->retired);
}

TEST_F(AgentTest, StopsTheOldOneFirstWhereAPortIsFixedAndPullsAndCreatesBeforeThat) {
  world_.StartAgent();
  Deploy("aaaa", Spec(world_.PushImage("one"), true));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }));
  world_.Run(absl::Seconds(1));
  int most = 0;
  world_.docker.on_change = [&] { most = std::max(most, world_.RunningIn("web")); };
  const size_t from = world_.docker.calls().size();
  Deploy("bbbb", Spec(world_.PushImage("two"), true));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb"); }));
  world_.Run(absl::Seconds(1));
  EXPECT_EQ(most, 1);
  const std::vector<std::string> calls = Calls(from);
  ASSERT_EQ(calls.size(), 6u) << testing::PrintToString(calls);
  EXPECT_EQ(calls[0].rfind("pull", 0), 0u) << calls[0];
  EXPECT_EQ(calls[1].rfind("create", 0), 0u) << calls[1];
  EXPECT_EQ(calls[2].rfind("stop", 0), 0u) << calls[2];
}

TEST_F(AgentTest, LooksOnceAtWhatItMadeBeforeTheNextCall) {
  world_.StartAgent();
  Deploy("aaaa", Spec(world_.PushImage("one"), true));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }));
  world_.Run(absl::Seconds(1));
  const size_t from = world_.docker.calls().size();
  Deploy("bbbb", Spec(world_.PushImage("two"), true));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("bbbb"); }));
  int looks = 0;
  for (size_t i = from; i < world_.docker.calls().size(); ++i) {
    const std::string& text = world_.docker.calls()[i].text;
    if (text.rfind("stop", 0) == 0) break;
    looks += text.rfind("inspect ", 0) == 0 && text.rfind("inspect image", 0) != 0 ? 1 : 0;
  }
  EXPECT_EQ(looks, 1);
}

TEST_F(AgentTest, GoesBackToTheSameContainerWhenTheNewOneExits) {
  world_.StartAgent();
  Deploy("aaaa", Spec(world_.PushImage("one"), true));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }));
  world_.Run(absl::Seconds(1));
  const std::string before = world_.ContainerOf("aaaa")->id;
  Deploy("bbbb", Spec(world_.PushImage("bad", {.exits_after = absl::Milliseconds(300),
                                               .exit_code = 3,
                                               .log = "no config\n"}),
                      true));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.StateOf("bbbb") == InstanceState::kFailed; }));
  world_.Run(absl::Seconds(5));
  EXPECT_TRUE(world_.Running("aaaa"));
  EXPECT_EQ(world_.ContainerOf("aaaa")->id, before);
  EXPECT_EQ(world_.ContainerOf("aaaa")->policy, ArmedPolicy::kUnlessStopped);
  const InstanceStatus* failed = world_.Status("bbbb");
  EXPECT_TRUE(failed->verdict);
  EXPECT_EQ(failed->failure, FailureKind::kApplication);
  EXPECT_EQ(failed->exit_code, 3);
  EXPECT_NE(failed->log_tail.find("no config"), std::string::npos);
  EXPECT_TRUE(world_.Said("went_back"));
  EXPECT_TRUE(world_.Status("aaaa")->proven);
}

TEST_F(AgentTest, KeepsAFirstContainerThatFailedForInspection) {
  world_.StartAgent();
  Deploy("aaaa", Spec(world_.PushImage("bad", {.exits_after = absl::Milliseconds(300)}), true));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.StateOf("aaaa") == InstanceState::kFailed; }));
  world_.Run(absl::Minutes(2));
  ASSERT_NE(world_.ContainerOf("aaaa"), nullptr);
  EXPECT_FALSE(world_.Running("aaaa"));
  EXPECT_EQ(world_.CallsLike("start"), 1);
}

TEST_F(AgentTest, FailsAnImageThatIsNotInTheRegistryAndNeverStopsTheOldOne) {
  world_.StartAgent();
  Deploy("aaaa", Spec(world_.PushImage("one"), true));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }));
  world_.Run(absl::Seconds(1));
  const std::string image = world_.PushImage("gone");
  world_.registry.Remove(image);
  Deploy("bbbb", Spec(image, true));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.StateOf("bbbb") == InstanceState::kFailed; }));
  EXPECT_TRUE(world_.Running("aaaa"));
  EXPECT_EQ(world_.CallsLike("stop"), 0);
}

TEST_F(AgentTest, WaitsForARegistryThatIsAwayAndSaysSo) {
  world_.StartAgent();
  world_.registry.error = absl::UnavailableError("registry answers 503");
  Deploy("aaaa", Spec(world_.PushImage("one"), false));
  world_.Run(absl::Seconds(30));
  EXPECT_EQ(world_.StateOf("aaaa"), InstanceState::kPulling);
  EXPECT_EQ(world_.Status("aaaa")->failure, FailureKind::kInfrastructure);
  world_.registry.error = absl::OkStatus();
  EXPECT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }));
}

TEST_F(AgentTest, AnAgentThatComesBackAdoptsWhatRunsWithoutARestart) {
  world_.StartAgent();
  Deploy("aaaa", Spec(world_.PushImage("one"), false));
  ASSERT_TRUE(world_.RunUntil([&] { return world_.Proven("aaaa"); }));
  world_.Run(absl::Seconds(1));
  world_.KillAgent();
  world_.Run(absl::Minutes(1));
  const size_t from = world_.docker.calls().size();
  world_.StartAgent();
  world_.Run(absl::Minutes(2));
  EXPECT_TRUE(world_.Proven("aaaa"));
  EXPECT_EQ(Calls(from), std::vector<std::string>{"facts"});
}

}  // namespace
}  // namespace quayside::agent
