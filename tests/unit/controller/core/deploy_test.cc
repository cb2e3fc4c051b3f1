#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class Deploying : public CoreTest {};

TEST_F(Deploying, AnApplySucceedsWhenEveryInstanceIsProven) {
  Join("h1");
  Join("h2");
  const auto result = ApplyNow("shop", {Service("web", Ref("1"), 2)});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision, 1);
  EXPECT_EQ(RolloutWord("shop"), "running");
  EXPECT_FALSE(Status("shop").converged);
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_TRUE(Status("shop").converged);
  EXPECT_EQ(Where("shop"), "web.1@h1 web.2@h2");
}

TEST_F(Deploying, TheSameFileAgainIsNothingToDo) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  const auto again = ApplyNow("shop", {Service("web", Ref("1"))});
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->nothing_to_do);
  EXPECT_EQ(again->revision, 1);
}

TEST_F(Deploying, AnUpdateGoesOneInstanceAtATime) {
  Join("h1");
  Join("h2");
  Join("h3");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 3)}).ok());
  WorkAll();
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 3)}).ok());
  for (int step = 0; step < 2; ++step) {
    for (auto& [name, agent] : agents_) {
      int on_the_way = 0;
      for (const auto& [id, row] : core_->model().instances.rows()) {
        const InstanceStatus* status = core_->model().observed.Find({row.desired.host, id});
        if (status == nullptr || !status->proven) ++on_the_way;
      }
      EXPECT_LE(on_the_way, 1);
      Work(agent);
    }
  }
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_TRUE(core_->model().kept.rows().empty());
}

TEST_F(Deploying, AFailingUpdateGoesBackToTheSameInstances) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 2)}).ok());
  WorkAll();
  std::set<InstanceId> before;
  for (const auto& [id, row] : core_->model().instances.rows()) before.insert(id);
  broken_.insert(Ref("2"));
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 2)}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  std::set<InstanceId> after;
  for (const auto& [id, row] : core_->model().instances.rows()) after.insert(id);
  EXPECT_EQ(after, before);
  EXPECT_TRUE(Status("shop").converged);
  EXPECT_EQ(Status("shop").revision, 1);
}

TEST_F(Deploying, WhatASupersededRolloutChangedGoesBackAsWell) {
  for (const char* host : {"h1", "h2", "h3"}) Join(host);
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 3)}).ok());
  WorkAll();
  std::set<InstanceId> before;
  for (const auto& [id, row] : core_->model().instances.rows()) before.insert(id);
  away_ = {"h3"};  // says nothing: two of three are changed when the next revision comes
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 4)}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "running");
  away_.clear();
  broken_.insert(Ref("3"));
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("3"), 4)}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  std::set<InstanceId> after;
  for (const auto& [id, row] : core_->model().instances.rows()) after.insert(id);
  EXPECT_EQ(after, before);
  EXPECT_TRUE(Status("shop").converged);
}

TEST_F(Deploying, AfterGoingBackASlotGetsTheRevisionThatItHadMissed) {
  for (const char* host : {"h1", "h2", "h3"}) Join(host);
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 3)}).ok());
  WorkAll();
  Disconnect(agents_.at("h3"));
  away_ = {"h3"};
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 3)}).ok());
  for (int minute = 0; minute < 4; ++minute) {
    WorkAll();
    clock_.Advance(absl::Minutes(1));
    for (const char* host : {"h1", "h2"}) Work(agents_.at(host));
  }
  ASSERT_EQ(RolloutWord("shop"), "partial");
  broken_.insert(Ref("3"));
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("3"), 3)}).ok());
  away_.clear();
  Join("h3");
  WorkAll();
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  EXPECT_EQ(Status("shop").revision, 2);
  EXPECT_TRUE(Status("shop").converged);
}

TEST_F(Deploying, GoingBackUndoesAStopThatASupersededRolloutHadBegun) {
  for (const char* host : {"h1", "h2"}) Join(host);
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 2)}).ok());
  WorkAll();
  away_ = {"h1", "h2"};
  SetStopped stop;
  stop.caller = NewCaller();
  stop.app = AppName("shop");
  stop.stopped = true;
  ASSERT_TRUE(Ask<ChangeResult>(std::move(stop)).ok());
  away_.clear();
  SetStopped start;
  start.caller = NewCaller();
  start.app = AppName("shop");
  start.stopped = false;
  ASSERT_TRUE(Ask<ChangeResult>(std::move(start)).ok());
  broken_.insert(Ref("2"));
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"), 2)}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  for (const auto& [id, row] : core_->model().instances.rows()) {
    EXPECT_EQ(row.desired.intent, Intent::kRun);
  }
  EXPECT_TRUE(Status("shop").converged);
}

