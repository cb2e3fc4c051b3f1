#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class Ending : public CoreTest {
 protected:
  int64_t Succeeded() { return core_->model().apps.rows().at(AppName("shop")).succeeded_revision; }
};

TEST_F(Ending, ARevisionThatWasProvenNowhereIsNeverGoneBackTo) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  broken_ = {Ref("2"), Ref("3")};
  ServiceSpec tolerant = Service("web", Ref("2"));
  tolerant.update.failure_action = FailureAction::kContinue;
  ASSERT_TRUE(ApplyNow("shop", {tolerant}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "failed");
  EXPECT_EQ(Succeeded(), 1);
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("3"))}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  EXPECT_EQ(Status("shop").revision, 1);
  EXPECT_TRUE(Status("shop").converged);
}

TEST_F(Ending, ARevisionWhoseHostsAreAllLostHasSucceededWhenOneIsBackAndProven) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  Disconnect(agents_.at("h1"));
  away_ = {"h1"};
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"))}).ok());
  for (int minute = 0; minute < 15; ++minute) {
    clock_.Advance(absl::Minutes(1));
    Turn();
  }
  EXPECT_EQ(RolloutWord("shop"), "partial");
  EXPECT_EQ(Succeeded(), 1);
  away_.clear();
  agents_.at("h1").generation = 0;
  Join("h1");
  WorkAll();
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_EQ(Succeeded(), 2);
  EXPECT_TRUE(Status("shop").converged);
}

TEST_F(Ending, AfterARestartInAnyStateTheRolloutGoesOnFromItsRow) {
  for (const char* host : {"h1", "h2", "h3"}) Join(host);
  ServiceSpec web = Service("web", Ref("1"), 3);
  web.update.monitor = absl::Seconds(5);
  ASSERT_TRUE(ApplyNow("shop", {web}).ok());
  const auto restart_and_finish = [&] {
    for (int round = 0;
         round < 40 && RolloutWord("shop") != "succeeded" && RolloutWord("shop") != "rolled_back";
         ++round) {
      StartCore();
      for (const char* host : {"h1", "h2", "h3"}) {
        agents_.at(host).generation = 0;  // it is told everything again
        Join(host);
      }
      for (auto& [name, agent] : agents_) Work(agent);
      clock_.Advance(absl::Seconds(1));
      Turn();
    }
  };
  restart_and_finish();
  ASSERT_EQ(RolloutWord("shop"), "succeeded");
  web.container.image = Ref("2");
  ASSERT_TRUE(ApplyNow("shop", {web}).ok());
  restart_and_finish();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  web.container.image = Ref("3");
  broken_.insert(Ref("3"));
  ASSERT_TRUE(ApplyNow("shop", {web}).ok());
  restart_and_finish();
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  WorkAll();
  EXPECT_TRUE(Status("shop").converged);
  EXPECT_EQ(Status("shop").revision, 2);
}

}  // namespace
}  // namespace quayside::controller
