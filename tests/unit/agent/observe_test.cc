// What the agent concludes from looking at a container again and again.
#include "agent/observe.h"

#include <gtest/gtest.h>

#include "agent/labels.h"

namespace quayside::agent {
namespace {

class ObserveTest : public testing::Test {
 protected:
  ObserveTest() {
    observation_.SetIdentity(FleetId("fleet"), HostId("host"));
    Container container;
    Instance instance;
    instance.id = InstanceId("aaaa");
    instance.slot = {AppName("shop"), ServiceName("web"), 1};
    instance.host = HostId("host");
    instance.spec = SpecDigest("spec");
    detail_.row.id = "c1";
    detail_.row.name = ContainerName(instance.slot, instance.id);
    detail_.row.labels = LabelsFor(FleetId("fleet"), instance, ContainerSpec());
    detail_.row.state = ContainerState::kRunning;
    detail_.policy = ArmedPolicy::kUnlessStopped;
    detail_.started_at = wall_;
    std::vector<Change> changes;
    observation_.FoldList({detail_.row}, true, changes);
    Look();
  }

  Change Look() {
    now_ = now_ + absl::Seconds(1);
    return observation_.FoldDetail(detail_, now_, wall_);
  }
  // The engine sees it end and will start it again.
  void EngineBacksOff() {
    detail_.row.state = ContainerState::kRestarting;
    ++detail_.restart_count;
  }
  void EngineStarts() {
    detail_.row.state = ContainerState::kRunning;
    detail_.started_at += absl::Seconds(1);
  }

  MonoTime now_ = MonoTime::FromNanos(1'000'000'000'000);
  absl::Time wall_ = absl::UnixEpoch() + absl::Hours(1000);
  Observation observation_;
  ContainerDetail detail_;
};

TEST_F(ObserveTest, AnEndThatTheEngineAnswersWithARestartCountsOnce) {
  EngineBacksOff();
  EXPECT_EQ(Look().exits, 1);
  EngineStarts();
  const Change started = Look();
  EXPECT_EQ(started.exits, 0);
  EXPECT_EQ(started.kind, Change::Kind::kStarted);
  EXPECT_EQ(Look().kind, Change::Kind::kNone);
}

TEST_F(ObserveTest, AnEndBetweenTwoLooksCountsOnce) {
  EngineBacksOff();
  EngineStarts();
  const Change change = Look();
  EXPECT_EQ(change.exits, 1);
  EXPECT_EQ(change.kind, Change::Kind::kStarted);
}

TEST_F(ObserveTest, EveryEndBetweenTwoLooksCounts) {
  for (int i = 0; i < 3; ++i) EngineBacksOff(), EngineStarts();
  EXPECT_EQ(Look().exits, 3);
}

TEST_F(ObserveTest, EndsDuringTheEnginesBackOffCount) {
  EngineBacksOff();
  Look();
  EngineStarts();
  EngineBacksOff();
  EXPECT_EQ(Look().exits, 1);
  EngineStarts();
  EXPECT_EQ(Look().exits, 0);
}

}  // namespace
}  // namespace quayside::agent
