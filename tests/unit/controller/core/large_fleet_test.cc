// What is different where thousands of hosts change at once: turns stay short.
#include "controller/core/core_state.h"
#include "controller/core/pace.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class LargeFleet : public CoreTest {
 protected:
  void JoinMany(int count) {
    for (int i = 0; i < count; ++i) Join("h" + std::to_string(10'000 + i));
  }
  ServiceSpec Everywhere(const std::string& image) {
    ServiceSpec service = Service("web", image);
    service.mode = ServiceMode::kGlobal;
    service.update.parallelism = 0;
    return service;
  }
  // Turns until the core wants to wait.
  MonoTime TurnUntilQuiet() {
    MonoTime next = Turn();
    for (int i = 0; i < 100 && next <= clock_.Now(); ++i) next = Turn();
    return next;
  }
  // All work, and the last Reports are looked at.
  void ComeToRest() {
    WorkAll();
    clock_.Advance(PaceOf(agents_.size()));
    TurnUntilQuiet();
  }
  int Proven() {
    const auto& rollouts = core_->model().rollouts.rows();
    int proven = 0;
    for (const auto& [id, rollout] : rollouts) {
      for (const RolloutTarget& target : rollout.targets) {
        proven += target.state == TargetState::kProven ? 1 : 0;
      }
    }
    return proven;
  }
};

TEST_F(LargeFleet, ALargeAppIsLookedAtInIntervalsAndASmallOneAtOnce) {
  constexpr int kMany = 600;
  ASSERT_GT(PaceOf(kMany), absl::ZeroDuration());
  ASSERT_EQ(PaceOf(10), absl::ZeroDuration());
  JoinMany(kMany);
  ASSERT_TRUE(ApplyNow("everywhere", {Everywhere(Ref("1"))}).ok());
  TurnUntilQuiet();
  clock_.Advance(PaceOf(kMany));
  ASSERT_EQ(Proven(), 0);

  Work(agents_["h10000"]);
  EXPECT_EQ(Proven(), 1) << "the first is looked at when it comes";
  Work(agents_["h10001"]);
  EXPECT_EQ(Proven(), 1) << "the next would be too soon";
  EXPECT_EQ(TurnUntilQuiet(), clock_.Now() + PaceOf(kMany));
  clock_.Advance(PaceOf(kMany));
  Turn();
  EXPECT_EQ(Proven(), 2);

  ASSERT_TRUE(ApplyNow("small", {Service("web", Ref("1"))}).ok());
  for (auto& [name, agent] : agents_) Work(agent);
  EXPECT_EQ(RolloutWord("small"), "succeeded");
  ComeToRest();
  EXPECT_EQ(RolloutWord("everywhere"), "succeeded");
}

TEST_F(LargeFleet, WhatWasKeptIsLetGoInSlicesAlsoOverARestart) {
  constexpr int kMany = 1'100;
  JoinMany(kMany);
  ASSERT_TRUE(ApplyNow("everywhere", {Everywhere(Ref("1"))}).ok());
  ComeToRest();
  ASSERT_EQ(RolloutWord("everywhere"), "succeeded");
  clock_.Advance(PaceOf(kMany));
  ASSERT_TRUE(ApplyNow("everywhere", {Everywhere(Ref("2"))}).ok());
  TurnUntilQuiet();
  for (auto& [name, agent] : agents_) Work(agent);
  ASSERT_EQ(core_->model().kept.rows().size(), static_cast<size_t>(kMany));
  clock_.Advance(PaceOf(kMany));
  EXPECT_LE(Turn(), clock_.Now()) << "there is more to do";
  EXPECT_LT(core_->model().kept.rows().size(), static_cast<size_t>(kMany));
  EXPECT_FALSE(core_->model().kept.rows().empty());
  StartCore();
  TurnUntilQuiet();
  EXPECT_TRUE(core_->model().kept.rows().empty());
  EXPECT_EQ(RolloutWord("everywhere"), "succeeded");
}

}  // namespace
}  // namespace quayside::controller