TEST_F(Deploying, AFirstVersionThatFailsIsStoppedAndKept) {
  Join("h1");
  broken_.insert(Ref("1"));
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "failed");
  ASSERT_EQ(core_->model().instances.rows().size(), 1u);
  EXPECT_EQ(core_->model().instances.rows().begin()->second.desired.intent, Intent::kStop);
}

TEST_F(Deploying, TheSameSpecAgainAfterAFailureIsANewAttempt) {
  Join("h1");
  broken_.insert(Ref("1"));
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  const InstanceId failed = core_->model().instances.rows().begin()->first;
  broken_.clear();
  const auto again = ApplyNow("shop", {Service("web", Ref("1"))});
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->nothing_to_do);
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  ASSERT_EQ(core_->model().instances.rows().size(), 1u);
  EXPECT_NE(core_->model().instances.rows().begin()->first, failed);
}

TEST_F(Deploying, ARemovedAppIsForgottenWhenItsHostsHaveConfirmed) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  RemoveApp rm;
  rm.caller = NewCaller();
  rm.app = AppName("shop");
  ASSERT_TRUE(Ask<ChangeResult>(std::move(rm)).ok());
  EXPECT_EQ(core_->model().apps.rows().size(), 1u);
  WorkAll();
  EXPECT_TRUE(core_->model().apps.rows().empty());
  EXPECT_TRUE(core_->model().revisions.rows().empty());
}

TEST_F(Deploying, ScaleRemovesTheHighestSlotsAndTouchesNoOther) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 3)}).ok());
  WorkAll();
  std::map<SlotKey, InstanceId> before;
  for (const auto& [id, row] : core_->model().instances.rows()) before[row.desired.slot] = id;
  ScaleService scale;
  scale.caller = NewCaller();
  scale.app = AppName("shop");
  scale.service = ServiceName("web");
  scale.replicas = 1;
  ASSERT_TRUE(Ask<ChangeResult>(std::move(scale)).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  ASSERT_EQ(core_->model().instances.rows().size(), 1u);
  const InstanceRow& left = core_->model().instances.rows().begin()->second;
  EXPECT_EQ(left.desired.slot.slot, 1);
  EXPECT_EQ(left.desired.id, before.at(left.desired.slot));
  EXPECT_TRUE(core_->model().removals.rows().empty());
}

// What held the port is kept until the other one is proven: its removal is confirmed only then.
TEST_F(Deploying, AFixedPortIsHandedToAServiceOfAnotherName) {
  Join("h1");
  ServiceSpec before = Service("before", Ref("1"));
  before.container.ports = {{.host_port = 8080, .container_port = 80}};
  ServiceSpec after = before;
  after.name = ServiceName("after");
  ASSERT_TRUE(ApplyNow("shop", {before}).ok());
  WorkAll();
  const InstanceId old = core_->model().instances.rows().begin()->first;
  broken_.insert(Ref("2"));
  after.container.image = Ref("2");
  ASSERT_TRUE(ApplyNow("shop", {after}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  EXPECT_EQ(core_->model().instances.rows().begin()->first, old) << "the same container runs again";
  after.container.image = Ref("3");
  ASSERT_TRUE(ApplyNow("shop", {after}).ok());
  EXPECT_TRUE(core_->model().kept.Find(old) != nullptr);
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_EQ(Where("shop"), "after.1@h1");
  EXPECT_TRUE(core_->model().kept.rows().empty());
  EXPECT_TRUE(core_->model().removals.rows().empty());
}

TEST_F(Deploying, AStoppedAppIsStoppedInPlaceAndStartsAgain) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  const InstanceId id = core_->model().instances.rows().begin()->first;
  for (const bool stopped : {true, false}) {
    SetStopped stop;
    stop.caller = NewCaller();
    stop.app = AppName("shop");
    stop.stopped = stopped;
    ASSERT_TRUE(Ask<ChangeResult>(std::move(stop)).ok());
    WorkAll();
    EXPECT_EQ(RolloutWord("shop"), "succeeded");
    ASSERT_EQ(core_->model().instances.rows().size(), 1u);
    EXPECT_EQ(core_->model().instances.rows().begin()->first, id);
    EXPECT_EQ(core_->model().instances.rows().begin()->second.desired.intent,
              stopped ? Intent::kStop : Intent::kRun);
  }
}

TEST_F(Deploying, AHostThatJoinsLaterGetsGlobalServicesThatMatchIt) {
  Join("h1", {{"edge", "yes"}});
  ServiceSpec web = Service("web", Ref("1"));
  web.mode = ServiceMode::kGlobal;
  web.placement.constraints = {{"node.labels.edge", true, "yes"}};
  ASSERT_TRUE(ApplyNow("shop", {web}).ok());
  WorkAll();
  Join("h2");
  Join("h3", {{"edge", "yes"}});
  WorkAll();
  EXPECT_EQ(Where("shop"), "web.1@h1 web.1@h3");
  EXPECT_TRUE(Status("shop").converged);
  LabelHost label;
  label.caller = NewCaller();
  label.host = "h1";
  label.remove = {"edge"};
  ASSERT_TRUE(Ask<HostView>(std::move(label)).ok());
  WorkAll();
  EXPECT_EQ(Where("shop"), "web.1@h3");
}

TEST_F(Deploying, AGlobalServiceWaitsForTheHostsThatAControllerStartDoesNotKnowYet) {
  Join("h1");
  Join("h2");
  StartCore();
  ServiceSpec web = Service("web", Ref("1"));
  web.mode = ServiceMode::kGlobal;
  ASSERT_TRUE(ApplyNow("shop", {web}).ok());
  Turn();
  EXPECT_EQ(RolloutWord("shop"), "running");
  Join("h1");
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "running");
  Join("h2");
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  EXPECT_EQ(Where("shop"), "web.1@h1 web.1@h2");
}

