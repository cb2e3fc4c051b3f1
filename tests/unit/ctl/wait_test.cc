// Waiting for a change: how each end of a rollout becomes an exit code and what is said meanwhile.
#include <thread>

#include "tests/unit/ctl/fake_controller.h"

namespace quayside::ctl {
namespace {

class WaitTest : public CtlTest {
 protected:
  WaitTest() {
    service_.on_Restart = [](const v1::RestartRequest&, v1::ChangeReply& reply) {
      reply.set_revision(2);
      reply.set_rollout_id("r1");
      return grpc::Status::OK;
    };
    service_.on_RemoveApp = [](const v1::RemoveAppRequest&, v1::ChangeReply&) {
      return grpc::Status::OK;
    };
  }

  std::thread stopper_;

  Outcome RestartThatEnds(const std::string& state, const std::vector<std::string>& more = {}) {
    service_.watches.push_back(
        {{Snapshot(RolloutStatusOf("shop", "running")), Snapshot(RolloutStatusOf("shop", state))},
         grpc::Status::OK});
    std::vector<std::string> arguments = {"restart", "shop"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Ctl(arguments);
  }
};

TEST_F(WaitTest, ProvenIsExit0) {
  const Outcome outcome = RestartThatEnds("succeeded");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "shop revision 2 is proven: 1 of 1 instance\n");
  EXPECT_EQ(outcome.err,
            "shop: revision 2 in progress, 0 of 1 instance done\n"
            "shop/web.1 on alpha: working\n"
            "shop: revision 2 succeeded, 1 of 1 instance done\n"
            "shop/web.1 on alpha: proven\n");
}

TEST_F(WaitTest, EveryOtherEndIsExit1) {
  for (const char* state :
       {"rolled_back", "failed", "aborted", "superseded", "paused", "partial"}) {
    const Outcome outcome = RestartThatEnds(state);
    EXPECT_EQ(outcome.code, 1) << state;
    EXPECT_EQ(outcome.out, "") << state;
  }
  EXPECT_EQ(RestartThatEnds("partial", {"--allow-away"}).code, 0);
  EXPECT_EQ(RestartThatEnds("failed", {"--allow-away"}).code, 1);
}

TEST_F(WaitTest, AFailureShowsWhichInstanceWhyAndItsLastLogLines) {
  v1::AppStatus status = RolloutStatusOf("shop", "rolled_back");
  status.mutable_rollout()->set_reason("web.1 on alpha exited with code 1");
  v1::RolloutTarget* target = status.mutable_rollout()->mutable_targets(0);
  target->set_state("back");
  target->set_reason("it exited with code 1");
  target->mutable_observed()->set_log_tail("listening\npanic: no \x1b[31mconfig\n");
  service_.watches.push_back({{Snapshot(status)}, grpc::Status::OK});
  const Outcome outcome = Ctl({"restart", "shop"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("  web.1 on alpha is not proven (went back): it exited with code 1\n"
                             "    its last log lines:\n"
                             "    | listening\n"
                             "    | panic: no \\x1b[31mconfig\n"
                             "ctl: shop revision 2 failed and revision 1 runs again: web.1 on "
                             "alpha exited with code 1\n"),
            std::string::npos)
      << outcome.err;
}

TEST_F(WaitTest, JsonGoesToStdoutAlone) {
  const Outcome outcome = RestartThatEnds("succeeded", {"-o", "json"});
  EXPECT_EQ(outcome.out.rfind("{\n  \"app\": \"shop\"", 0), 0u) << outcome.out;
  EXPECT_NE(outcome.err, "");
}

TEST_F(WaitTest, SurvivesARestartOfTheController) {
  service_.watches.push_back({{Snapshot(RolloutStatusOf("shop", "running"))},
                              grpc::Status(grpc::StatusCode::UNAVAILABLE, "shutting down")});
  service_.watches.push_back({{}, grpc::Status(grpc::StatusCode::UNAVAILABLE, "not yet")});
  const Outcome outcome = RestartThatEnds("succeeded");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.err.find("the controller went away; waiting for it to come back\n"),
            std::string::npos);
  EXPECT_EQ(service_.watch_requests.size(), 3u);
}

TEST_F(WaitTest, TimeoutIsExit4AndSaysHowToFollow) {
  const Outcome outcome = Ctl({"restart", "shop", "--timeout", "300ms"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(
      outcome.err,
      "ctl: the change of shop is still in progress after 300ms; it goes on, and `ctl rollout "
      "watch shop` follows it\n");
}

TEST_F(WaitTest, AtATimeoutJsonIsWhatWasSeenLast) {
  service_.watches.push_back({{Snapshot(RolloutStatusOf("shop", "running"))},
                              grpc::Status(grpc::StatusCode::UNAVAILABLE, "")});
  const Outcome outcome = Ctl({"restart", "shop", "--timeout", "500ms", "-o", "json"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_NE(outcome.out.find("\"state\": \"running\""), std::string::npos) << outcome.out;
}

TEST_F(WaitTest, AWaitThatLostItsControllerEndsAtTheTimeoutToo) {
  service_.watches.push_back({{Snapshot(RolloutStatusOf("shop", "running"))},
                              grpc::Status(grpc::StatusCode::UNAVAILABLE, "")});
  for (int i = 0; i < 20; ++i) {
    service_.watches.push_back({{}, grpc::Status(grpc::StatusCode::UNAVAILABLE, "")});
  }
  EXPECT_EQ(Ctl({"restart", "shop", "--timeout", "400ms"}).code, 4);
}

TEST_F(WaitTest, ANewerChangeSupersedesUnlessThisOneWasProven) {
  v1::AppStatus newer = RolloutStatusOf("shop", "running");
  newer.mutable_rollout()->set_id("r2");
  std::string outcome_of_2 = "superseded";
  service_.on_GetHistory = [&](const auto&, v1::GetHistoryReply& reply) {
    auto* revision = reply.add_revisions();
    revision->set_revision(2);
    revision->set_outcome(outcome_of_2);
    return grpc::Status::OK;
  };
  service_.watches.push_back({{Snapshot(newer)}, grpc::Status::OK});
  const Outcome overtaken = Ctl({"restart", "shop"});
  EXPECT_EQ(overtaken.code, 1);
  EXPECT_NE(overtaken.err.find("superseded by a newer change"), std::string::npos);
  outcome_of_2 = "succeeded";
  service_.watches.push_back({{Snapshot(newer)}, grpc::Status::OK});
  EXPECT_EQ(Ctl({"restart", "shop"}).code, 0);
}

TEST_F(WaitTest, RemovalIsOverWhenTheAppIsGone) {
  service_.on_ListInstances = [](const auto&, v1::ListInstancesReply& reply) {
    reply.add_instances()->set_host("alpha");
    reply.add_instances()->set_host("beta");
    return grpc::Status::OK;
  };
  service_.on_ListHosts = [](const auto&, v1::ListHostsReply& reply) {
    for (const char* name : {"alpha", "beta", "gamma"}) {
      v1::Host* host = reply.add_hosts();
      host->set_name(name);
      host->set_state(name == std::string("beta") ? "away" : "ready");
    }
    return grpc::Status::OK;
  };
  v1::AppStatus gone;
  gone.set_app("shop");
  gone.set_removed(true);
  service_.watches.push_back(
      {{Snapshot(RolloutStatusOf("shop", "failed")), Snapshot(gone)}, grpc::Status::OK});
  const Outcome outcome = Ctl({"rm", "shop", "-y"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "shop is removed\n");
  EXPECT_EQ(outcome.err, "removing shop from alpha, beta (away, when it is back)\n");
  service_.watches.push_back({{}, grpc::Status(grpc::StatusCode::NOT_FOUND, "no app shop")});
  EXPECT_EQ(Ctl({"rm", "shop", "-y"}).code, 0) << "gone before the watch began";
  service_.watches.push_back({{Snapshot(gone)}, grpc::Status::OK});
  EXPECT_EQ(Ctl({"restart", "shop"}).code, 1) << "removed by somebody else";
}

TEST_F(WaitTest, WhatTheControllerRefusesIsNotWaitedFor) {
  service_.watches.push_back({{}, grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "not you")});
  const Outcome outcome = Ctl({"restart", "shop"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err, "ctl: the change of shop goes on, but cannot be followed: not you\n");
}

TEST_F(WaitTest, AControllerThatStopsInTheMiddleIsWaitedForUntilTheTimeout) {
  service_.on_Restart = [this](const v1::RestartRequest&, v1::ChangeReply& reply) {
    reply.set_rollout_id("r1");
    return grpc::Status::OK;
  };
  service_.on_watch = [this] { stopper_ = std::thread([this] { StopServing(); }); };
  const Outcome outcome = Ctl({"restart", "shop", "--timeout", "700ms"});
  stopper_.join();
  EXPECT_EQ(outcome.code, 4) << outcome.err;
  EXPECT_NE(outcome.err.find("the controller went away"), std::string::npos);
}

TEST_F(WaitTest, RolloutWatchOfAnEndedRolloutSaysItsEnd) {
  service_.on_GetStatus = [](const auto&, v1::GetStatusReply& reply) {
    *reply.mutable_status() = RolloutStatusOf("shop", "failed");
    return grpc::Status::OK;
  };
  service_.watches.push_back({{Snapshot(RolloutStatusOf("shop", "failed"))}, grpc::Status::OK});
  EXPECT_EQ(Ctl({"rollout", "watch", "shop"}).code, 1);
  const Outcome status = Ctl({"rollout", "status", "shop"});
  EXPECT_EQ(status.code, 0);
  EXPECT_NE(status.out.find("shop  revision 2  failed  0 of 1 done"), std::string::npos);
  service_.on_GetStatus = [](const auto&, v1::GetStatusReply&) { return grpc::Status::OK; };
  EXPECT_EQ(Ctl({"rollout", "watch", "shop"}).code, 1) << "no rollout yet";
}

TEST_F(WaitTest, ATerminalIsRedrawnInPlace) {
  service_.watches.push_back({{Snapshot(RolloutStatusOf("shop", "running")),
                               Snapshot(RolloutStatusOf("shop", "succeeded"))},
                              grpc::Status::OK});
  const Outcome outcome = Ctl({"restart", "shop"}, "", true);
  EXPECT_NE(outcome.err.find("\x1b[2A\x1b[J"), std::string::npos) << outcome.err;
}

TEST_F(WaitTest, EventsAreFollowedWithoutAGap) {
  service_.on_ListEvents = [](const v1::ListEventsRequest& request, v1::ListEventsReply& reply) {
    EXPECT_EQ(request.limit(), 2);
    EXPECT_EQ(request.app(), "shop");
    auto* event = reply.add_events();
    event->set_id(7);
    event->set_kind("host_joined");
    event->set_message("alpha joined");
    return grpc::Status::OK;
  };
  v1::WatchReply next;
  next.mutable_event()->set_id(8);
  next.mutable_event()->set_kind("host_away");
  service_.watches.push_back({{next}, grpc::Status(grpc::StatusCode::UNAVAILABLE, "")});
  service_.watches.push_back({{}, grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "enough")});
  const Outcome outcome = Ctl({"events", "-f", "-n", "2", "--app", "shop", "-o", "json"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(
      outcome.out,
      R"({"id":7,"kind":"host_joined","app":"","host":"","instance":"","revision":0,)"
      R"("message":"alpha joined"})"
      "\n"
      R"({"id":8,"kind":"host_away","app":"","host":"","instance":"","revision":0,"message":""})"
      "\n");
  ASSERT_EQ(service_.watch_requests.size(), 2u);
  EXPECT_EQ(service_.watch_requests[0].after_event(), 7);
  EXPECT_EQ(service_.watch_requests[1].after_event(), 8);
}

}  // namespace
}  // namespace quayside::ctl
