// The agent is killed right after each engine call of a replacement has taken effect (its answer is
// lost), for every call there is, with and without a reboot of the host at that point. Whatever
// the point: never two containers in an exclusive slot, never none that runs or can be started
// again, no orphan, and in the end what was asked.
#include <iostream>

#include <gtest/gtest.h>

#include "agent/labels.h"
#include "tests/unit/agent/host_world.h"

namespace quayside::agent {
namespace {

struct Case {
  bool exclusive;
  bool fails;
  bool reboot;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << (c.exclusive ? "stop-first" : "start-first") << (c.fails ? ", failure" : ", success")
       << (c.reboot ? ", reboot" : ", kill");
}

class CrashPoints : public testing::TestWithParam<Case> {
 protected:
  static SpecDigest Spec(HostWorld& world, const std::string& image) {
    ContainerSpec spec;
    spec.image = image;
    if (GetParam().exclusive) {
      spec.ports = {{.host_port = 8080, .container_port = 80}};
      spec.mounts = {{.source = "data", .target = "/data"}};
      spec.volumes["data"] = {.name = "shop_data"};
    }
    spec.networks["default"] = {.name = "shop_default"};
    spec.network_attachments = {{.network = "default"}};
    return world.AddSpec(spec);
  }

  static void Check(const HostWorld& world, bool between_reboots) {
    const int running = world.RunningIn("web");
    if (GetParam().exclusive) {
      EXPECT_LE(running, 1);
    }
    if (!GetParam().exclusive && !between_reboots) {
      EXPECT_GE(running, 1);
    }
    int startable = 0;
    for (const auto& [id, container] : world.docker.containers())
      startable += container.started_before;
    EXPECT_GE(startable, 1);
  }

  // Kills at call `k` of the replacement. False when there was no such call.
  static bool KillAt(int k) {
    HostWorld world;
    world.StartAgent();
    world.Assign(world.With({HostWorld::Make("aaaa", "web", Spec(world, world.PushImage("one")))}));
    EXPECT_TRUE(world.RunUntil([&] { return world.Proven("aaaa"); }));
    world.Run(absl::Seconds(1));

    bool rebooting = false;
    world.docker.on_change = [&] { Check(world, rebooting); };
    int calls = 0;
    bool killed = false;
    world.docker.fault = [&](const EngineCall&) -> std::optional<fake::CallFault> {
      if (calls++ == k) {
        world.time.At(world.time.Now(), [&] {
          world.KillAgent();
          killed = true;
        });
      }
      return std::nullopt;
    };
    fake::FakeBehaviour behaviour;
    if (GetParam().fails) behaviour.exits_after = absl::Milliseconds(300);
    Assignment assignment = world.With(
        {HostWorld::Make("bbbb", "web", Spec(world, world.PushImage("two", behaviour)))});
    assignment.keep = {InstanceId("aaaa")};
    world.Assign(assignment);
    world.RunUntil([&] { return killed; }, absl::Seconds(20));
    if (killed) {
      if (GetParam().reboot) {
        rebooting = true;
        world.docker.CrashDaemon(fake::ContainerFate::kKilled);
        world.Run(absl::Seconds(1));
        world.docker.StartDaemon();
      }
      world.Run(absl::Seconds(2));
      world.StartAgent();
      world.Run(absl::Seconds(60));
      rebooting = false;
    }
    Converged(world);
    if (HasFailure()) std::cerr << "killed at call " << k << "\n" << world.Story();
    return killed;
  }

  static void Converged(HostWorld& world) {
    const std::string runs = GetParam().fails ? "aaaa" : "bbbb";
    const std::string rests = GetParam().fails ? "bbbb" : "aaaa";
    EXPECT_TRUE(world.RunUntil([&] { return world.link.report.settled; }, absl::Minutes(5)));
    EXPECT_TRUE(world.Running(runs));
    EXPECT_FALSE(world.Running(rests));
    ASSERT_NE(world.ContainerOf(runs), nullptr);
    ASSERT_NE(world.ContainerOf(rests), nullptr);
    EXPECT_EQ(world.ContainerOf(runs)->policy, ArmedPolicy::kUnlessStopped);
    EXPECT_EQ(world.ContainerOf(rests)->policy, ArmedPolicy::kNo);
    EXPECT_EQ(world.docker.containers().size(), 2u);
    EXPECT_EQ(world.StateOf("bbbb"),
              GetParam().fails ? InstanceState::kFailed : InstanceState::kRunning);
    const InstanceStatus* status = world.Status(runs);
    ASSERT_NE(status, nullptr);
    EXPECT_TRUE(status->proven);
  }
};

TEST_P(CrashPoints, NoPointLosesOrDoublesAContainer) {
  int points = 0;
  while (KillAt(points) && !HasFailure()) ++points;
  EXPECT_GE(points, 8);
  RecordProperty("points", points);
}

INSTANTIATE_TEST_SUITE_P(All, CrashPoints,
                         testing::Values(Case{true, false, false}, Case{true, true, false},
                                         Case{false, false, false}, Case{false, true, false},
                                         Case{true, false, true}, Case{true, true, true},
                                         Case{false, false, true}, Case{false, true, true}));

}  // namespace
}  // namespace quayside::agent
