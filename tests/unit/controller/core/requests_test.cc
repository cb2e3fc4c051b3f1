// One request is one act (R24): a retry gets the first one's answer, tickets order what was asked
// for at the same time, and wrong input is refused with a sentence.
#include "common/base/status.h"
#include "common/model/validate.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class Requests : public CoreTest {
 protected:
  ScaleService Scale(const std::string& app, const std::string& service, int32_t replicas) {
    ScaleService scale;
    scale.caller = NewCaller();
    scale.app = AppName(app);
    scale.service = ServiceName(service);
    scale.replicas = replicas;
    return scale;
  }
  RestartServices Restart(const Caller& caller) {
    RestartServices restart;
    restart.caller = caller;
    restart.app = AppName("shop");
    return restart;
  }
  int64_t Newest() { return core_->model().apps.Find(AppName("shop"))->newest_revision; }
};

TEST_F(Requests, ARetryIsOneActWithTheSameAnswerAlsoAfterARestart) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  const Caller caller = NewCaller();
  const auto first = Ask<ChangeResult>(Restart(caller));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = Ask<ChangeResult>(Restart(caller));
  StartCore();
  const auto later = Ask<ChangeResult>(Restart(caller));
  for (const auto& retry : {again, later}) {
    ASSERT_TRUE(retry.ok()) << retry.status();
    EXPECT_EQ(retry->revision, first->revision);
    EXPECT_EQ(retry->rollout, first->rollout);
    EXPECT_EQ(retry->warnings, first->warnings);
  }
  EXPECT_EQ(Newest(), first->revision);
  // A new request is a new act.
  EXPECT_EQ(Ask<ChangeResult>(Restart(NewCaller()))->revision, first->revision + 1);
}

TEST_F(Requests, TheSameIdForAnotherRequestIsRefused) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  const Caller caller = NewCaller();
  ASSERT_TRUE(Ask<ChangeResult>(Restart(caller)).ok());
  const int64_t newest = Newest();
  Caller other_body = caller;
  other_body.body_digest = "another";
  ScaleService scale = Scale("shop", "web", 2);
  scale.caller = caller;
  LabelHost label;
  label.caller = caller;
  label.host = "h1";
  label.set = {{"a", "b"}};
  for (const absl::Status& refused :
       {Ask<ChangeResult>(Restart(other_body)).status(),
        Ask<ChangeResult>(std::move(scale)).status(), Ask<HostView>(std::move(label)).status()}) {
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << refused;
    EXPECT_NE(Message(refused).find(caller.request.value), std::string::npos) << refused;
  }
  EXPECT_EQ(Newest(), newest);
}

TEST_F(Requests, ARefusalIsNotRemembered) {
  Join("h1");
  const Caller caller = NewCaller();
  EXPECT_EQ(Ask<ChangeResult>(Restart(caller)).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  EXPECT_TRUE(Ask<ChangeResult>(Restart(caller)).ok());
}

TEST_F(Requests, AnswersAreForgottenAfterADay) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  const Caller caller = NewCaller();
  ASSERT_TRUE(Ask<ChangeResult>(Restart(caller)).ok());
  clock_.Advance(absl::Hours(23));
  Turn();
  EXPECT_NE(core_->model().requests.Find(caller.request), nullptr);
  clock_.Advance(absl::Hours(2));
  Turn();
  EXPECT_TRUE(core_->model().requests.rows().empty());
}

TEST_F(Requests, LabelsThatAreSetAgainByARetryDoNotUndoWhatCameBetween) {
  Join("h1");
  const auto label = [&](const Caller& caller, const std::string& value) {
    LabelHost request;
    request.caller = caller;
    request.host = "h1";
    request.set = {{"zone", value}};
    return Ask<HostView>(std::move(request));
  };
  const Caller caller = NewCaller();
  ASSERT_TRUE(label(caller, "a").ok());
  ASSERT_TRUE(label(NewCaller(), "b").ok());
  const auto retry = label(caller, "a");
  ASSERT_TRUE(retry.ok()) << retry.status();
  EXPECT_EQ(retry->row.labels.at("zone"), "b");
}

TEST_F(Requests, ATicketOrdersWhatWasAskedForAtTheSameTime) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  ApplyApp earlier = Apply("shop", {Service("web", Ref("2"))});
  ApplyApp later = Apply("shop", {Service("web", Ref("3"))});
  ASSERT_TRUE(Ask<ChangeResult>(std::move(later)).ok());
  const auto late = Ask<ChangeResult>(std::move(earlier));  // its registry was slower
  EXPECT_EQ(late.status().code(), absl::StatusCode::kAborted) << late.status();
  EXPECT_NE(Message(late.status()).find("superseded"), std::string::npos);
  WorkAll();
  EXPECT_EQ(Ps("shop").front().status.image, Ref("3"));
}

