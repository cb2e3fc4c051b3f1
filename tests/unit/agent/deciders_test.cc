// The small deciders: health, restarts, exclusive resources, intake, cleanup.
#include <gtest/gtest.h>

#include "agent/cleanup.h"
#include "agent/exclusive.h"
#include "agent/health.h"
#include "agent/intake.h"
#include "agent/restart.h"
#include "common/base/status.h"
#include "common/model/event_kind.h"

namespace quayside::agent {
namespace {

MonoTime At(double seconds) {
  return MonoTime::FromNanos(1) + absl::Seconds(1000) + absl::Seconds(seconds);
}

Container Running(HealthState health = HealthState::kNone) {
  Container container;
  container.detail.row.state = ContainerState::kRunning;
  container.detail.row.health = health;
  container.running_since = At(0);
  return container;
}

TEST(Health, WithoutChecksUptimeProves) {
  const HealthRules rules{.min_healthy = absl::Seconds(10)};
  Assessment early = Assess(Running(), rules, {}, false, At(0), At(9));
  EXPECT_EQ(early.state, InstanceState::kRunning);
  EXPECT_FALSE(early.proven);
  EXPECT_EQ(early.next, At(10));
  Assessment late = Assess(Running(), rules, {}, false, At(0), At(10));
  EXPECT_TRUE(late.proven);
  EXPECT_TRUE(late.uptime_only);
}

TEST(Health, WithZeroMinimumItIsProvenAtOnce) {
  const HealthRules rules{.min_healthy = absl::ZeroDuration()};
  EXPECT_TRUE(Assess(Running(), rules, {}, false, At(0), At(0)).proven);
}

TEST(Health, ACheckThatDoesNotPassUntilTheDeadlineFails) {
  const HealthRules rules{.min_healthy = absl::ZeroDuration(),
                          .healthy_deadline = absl::Seconds(60)};
  const Container container = Running(HealthState::kStarting);
  EXPECT_FALSE(Assess(container, rules, {}, false, At(0), At(59)).failed);
  const Assessment late = Assess(container, rules, {}, false, At(0), At(60));
  EXPECT_TRUE(late.failed);
  EXPECT_EQ(late.reason, "not healthy within 1m: waiting for its health check");
}

TEST(Health, DockerAndProbeMustBothPass) {
  const HealthRules rules{.min_healthy = absl::ZeroDuration(), .has_probe = true};
  ProbeTrack probe;
  EXPECT_FALSE(Assess(Running(HealthState::kHealthy), rules, probe, false, At(0), At(1)).proven);
  probe.healthy = true;
  EXPECT_TRUE(Assess(Running(HealthState::kHealthy), rules, probe, false, At(0), At(1)).proven);
  EXPECT_EQ(Assess(Running(HealthState::kUnhealthy), rules, probe, false, At(0), At(1)).state,
            InstanceState::kUnhealthy);
}

TEST(Health, AFailedDockerCheckIsQuoted) {
  Container container = Running(HealthState::kUnhealthy);
  container.detail.failed_check = "exit code 7: the queue is full";
  EXPECT_EQ(Assess(container, {}, {}, false, At(0), At(1)).reason,
            "its health check says unhealthy: exit code 7: the queue is full");
  container.detail.row.health = HealthState::kStarting;
  EXPECT_EQ(Assess(container, {}, {}, false, At(0), At(1)).reason,
            "waiting for its health check: exit code 7: the queue is full");
}

TEST(Health, ACommittedOneKeepsItsVerdictWhileItsChecksBeginAgain) {
  const HealthRules rules{.min_healthy = absl::ZeroDuration()};
  const Container container = Running(HealthState::kStarting);
  EXPECT_EQ(Assess(container, rules, {}, true, At(30), At(5)).state, InstanceState::kHealthy);
  EXPECT_EQ(Assess(container, rules, {}, true, At(30), At(31)).state, InstanceState::kStarting);
  EXPECT_EQ(Assess(container, rules, {}, false, At(30), At(5)).state, InstanceState::kStarting);
}

TEST(Health, ProbesComeQuicklyUntilTheFirstPassAndThenAtTheirInterval) {
  ProbeTrack track;
  const ProbeSpec spec;
  std::vector<absl::Duration> waits;
  for (int i = 0; i < 8; ++i) {
    NoteProbe(track, spec, Unavailable("refused"), absl::Milliseconds(5), At(0));
    waits.push_back(track.next - At(0));
  }
  EXPECT_EQ(waits[0], absl::Milliseconds(5));
  EXPECT_EQ(waits[1], absl::Milliseconds(10));
  EXPECT_EQ(waits[7], absl::Milliseconds(250));
  EXPECT_FALSE(track.unhealthy);
  NoteProbe(track, spec, absl::OkStatus(), absl::Milliseconds(5), At(0));
  EXPECT_TRUE(track.healthy);
  EXPECT_EQ(track.next - At(0), spec.interval);
  for (int i = 0; i < 2; ++i) {
    NoteProbe(track, spec, Unavailable("refused"), absl::Milliseconds(5), At(0));
  }
  EXPECT_TRUE(track.healthy);
  NoteProbe(track, spec, Unavailable("refused"), absl::Milliseconds(5), At(0));
  EXPECT_TRUE(track.unhealthy);
  EXPECT_FALSE(track.healthy);
}

TEST(Health, AProbeThatCouldNotBeAskedIsNeitherAPassNorAFailure) {
  ProbeTrack track;
  const ProbeSpec spec;
  NoteProbe(track, spec, absl::OkStatus(), absl::Milliseconds(5), At(0));
  for (int i = 0; i < 10; ++i) {
    NoteProbe(track, spec, absl::CancelledError("the engine does not answer"),
              absl::Milliseconds(5), At(i));
  }
  EXPECT_TRUE(track.healthy);
  EXPECT_EQ(track.failures, 0);
  EXPECT_EQ(track.next, At(9) + spec.interval);
}

Container Exited(int32_t code, bool judged) {
  Container container;
  container.detail.row.state = ContainerState::kExited;
  container.detail.exit_code = code;
  container.detail.started_at = absl::UnixEpoch();
  container.exit_judged = judged;
  container.exited_at = At(0);
  return container;
}

TEST(Restart, FollowsThePolicy) {
  using Kind = RestartDecision::Kind;
  using Condition = RestartSpec::Condition;
  struct Row {
    Condition condition;
    int32_t code;
    bool judged;
    Kind expected;
  };
  const Row rows[] = {
      {Condition::kAny, 0, true, Kind::kStart},
      {Condition::kAny, 1, true, Kind::kStart},
      {Condition::kOnFailure, 1, true, Kind::kStart},
      {Condition::kOnFailure, 0, true, Kind::kComplete},
      {Condition::kNone, 0, true, Kind::kComplete},
      {Condition::kNone, 1, true, Kind::kLeave},
      {Condition::kNone, 137, false, Kind::kStart},  // its host went down
      {Condition::kNone, 1, false, Kind::kLeave},
  };
  for (const Row& row : rows) {
    const RestartSpec policy{.condition = row.condition};
    EXPECT_EQ(DecideRestart(policy, {}, Exited(row.code, row.judged)).kind, row.expected)
        << static_cast<int>(row.condition) << " " << row.code << " " << row.judged;
  }
}

TEST(Restart, WaitsItsDelayAndEndsAfterItsAttempts) {
  const RestartSpec policy{.max_attempts = 2, .delay = absl::Seconds(5)};
  SlotRecord record;
  NoteExits(record, policy, 1, absl::UnixEpoch(), absl::Seconds(1));
  EXPECT_EQ(DecideRestart(policy, record, Exited(1, true)).at, At(5));
  NoteExits(record, policy, 2, absl::UnixEpoch(), absl::Seconds(1));
  EXPECT_EQ(DecideRestart(policy, record, Exited(1, true)).kind, RestartDecision::Kind::kLeave);
}

TEST(Restart, FiveExitsInTenMinutesAreACrashLoop) {
  const RestartSpec policy;
  SlotRecord record;
  for (int i = 0; i < 4; ++i) {
    NoteExits(record, policy, 1, absl::UnixEpoch() + absl::Minutes(i), absl::Seconds(1));
  }
  EXPECT_TRUE(ShouldBeArmed(policy, record));
  NoteExits(record, policy, 1, absl::UnixEpoch() + absl::Minutes(5), absl::Seconds(1));
  EXPECT_FALSE(ShouldBeArmed(policy, record));
  EXPECT_EQ(DecideRestart(policy, record, Exited(1, true)).at, At(1));
  NoteExits(record, policy, 1, absl::UnixEpoch() + absl::Minutes(6), absl::Seconds(1));
  EXPECT_EQ(DecideRestart(policy, record, Exited(1, true)).at, At(2));
}

TEST(Restart, AnUnhealthyOneIsRestartedAtOnceAndThenMoreAndMoreSlowly) {
  using Kind = RestartDecision::Kind;
  using Condition = RestartSpec::Condition;
  struct Row {
    RestartSpec policy;
    int32_t restarts;
    Kind expected;
    absl::Duration after;
  };
  const Row rows[] = {
      {{}, 0, Kind::kStart, absl::ZeroDuration()},
      {{}, 1, Kind::kStart, absl::Seconds(1)},
      {{}, 2, Kind::kStart, absl::Seconds(2)},
      {{}, 5, Kind::kStart, absl::Seconds(16)},
      {{}, 50, Kind::kStart, absl::Minutes(5)},
      {{.delay = absl::Seconds(7)}, 0, Kind::kStart, absl::ZeroDuration()},
      {{.delay = absl::Seconds(7)}, 1, Kind::kStart, absl::Seconds(7)},
      {{.condition = Condition::kOnFailure}, 0, Kind::kStart, absl::ZeroDuration()},
      {{.condition = Condition::kNone}, 0, Kind::kLeave, absl::ZeroDuration()},
      {{.max_attempts = 2}, 1, Kind::kStart, absl::Seconds(1)},
      {{.max_attempts = 2}, 2, Kind::kLeave, absl::ZeroDuration()},
  };
  for (const Row& row : rows) {
    SlotRecord record;
    record.unhealthy_restarts = row.restarts;
    const RestartDecision decision = DecideUnhealthyRestart(row.policy, record, Running());
    EXPECT_EQ(decision.kind, row.expected) << row.restarts << " " << decision.reason;
    if (row.expected == Kind::kStart) {
      EXPECT_EQ(decision.at, At(0) + row.after) << row.restarts;
    }
  }
}

TEST(Exclusive, PortsClashByAddressAndProtocol) {
  const auto claims = [](const std::string& ip, uint32_t port, const std::string& protocol) {
    ContainerSpec spec;
    spec.ports = {{.host_ip = ip, .host_port = port, .container_port = 80, .protocol = protocol}};
    return ClaimsOf(spec, {});
  };
  const Claims any = claims("", 80, "tcp");
  EXPECT_NE(Clash(any, claims("10.0.0.1", 80, "tcp")), "");
  EXPECT_NE(Clash(claims("0.0.0.0", 80, "tcp"), any), "");
  EXPECT_EQ(Clash(any, claims("", 80, "udp")), "");
  EXPECT_EQ(Clash(any, claims("", 81, "tcp")), "");
  EXPECT_EQ(Clash(claims("10.0.0.1", 80, "tcp"), claims("10.0.0.2", 80, "tcp")), "");
}

TEST(Exclusive, AVolumeOfTheImageIsSlotBoundUnlessAMountCoversIt) {
  ContainerSpec spec;
  EXPECT_TRUE(ClaimsOf(spec, {"/var/lib/data"}).slot_bound);
  EXPECT_EQ(ManagedMountPoints(spec, {"/var/lib/data"}), std::vector<std::string>{"/var/lib/data"});
  spec.mounts = {{.type = MountType::kTmpfs, .target = "/var/lib/data"}};
  EXPECT_FALSE(ClaimsOf(spec, {"/var/lib/data"}).slot_bound);
}

Assignment Assigned(int64_t generation, const std::string& app, const std::string& id,
                    const std::string& spec, bool with_spec = true) {
  Assignment assignment;
  assignment.generation = generation;
  Instance instance;
  instance.id = InstanceId(id);
  instance.slot = {.app = AppName(app), .service = ServiceName("web"), .slot = 1};
  instance.spec = SpecDigest(spec);
  assignment.instances.push_back(instance);
  if (with_spec) assignment.specs[instance.spec] = {.image = "r/i@sha256:aa"};
  return assignment;
}

TEST(Intake, AnAppThatCannotBeReadKeepsItsLastGoodInstances) {
  const Assignment current = Assigned(1, "shop", "aaaa", "s1");
  Assignment next = Assigned(2, "shop", "bbbb", "s2", false);
  Assignment blog = Assigned(2, "blog", "cccc", "s3");
  next.instances.push_back(blog.instances[0]);
  next.specs.merge(blog.specs);
  const Accepted accepted = Accept(current, next, {});
  ASSERT_EQ(accepted.rejections.size(), 1u);
  EXPECT_EQ(accepted.rejections[0].app, AppName("shop"));
  ASSERT_EQ(accepted.assignment.instances.size(), 2u);
  EXPECT_EQ(accepted.assignment.instances[0].id, InstanceId("cccc"));
  EXPECT_EQ(accepted.assignment.instances[1].id, InstanceId("aaaa"));
  EXPECT_TRUE(accepted.assignment.specs.contains(SpecDigest("s1")));
  EXPECT_EQ(accepted.assignment.generation, 2);
}

TEST(Intake, AHeldAppStaysAsItIsAndIsNotRemoved) {
  const Assignment current = Assigned(7, "shop", "aaaa", "s1");
  Assignment restored;
  restored.generation = 3;
  restored.epoch = StoreEpoch("another");
  restored.held_apps = {AppName("shop")};
  restored.removals = {{.app = AppName("shop"), .service = ServiceName(), .why = "old"}};
  const Accepted accepted = Accept(current, restored, {});
  ASSERT_EQ(accepted.assignment.instances.size(), 1u);
  EXPECT_TRUE(accepted.assignment.removals.empty());
  EXPECT_TRUE(accepted.rejections.empty());
}

TEST(Intake, AnImageWithoutADigestIsRefused) {
  Assignment next = Assigned(1, "shop", "aaaa", "s1");
  next.specs[SpecDigest("s1")].image = "nginx:latest";
  const Accepted accepted = Accept({}, next, {});
  ASSERT_EQ(accepted.rejections.size(), 1u);
  EXPECT_NE(accepted.rejections[0].reason.find("not pinned"), std::string::npos);
}

TEST(Cleanup, NeverTakesWhatIsNeededUsedOrNotOurs) {
  const absl::Time wall = absl::UnixEpoch() + absl::Hours(10);
  const ImageLedger ledger = {{"r/a@sha256:1", absl::InfiniteFuture()},
                              {"r/b@sha256:2", wall - absl::Hours(2)},
                              {"r/c@sha256:3", wall - absl::Hours(3)},
                              {"r/d@sha256:4", wall - absl::Minutes(1)}};
  std::vector<ImageDetail> images;
  for (int i = 1; i <= 5; ++i) {
    images.push_back({.id = "id" + std::to_string(i),
                      .repo_digests = {"r/x@sha256:" + std::to_string(i)},
                      .size_bytes = 100});
  }
  std::map<InstanceId, Container> containers;
  const auto names = [&](const CleanupRules& rules) {
    std::vector<std::string> out;
    for (const Removable& r : PlanCleanup(ledger, images, containers, rules, wall)) {
      out.push_back(r.image);
    }
    return out;
  };
  const CleanupRules all{.min_age = absl::Hours(1), .bytes_to_free = 1'000'000};
  EXPECT_EQ(names(all), (std::vector<std::string>{"r/c@sha256:3", "r/b@sha256:2"}));
  EXPECT_EQ(names({.min_age = absl::Hours(1), .bytes_to_free = 50}),
            std::vector<std::string>{"r/c@sha256:3"});
  containers[InstanceId("aaaa")].detail.image_id = "id3";
  EXPECT_EQ(names(all), std::vector<std::string>{"r/b@sha256:2"});
}

TEST(Cleanup, BeginsAndEndsAtLevelsOfTheDisk) {
  EngineFacts facts;
  EXPECT_EQ(BytesToFree(facts, 0.85, 0.80), 0);
  facts.disk_total_bytes = 1000;
  facts.disk_free_bytes = 200;
  EXPECT_EQ(BytesToFree(facts, 0.85, 0.80), 0);
  facts.disk_free_bytes = 100;
  EXPECT_EQ(BytesToFree(facts, 0.85, 0.80), 100);
}

TEST(EventKinds, AreSortedAndKnown) {
  for (size_t i = 1; i < EventKinds().size(); ++i) {
    EXPECT_LT(EventKinds()[i - 1].kind, EventKinds()[i].kind);
  }
  EXPECT_TRUE(IsEventKind(event_kind::kWentBack));
  EXPECT_FALSE(IsEventKind("made_up"));
}

}  // namespace
}  // namespace quayside::agent