TEST_F(Deploying, AGlobalServiceThatNoHostMatchesIsPendingAndFailsAtTheDeadline) {
  Join("h1");
  ServiceSpec web = Service("web", Ref("1"));
  web.mode = ServiceMode::kGlobal;
  web.placement.constraints = {{"node.labels.gpu", true, "yes"}};
  ASSERT_TRUE(ApplyNow("shop", {web}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "running");
  EXPECT_EQ(Status("shop").pending.size(), 1u);
  for (int minute = 0; minute < 6; ++minute) {
    clock_.Advance(absl::Minutes(1));
    for (auto& [name, agent] : agents_) Work(agent);
  }
  EXPECT_EQ(RolloutWord("shop"), "failed");
  EXPECT_NE(Status("shop").rollout->row.reason.find("no suitable host"), std::string::npos);
}

TEST_F(Deploying, AnAssignmentThatAHostCannotStoreIsOfferedAgainWithItsHeartbeats) {
  ScriptedAgent& agent = Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  const auto refuse = [&] {
    const Assignment& assignment = *fleet_.offered.at(agent.session);
    Say(AgentAck{agent.session, assignment.epoch, assignment.generation, {}, "the disk is full"});
  };
  refuse();
  const int before = fleet_.offers;
  Say(AgentHeartbeat{agent.session, 1});
  EXPECT_EQ(fleet_.offers, before + 1);
  refuse();
  Say(AgentHeartbeat{agent.session, 2});
  EXPECT_EQ(fleet_.offers, before + 1);
  Say(AgentHeartbeat{agent.session, 3});
  EXPECT_EQ(fleet_.offers, before + 2);
  Work(agent);
  Say(AgentHeartbeat{agent.session, 4});
  EXPECT_EQ(fleet_.offers, before + 2);
}

TEST_F(Deploying, RollbackGoesToTheRevisionThatSucceededBefore) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"))}).ok());
  WorkAll();
  RollbackApp rollback;
  rollback.caller = NewCaller();
  rollback.app = AppName("shop");
  const auto result = Ask<ChangeResult>(std::move(rollback));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision, 3);
  WorkAll();
  EXPECT_EQ(Ps("shop").front().status.image, Ref("1"));
  EXPECT_EQ(core_->model().revisions.rows().at({AppName("shop"), 3}).cause, "rollback to 1");
}

TEST_F(Deploying, InfrastructureTroubleHoldsAndAtTheDeadlinePauses) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  slow_.insert(Ref("2"));
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"))}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "running");
  for (int minute = 0; minute < 12; ++minute) {
    clock_.Advance(absl::Minutes(1));
    for (auto& [name, agent] : agents_) Work(agent);
  }
  EXPECT_EQ(RolloutWord("shop"), "paused");
}

TEST_F(Deploying, WhatNoHostTakesIsInProgressUntilTheDeadlineThenFailedWithReasons) {
  Join("h1");
  ServiceSpec web = Service("web", Ref("1"));
  web.placement.constraints = {{"node.labels.gpu", true, "yes"}};
  ASSERT_TRUE(ApplyNow("shop", {web}).ok());
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "running");
  EXPECT_FALSE(Status("shop").pending.empty());
  for (int minute = 0; minute < 6; ++minute) {
    clock_.Advance(absl::Minutes(1));
    for (auto& [name, agent] : agents_) Work(agent);
  }
  EXPECT_EQ(RolloutWord("shop"), "failed");
  EXPECT_NE(Status("shop").rollout->row.reason.find("no suitable host"), std::string::npos);
}

}  // namespace
}  // namespace quayside::controller