TEST_F(Requests, ANewerApplyThatChangesNothingSupersedesAnOlderOne) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  WorkAll();
  ApplyApp earlier = Apply("shop", {Service("web", Ref("2"))});
  const auto same = ApplyNow("shop", {Service("web", Ref("1"))});
  ASSERT_TRUE(same.ok());
  EXPECT_TRUE(same->nothing_to_do);
  EXPECT_EQ(Ask<ChangeResult>(std::move(earlier)).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Newest(), 1);
}

TEST_F(Requests, ANewerChangeSupersedesTheRolloutUnderWayAndTheNewestIsWhatRuns) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 2)}).ok());
  WorkAll();
  const auto second = ApplyNow("shop", {Service("web", Ref("2"), 2)});
  const auto third = ApplyNow("shop", {Service("web", Ref("3"), 2)});
  ASSERT_TRUE(second.ok() && third.ok());
  const RolloutRow* superseded = core_->model().rollouts.Find(second->rollout);
  EXPECT_EQ(superseded->state, RolloutState::kSuperseded);
  EXPECT_NE(superseded->reason.find("revision 3"), std::string::npos) << superseded->reason;
  WorkAll();
  EXPECT_EQ(RolloutWord("shop"), "succeeded");
  for (const InstanceView& view : Ps("shop")) EXPECT_EQ(view.status.image, Ref("3"));
}

TEST_F(Requests, VerbsAtUnderAndOverTheirLimits) {
  Join("h1");
  ServiceSpec agent = Service("agent", Ref("1"));
  agent.mode = ServiceMode::kGlobal;
  ASSERT_TRUE(ApplyNow("shop", {agent, Service("web", Ref("1"))}).ok());
  WorkAll();
  using absl::StatusCode;
  const auto scaled = [&](const std::string& app, const std::string& service, int32_t replicas) {
    return Ask<ChangeResult>(Scale(app, service, replicas)).status().code();
  };
  EXPECT_EQ(scaled("shop", "web", -1), StatusCode::kInvalidArgument);
  EXPECT_EQ(scaled("shop", "web", kMaxReplicas + 1), StatusCode::kInvalidArgument);
  EXPECT_EQ(scaled("shop", "agent", 2), StatusCode::kInvalidArgument);
  EXPECT_EQ(scaled("shop", "none", 2), StatusCode::kNotFound);
  EXPECT_EQ(scaled("shop", "", 2), StatusCode::kNotFound);
  EXPECT_EQ(scaled("none", "web", 2), StatusCode::kNotFound);
  EXPECT_EQ(scaled("shop", "web", 0), StatusCode::kOk);
  const auto rolled_back = [&](int64_t to) {
    RollbackApp request;
    request.caller = NewCaller();
    request.app = AppName("shop");
    request.to = to;
    return Ask<ChangeResult>(std::move(request)).status().code();
  };
  EXPECT_EQ(rolled_back(99), StatusCode::kNotFound);
  EXPECT_EQ(rolled_back(1), StatusCode::kOk);
  DeployImages deploy;
  deploy.caller = NewCaller();
  deploy.ticket = *Ask<int64_t>(TakeTicket{});
  deploy.app = AppName("shop");
  deploy.images = {{ServiceName(), Ref("2")}};  // of which service?
  EXPECT_EQ(Ask<ChangeResult>(std::move(deploy)).status().code(), StatusCode::kInvalidArgument);
  DeployImages nowhere;
  nowhere.caller = NewCaller();
  nowhere.ticket = *Ask<int64_t>(TakeTicket{});
  nowhere.app = AppName("shop");
  nowhere.host = "h9";
  nowhere.images = {{ServiceName("web"), Ref("2")}};
  EXPECT_EQ(Ask<ChangeResult>(std::move(nowhere)).status().code(), StatusCode::kNotFound);
}

TEST_F(Requests, ADeployOfWhatIsNotThereIsRefusedBeforeItTakesATicket) {
  Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  const auto ticket = [&](const std::string& app, std::vector<ServiceName> services) {
    TakeTicket take;
    take.app = AppName(app);
    take.services = std::move(services);
    return Ask<int64_t>(std::move(take)).status().code();
  };
  EXPECT_EQ(ticket("nope", {}), absl::StatusCode::kNotFound);
  EXPECT_EQ(ticket("shop", {ServiceName("nope")}), absl::StatusCode::kNotFound);
  EXPECT_EQ(ticket("shop", {ServiceName("web")}), absl::StatusCode::kOk);
  EXPECT_EQ(ticket("shop", {ServiceName()}), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace quayside::controller
