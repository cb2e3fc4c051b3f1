#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class MassLoss : public CoreTest {
 protected:
  void SetUp() override {
    CoreTest::SetUp();
    for (const char* host : {"h1", "h2", "h3", "h4", "h5"}) Join(host);
    ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 5)}).ok());
    WorkAll();
    ASSERT_EQ(RolloutWord("shop"), "succeeded");
  }
  void Lose(std::initializer_list<const char*> hosts) {
    for (const char* host : hosts) {
      away_.insert(host);
      Disconnect(agents_.at(host));
    }
  }
  void Return(std::initializer_list<const char*> hosts) {
    for (const char* host : hosts) {
      away_.erase(host);
      agents_.at(host).generation = 0;  // it is told everything again
      Join(host);
    }
  }
  // Time passes, and the hosts that are there are heard of.
  void Pass(absl::Duration time) {
    for (const MonoTime end = clock_.mono + time; clock_.mono < end;) {
      clock_.Advance(absl::Seconds(10));
      for (auto& [name, agent] : agents_) {
        if (!away_.contains(name)) Work(agent);
      }
      Turn();
    }
  }
  std::string Reason() { return Status("shop").rollout->row.reason; }
  int Changed() {
    int changed = 0;
    for (const auto& [id, row] : core_->model().instances.rows())
      changed += row.desired.revision == 2;
    return changed;
  }
  bool DoctorSays(const std::string& what) {
    const auto findings = Ask<std::vector<Finding>>(RunDoctor{});
    for (const Finding& finding : *findings) {
      if (finding.text.find(what) != std::string::npos) return true;
    }
    return false;
  }
};

TEST_F(MassLoss, TwoHostsAreNoMassLoss) {
  Lose({"h1", "h2"});
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 5)}).ok());
  WorkAll();
  EXPECT_EQ(Changed(), 3);
  EXPECT_FALSE(DoctorSays("rollouts hold"));
}

TEST_F(MassLoss, RolloutsHoldUntilTheHostsAreBack) {
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 5)}).ok());
  EXPECT_EQ(Changed(), 1);
  Lose({"h1", "h2", "h3"});
  WorkAll();
  EXPECT_EQ(Changed(), 1);
  EXPECT_EQ(RolloutWord("shop"), "running");
  EXPECT_EQ(Reason(),
            "many hosts were lost together (3 of 5 are not there), so nothing is changed until "
            "they are back or no other is lost for 2 minutes");
  EXPECT_TRUE(DoctorSays("rollouts hold: many hosts were lost together"));
  Pass(absl::Seconds(90));  // their leases run out meanwhile
  EXPECT_EQ(Changed(), 1);
  Return({"h1", "h2", "h3"});
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_FALSE(DoctorSays("rollouts hold"));
}

TEST_F(MassLoss, RolloutsGoOnWhenNoOtherHostWasLostForTwoMinutes) {
  Lose({"h1", "h2", "h3"});
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 5)}).ok());
  Pass(absl::Seconds(110));
  EXPECT_EQ(Changed(), 0);
  EXPECT_EQ(RolloutWord("shop"), "pending");
  Pass(absl::Seconds(20));
  WorkAll();
  EXPECT_EQ(Changed(), 2);
  EXPECT_EQ(RolloutWord("shop"), "running");
}

TEST_F(MassLoss, NoDeadlinePassesByIt) {
  ServiceSpec web = Service("web", Ref("2"), 5);
  web.rollout.min_healthy = absl::ZeroDuration();
  web.rollout.deadline = absl::Seconds(2);  // 34 s for progress
  ASSERT_TRUE(ApplyNow("shop", {web}).ok());
  Lose({"h1", "h2", "h3", "h4", "h5"});
  Turn();
  Pass(absl::Seconds(110));
  EXPECT_EQ(RolloutWord("shop"), "running");
  Return({"h1", "h2", "h3", "h4", "h5"});
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
}

TEST_F(MassLoss, OpeningAndClosingAreEvents) {
  Lose({"h1", "h2", "h3", "h4", "h5"});
  Pass(absl::Minutes(3));
  ListEvents request;
  request.limit = 1'000;
  std::vector<std::string> said;
  const auto events = Ask<std::vector<EventRow>>(std::move(request));
  for (const EventRow& event : *events) {
    if (event.kind == "breaker_switched") said.push_back(event.message.substr(0, 16));
  }
  EXPECT_EQ(said, (std::vector<std::string>{"rollouts hold: m", "rollouts go on: "}));
}

TEST_F(MassLoss, TheCoreRestsWhileRolloutsHold) {
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 5)}).ok());
  Lose({"h1", "h2", "h3"});
  Pass(absl::Seconds(60));
  EXPECT_GT(Turn(), clock_.Now());
}

TEST_F(MassLoss, APersonWhoIsWaitedForCostsNoTurns) {
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 5)}).ok());
  // An agent that is ahead proves an old copy: everything is held for a person (R3).
  Disconnect(agents_.at("h1"));
  agents_.at("h1").generation += 100;
  Join("h1");
  Pass(absl::Minutes(20));
  for (int turn = 0; turn < 10; ++turn) Turn();
  EXPECT_GT(Turn(), clock_.Now());
  ASSERT_TRUE(Ask<std::vector<std::string>>(AcceptRecovery{.caller = NewCaller()}).ok());
  EXPECT_EQ(RolloutWord("shop"), "running");  // its deadline did not pass meanwhile
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
}

}  // namespace
}  // namespace quayside::controller
