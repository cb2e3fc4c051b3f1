// Recovery (R3): the controller's database turns out to be an old one. Hosts keep what they run
// until a person has accepted what it says.
#include "common/base/status.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class Recovering : public CoreTest {
 protected:
  RecoveryView Recovery() { return *Ask<RecoveryView>(GetRecovery{}); }
  absl::StatusOr<std::vector<std::string>> Accept(const std::string& app = "") {
    AcceptRecovery accept;
    accept.caller = NewCaller();
    accept.app = app;
    return Ask<std::vector<std::string>>(std::move(accept));
  }
  // Comes with a generation that the database does not know.
  ScriptedAgent& JoinAhead(const std::string& name) {
    agents_.at(name).generation += 10;
    return Join(name);
  }
  const Assignment& Offered(const std::string& host) {
    return *fleet_.offered.at(agents_.at(host).session);
  }
};

TEST_F(Recovering, AnAgentThatIsAheadProvesAnOldDatabaseAndEveryAppIsHeld) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 2)}).ok());
  ASSERT_TRUE(ApplyNow("blog", {Service("web", Ref("1"))}).ok());
  WorkAll();
  const StoreEpoch before = core_->model().fleet.Find(0)->epoch;
  Disconnect(agents_.at("h1"));
  ScriptedAgent& h1 = JoinAhead("h1");
  EXPECT_NE(core_->model().fleet.Find(0)->epoch, before);
  EXPECT_EQ(fleet_.welcomed.at(h1.session).epoch, core_->model().fleet.Find(0)->epoch);
  const RecoveryView view = Recovery();
  EXPECT_TRUE(view.recovering);
  EXPECT_NE(view.reason.find("agent h1"), std::string::npos) << view.reason;
  EXPECT_EQ(view.held.size(), 2u);
  // Every host is told at once, with the new epoch and what is held.
  for (const char* host : {"h1", "h2"}) {
    EXPECT_EQ(Offered(host).epoch, core_->model().fleet.Find(0)->epoch) << host;
    EXPECT_FALSE(Offered(host).held_apps.empty()) << host;
  }
}

TEST_F(Recovering, NothingOfAHeldAppChangesUntilItIsAccepted) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  Disconnect(agents_.at("h1"));
  JoinAhead("h1");
  for (const absl::Status& refused : {ApplyNow("shop", {Service("web", Ref("2"))}).status(), [&] {
                                        RemoveApp rm;
                                        rm.caller = NewCaller();
                                        rm.app = AppName("shop");
                                        return Ask<ChangeResult>(std::move(rm)).status();
                                      }()}) {
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
    EXPECT_NE(Message(refused).find("ctl recovery accept"), std::string::npos) << refused;
  }
  // Another app is nobody's past: it is deployed as always.
  ASSERT_TRUE(ApplyNow("blog", {Service("web", Ref("1"))}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("blog"), "succeeded");
  EXPECT_EQ(Offered("h1").held_apps, std::vector<AppName>{AppName("shop")});

  ASSERT_TRUE(Accept().ok());
  EXPECT_FALSE(Recovery().recovering);
  EXPECT_TRUE(Offered("h1").held_apps.empty());
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"))}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
}

TEST_F(Recovering, AppsAreAcceptedOneByOneAndTheLastOneEndsIt) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  ASSERT_TRUE(ApplyNow("blog", {Service("web", Ref("1"))}).ok());
  WorkAll();
  Disconnect(agents_.at("h1"));
  JoinAhead("h1");
  EXPECT_EQ(Accept("nothing").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(*Accept("shop"), std::vector<std::string>{"shop"});
  EXPECT_EQ(Accept("shop").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Recovery().recovering);
  EXPECT_EQ(Offered("h1").held_apps, std::vector<AppName>{AppName("blog")});
  StartCore();  // a restart holds no more than what was held
  EXPECT_TRUE(Recovery().recovering);
  EXPECT_EQ(Recovery().held.size(), 1u);
  EXPECT_EQ(*Accept("blog"), std::vector<std::string>{"blog"});
  EXPECT_FALSE(Recovery().recovering);
}

TEST_F(Recovering, ARolloutWaitsForThePersonAndGoesOnAfterwards) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 2)}).ok());
  WorkAll();
  away_ = {"h1", "h2"};
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 2)}).ok());
  Disconnect(agents_.at("h2"));
  JoinAhead("h2");
  away_.clear();
  const size_t puts = core_->model().kept.rows().size();
  WorkAll();
  EXPECT_EQ(core_->model().kept.rows().size(), puts) << "no further instance is replaced";
  EXPECT_EQ(RolloutWord("shop"), "running");
  ASSERT_TRUE(Accept().ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
}

TEST_F(Recovering, WhatRunsDifferentlyIsToldBeforeItIsAccepted) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  Disconnect(agents_.at("h1"));
  ScriptedAgent& h1 = JoinAhead("h1");
  Report report = MakeReport(h1);
  report.instances.front().id = InstanceId("unknown-to-it");
  report.instances.front().revision = 7;
  Say(AgentReport{h1.session, report});
  ASSERT_EQ(Recovery().held.size(), 1u);
  EXPECT_EQ(Recovery().held.front(), "shop on h1 runs revision 7; the database knows revision 1");
}

TEST_F(Recovering, WhatIsNotThereAnyMoreIsToldBeforeAcceptingStartsIt) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  Disconnect(agents_.at("h1"));
  ScriptedAgent& h1 = JoinAhead("h1");
  Report report = MakeReport(h1);
  report.instances.clear();
  Say(AgentReport{h1.session, report});
  ASSERT_EQ(Recovery().held.size(), 1u);
  EXPECT_EQ(Recovery().held.front(),
            "shop on h1 runs nothing of shop/web.1, and accepting starts it; the database knows "
            "revision 1");
}

TEST_F(Recovering, AnAgentOfAnEarlierEpochIsNotAhead) {
  ScriptedAgent& h1 = Join("h1");
  Disconnect(h1);
  h1.epoch = StoreEpoch("an earlier one");
  h1.generation = 1'000;
  Join("h1");
  EXPECT_FALSE(Recovery().recovering);
  EXPECT_TRUE(fleet_.offered.contains(h1.session)) << "it gets what is wanted now";
}

}  // namespace
}  // namespace quayside::controller
