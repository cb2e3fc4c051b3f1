// Who is admitted as which host (R7), what counts as heard last (R9), and what is concluded from
// silence (R5).
#include "common/base/status.h"
#include "tests/unit/controller/core/scripted_fleet.h"

namespace quayside::controller {
namespace {

class Admission : public CoreTest {
 protected:
  AgentHello HelloAgain(ScriptedAgent& agent) {
    agent.session = next_session_++;
    return Hello(agent);
  }
  absl::StatusCode Refusal(const AgentHello& hello) {
    Say(hello);
    return fleet_.closed.contains(hello.session) ? fleet_.closed.at(hello.session).code()
                                                 : absl::StatusCode::kOk;
  }
};

TEST_F(Admission, ANewerSessionOfTheSameMachineReplacesTheOlderOne) {
  ScriptedAgent& h1 = Join("h1");
  const SessionId older = h1.session;
  EXPECT_EQ(Refusal(HelloAgain(h1)), absl::StatusCode::kOk);
  EXPECT_EQ(fleet_.closed.at(older).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(fleet_.welcomed.at(h1.session).host, h1.host);
  EXPECT_GT(fleet_.welcomed.at(h1.session).session, fleet_.welcomed.at(older).session);
  // What the older one still says, and its end, change nothing.
  Say(AgentGone{older, "cut", true});
  EXPECT_NE(StateOf("h1"), "away");
  EXPECT_EQ(core_->model().hosts.rows().size(), 1u);
}

TEST_F(Admission, AnotherMachineWithTheSameIdentityIsRefusedWhileTheHostAnswers) {
  ScriptedAgent& h1 = Join("h1");
  const SessionId first = h1.session;
  AgentHello copy = Hello(h1);
  copy.machine_id = "a copy of its disk";
  for (int attempt = 0; attempt < 3; ++attempt) {
    copy.session = next_session_++;
    EXPECT_EQ(Refusal(copy), absl::StatusCode::kAlreadyExists);
  }
  EXPECT_FALSE(fleet_.closed.contains(first));
  EXPECT_EQ(StateOf("h1"), "ready");
  EXPECT_EQ(CountEvents("host_duplicated"), 1) << "told once, however often it comes";
  // When the first does not answer any more, its successor is the host.
  clock_.Advance(options_.lease);
  copy.session = next_session_++;
  EXPECT_EQ(Refusal(copy), absl::StatusCode::kOk);
  EXPECT_TRUE(fleet_.closed.contains(first));
  EXPECT_EQ(core_->model().hosts.Find(h1.host)->machine_id, copy.machine_id);
}

TEST_F(Admission, AWrongSecretAndATakenNameAreRefused) {
  ScriptedAgent& h1 = Join("h1");
  Join("h2");
  AgentHello wrong = Hello(h1);
  wrong.session = next_session_++;
  wrong.secret = "guessed";
  EXPECT_EQ(Refusal(wrong), absl::StatusCode::kPermissionDenied);
  wrong.session = next_session_++;
  wrong.host = HostId();  // a newcomer that wants the name
  EXPECT_EQ(Refusal(wrong), absl::StatusCode::kPermissionDenied);
  EXPECT_NE(Message(fleet_.closed.at(wrong.session)).find("ctl host rm h1"), std::string::npos);
  AgentHello renamed = Hello(h1);
  renamed.session = next_session_++;
  renamed.name = "h2";
  EXPECT_EQ(Refusal(renamed), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(StateOf("h1"), "ready");
  EXPECT_EQ(core_->model().hosts.rows().size(), 2u);
}

TEST_F(Admission, AHostMayChangeItsNameAndConstraintsSeeIt) {
  ScriptedAgent& h1 = Join("h1");
  ServiceSpec web = Service("web", Ref("1"));
  web.mode = ServiceMode::kGlobal;
  web.placement.constraints = {{"node.hostname", true, "edge"}};
  ASSERT_TRUE(ApplyNow("shop", {web}).ok());
  WorkAll();
  EXPECT_TRUE(Ps("shop").empty() || Ps("shop").front().status.id.empty());
  AgentHello renamed = HelloAgain(h1);
  renamed.name = "edge";
  EXPECT_EQ(Refusal(renamed), absl::StatusCode::kOk);
  Work(h1);
  WorkAll();
  EXPECT_EQ(StateOf("h1"), "none");
  EXPECT_EQ(Where("shop"), "web.1@edge");
}

TEST_F(Admission, NamesAreCheckedAndTheFleetHasALimit) {
  ScriptedAgent agent;
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a/b"), std::string("a\nb"),
        std::string("\xc3\xa4"), std::string(254, 'a')}) {
    agent.name = name;
    EXPECT_EQ(Refusal(HelloAgain(agent)), absl::StatusCode::kInvalidArgument) << name;
  }
  agent.name = std::string(253, 'a');
  EXPECT_EQ(Refusal(HelloAgain(agent)), absl::StatusCode::kOk);
  EXPECT_EQ(core_->model().hosts.rows().size(), 1u);
}

class SmallFleet : public Admission {
 protected:
  void SetUp() override {
    auto opened = Store::Open(":memory:");
    ASSERT_TRUE(opened.ok());
    store_ = *std::move(opened);
    CoreOptions options;
    options.max_hosts = 2;
    core_ = std::make_unique<Core>(options, clock_, random_, *store_, fleet_);
    ASSERT_TRUE(core_->Start().ok());
  }
};

TEST_F(SmallFleet, RefusesTheHostBeyondItsLimitAndNoKnownOne) {
  Join("h1");
  ScriptedAgent& h2 = Join("h2");
  ScriptedAgent third{.name = "h3"};
  EXPECT_EQ(Refusal(HelloAgain(third)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Refusal(HelloAgain(h2)), absl::StatusCode::kOk);
}

TEST_F(Admission, AnOlderReportNeverOverwritesANewerOne) {
  ScriptedAgent& h1 = Join("h1");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"))}).ok());
  slow_.insert(Ref("1"));
  const Report older = MakeReport(h1);
  slow_.clear();
  Work(h1);
  ASSERT_EQ(RolloutWord("shop"), "succeeded");
  Say(AgentReport{h1.session, older});
  EXPECT_EQ(Ps("shop").front().status.state, InstanceState::kRunning);
  // Nor does one of a session that was replaced.
  const SessionId before = h1.session;
  EXPECT_EQ(Refusal(HelloAgain(h1)), absl::StatusCode::kOk);
  h1.sequence = 0;
  Work(h1);
  Report late = older;
  late.sequence = 1'000;
  Say(AgentReport{before, late});
  EXPECT_EQ(Ps("shop").front().status.state, InstanceState::kRunning);
}

TEST_F(Admission, AfterAControllerStartEveryHostIsUnknownAndNothingIsLostBeforeTheGraceIsOver) {
  Join("h1");
  Join("h2");
  ASSERT_TRUE(ApplyNow("shop", {Service("web", Ref("1"), 2)}).ok());
  WorkAll();
  StartCore();
  EXPECT_EQ(StateOf("h1"), "unknown");
  Join("h1");
  EXPECT_EQ(StateOf("h1"), "ready");
  for (int second = 0; second < 119; second += 10) {
    clock_.Advance(absl::Seconds(second == 110 ? 9 : 10));
    Say(AgentHeartbeat{agents_.at("h1").session, 1});
    EXPECT_EQ(StateOf("h2"), "unknown") << second;
  }
  EXPECT_EQ(Where("shop"), "web.1@h1 web.2@h2") << "placement still counts it";
  EXPECT_EQ(CountEvents("host_lost"), 0);
  clock_.Advance(absl::Seconds(1));
  Say(AgentHeartbeat{agents_.at("h1").session, 2});
  EXPECT_EQ(StateOf("h2"), "lost");
  EXPECT_EQ(StateOf("h1"), "ready");
  EXPECT_EQ(CountEvents("host_lost"), 1);
  EXPECT_EQ(Where("shop"), "web.1@h1 web.2@h2") << "no fail-over";
}

TEST_F(Admission, SilenceMakesAwayThenLostAndAReportMakesReadyAgain) {
  ScriptedAgent& h1 = Join("h1");
  Disconnect(h1);
  EXPECT_EQ(StateOf("h1"), "away");
  clock_.Advance(options_.lease - absl::Seconds(1));
  Turn();
  EXPECT_EQ(StateOf("h1"), "away");
  clock_.Advance(absl::Seconds(1));
  Turn();
  EXPECT_EQ(StateOf("h1"), "lost");
  EXPECT_EQ(Refusal(HelloAgain(h1)), absl::StatusCode::kOk);
  EXPECT_EQ(StateOf("h1"), "unknown") << "connected, but it has not said what it runs";
  h1.sequence = 0;
  Work(h1);
  EXPECT_EQ(StateOf("h1"), "ready");
  for (const char* kind : {"host_away", "host_lost"}) EXPECT_EQ(CountEvents(kind), 1) << kind;
  // A session that stays open but silent is lost as well.
  clock_.Advance(options_.lease);
  Turn();
  EXPECT_EQ(StateOf("h1"), "lost");
}

}  // namespace
}  // namespace quayside::controller
