// Nothing leaves a host that was not named (R6), and what a host refuses concerns one app (R4).
#include "common/base/status.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class Removals : public CoreTest {
 protected:
  absl::StatusOr<ChangeResult> Remove(const std::string& app, bool volumes = false) {
    RemoveApp rm;
    rm.caller = NewCaller();
    rm.app = AppName(app);
    rm.volumes = volumes;
    return Ask<ChangeResult>(std::move(rm));
  }
  const Assignment& Offered(const std::string& host) {
    return *fleet_.offered.at(agents_.at(host).session);
  }
  bool Knows(const std::string& app) { return core_->model().apps.Find(AppName(app)) != nullptr; }
  // The host takes its newest assignment and refuses `app`.
  void Refuse(const std::string& host, const std::string& app) {
    ScriptedAgent& agent = agents_.at(host);
    const Assignment& assignment = Offered(host);
    Say(AgentAck{agent.session,
                 assignment.epoch,
                 assignment.generation,
                 {{AppName(app), "its devices are not allowed here"}},
                 ""});
  }
};

TEST_F(Removals, AreNamedOnEveryHostUntilEachHasConfirmed) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 2)}).ok());
  ASSERT_TRUE(ApplyNow("blog", {Service("web", Ref("1"), 2)}).ok());
  WorkAll();
  Disconnect(agents_.at("h2"));
  away_ = {"h2"};
  ASSERT_TRUE(Remove("shop").ok());
  ASSERT_EQ(Offered("h1").removals.size(), 1u);
  EXPECT_EQ(Offered("h1").removals.front().app, AppName("shop"));
  EXPECT_EQ(Offered("h1").removals.front().why, "removed by tester");
  WorkAll();
  EXPECT_TRUE(Offered("h1").removals.empty()) << "confirmed: not named any more";
  EXPECT_TRUE(Knows("shop")) << "h2 has it still";
  EXPECT_EQ(ApplyNow("shop", {Service("web", Ref("1"))}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  StartCore();
  away_.clear();
  Join("h1");
  Join("h2");
  ASSERT_EQ(Offered("h2").removals.size(), 0u) << "it has confirmed with its first report";
  WorkAll();
  EXPECT_FALSE(Knows("shop"));
  EXPECT_TRUE(Knows("blog"));
  EXPECT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok()) << "the name is free again";
}

TEST_F(Removals, AReportOfAnOlderGenerationConfirmsNothing) {
  ScriptedAgent& h1 = Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  const int64_t before = h1.generation;
  ASSERT_TRUE(Remove("shop").ok());
  Report report;
  report.sequence = ++h1.sequence;
  report.engine = Hello(h1).engine;
  report.epoch = h1.epoch;
  report.generation = before;
  report.removed_apps = {AppName("shop")};
  Say(AgentReport{h1.session, report});
  EXPECT_TRUE(Knows("shop"));
  report.sequence = ++h1.sequence;
  report.generation = Offered("h1").generation;
  report.epoch = StoreEpoch("another");
  Say(AgentReport{h1.session, report});
  EXPECT_TRUE(Knows("shop"));
  Work(h1);
  EXPECT_FALSE(Knows("shop"));
}

TEST_F(Removals, OfVolumesAreAskedForAlsoAfterwards) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  ASSERT_TRUE(Remove("shop").ok());
  EXPECT_FALSE(Offered("h1").removals.front().volumes);
  ASSERT_TRUE(Remove("shop", /*volumes=*/true).ok());
  EXPECT_TRUE(Offered("h1").removals.front().volumes);
  ASSERT_TRUE(Remove("shop").ok());
  EXPECT_TRUE(Offered("h1").removals.front().volumes) << "it was asked for";
  EXPECT_EQ(Remove("nothing").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(Removals, OfAnAppEndItsRolloutAndTakeItsSlotsAlong) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 4)}).ok());
  WorkAll();
  away_ = {"h1", "h2"};
  ScaleService scale;
  scale.caller = NewCaller();
  scale.app = AppName("shop");
  scale.service = ServiceName("web");
  scale.replicas = 1;
  ASSERT_TRUE(Ask<ChangeResult>(std::move(scale)).ok());
  ASSERT_FALSE(core_->model().removals.rows().empty());
  ASSERT_TRUE(Remove("shop").ok());
  for (const char* host : {"h1", "h2"}) {
    ASSERT_EQ(Offered(host).removals.size(), 1u) << host;
    EXPECT_TRUE(Offered(host).removals.front().service.empty()) << host;
    EXPECT_TRUE(Offered(host).instances.empty()) << host;
    EXPECT_TRUE(Offered(host).keep.empty()) << host;
  }
  EXPECT_EQ(RolloutWord("shop"), "aborted");
  away_.clear();
  WorkAll();
  EXPECT_FALSE(Knows("shop"));
  EXPECT_TRUE(core_->model().rollouts.rows().empty());
}

TEST_F(Removals, AHostThatRefusesOneAppFailsThatAppAlone) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"))}).ok());
  ASSERT_TRUE(ApplyNow("blog", {Service("web", Ref("1"))}).ok());
  Refuse("h1", "shop");
  EXPECT_EQ(RolloutWord("shop"), "rolling_back");
  EXPECT_NE(Status("shop").rollout->row.reason.find("its devices are not allowed here"),
            std::string::npos);
  EXPECT_EQ(RolloutWord("blog"), "running");
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "rolled_back");
  EXPECT_EQ(RolloutWord("blog"), "succeeded");
  EXPECT_TRUE(core_->model().hosts.rows().begin()->second.rejections.empty())
      << "its last good spec is taken";
}

TEST_F(Removals, ARefusalOfAnOlderAssignmentIsNoVerdictOnTheNewest) {
  ScriptedAgent& h1 = Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("2"))}).ok());
  const int64_t refused = Offered("h1").generation;
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("3"))}).ok());
  Say(AgentAck{h1.session, Offered("h1").epoch, refused, {{AppName("shop"), "no"}}, ""});
  EXPECT_EQ(RolloutWord("shop"), "running");
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
}

TEST_F(Removals, WhatARemovedAppHeldIsGivenToWhoWaitsForIt) {
  Join("h1");
  const auto on_port = [](const std::string& version) {
    ServiceSpec web = Service("web", Ref(version));
    web.container.ports = {{.host_port = 7070, .container_port = 80}};
    return web;
  };
  ASSERT_TRUE(ApplyNow("first", {on_port("1")}).ok());
  WorkAll();
  ASSERT_TRUE(ApplyNow("second", {on_port("1")}).ok());
  WorkAll();
  ASSERT_FALSE(Status("second").pending.empty());
  RemoveApp request;
  request.caller = NewCaller();
  request.app = AppName("first");
  ASSERT_TRUE(Ask<ChangeResult>(std::move(request)).ok());
  WorkAll();
  EXPECT_TRUE(Status("second").pending.empty());
  EXPECT_EQ(Where("second"), "web.1@h1");
}

}  // namespace
}  // namespace quayside::controller
