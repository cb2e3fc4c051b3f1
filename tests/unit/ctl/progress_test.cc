#include "ctl/progress.h"

#include <gtest/gtest.h>

namespace quayside::ctl {
namespace {

v1::RolloutTarget* Add(v1::AppStatus& status, int slot, const std::string& host,
                       const std::string& state) {
  v1::RolloutTarget* target = status.mutable_rollout()->add_targets();
  target->set_service("web");
  target->set_slot(slot);
  target->set_host(host);
  target->set_instance("i" + std::to_string(slot));
  target->set_action("replace");
  target->set_state(state);
  return target;
}

v1::AppStatus Running() {
  v1::AppStatus status;
  status.set_app("shop");
  status.set_revision(2);
  v1::Rollout* rollout = status.mutable_rollout();
  rollout->set_id("r1");
  rollout->set_from(1);
  rollout->set_to(2);
  rollout->set_state("running");
  rollout->set_done(1);
  rollout->set_total(3);
  Add(status, 1, "alpha", "proven");
  v1::RolloutTarget* pulling = Add(status, 2, "beta-long", "working");
  pulling->mutable_observed()->set_state(v1::INSTANCE_STATE_PULLING);
  pulling->set_reason("41 of 90 MiB");
  Add(status, 3, "gamma", "waiting");
  return status;
}

std::string Text(const std::vector<ProgressLine>& lines) {
  std::string text;
  for (const ProgressLine& line : lines) text += line.text + "\n";
  return text;
}

std::string Text(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(RenderProgress, ShowsStageInstancesAndStates) {
  EXPECT_EQ(Text(RenderProgress(Running(), absl::Seconds(74), 20, 80)),
            "shop  revision 2  in progress  1 of 3 done  1 min 14 s\n"
            "  web.1  alpha      replace  proven\n"
            "  web.2  beta-long  replace  pulling: 41 of 90 MiB\n"
            "  web.3  gamma      replace  waiting\n");
}

TEST(RenderProgress, KeepsToItsSizeAndShowsTroubleFirst) {
  v1::AppStatus status = Running();
  for (int slot = 4; slot < 40; ++slot) Add(status, slot, "delta", "waiting");
  Add(status, 40, "omega", "failed")->set_reason("it exited with code 137 and was out of memory");
  status.add_pending("web.41 cannot be placed: no host has the label disk=ssd");
  status.add_pending("web.42 cannot be placed");
  EXPECT_EQ(Text(RenderProgress(status, absl::Seconds(1), 6, 50)),
            "shop  revision 2  in progress  1 of 3 done  1 s\n"
            "  web.40  omega      replace  failed: it exited w…\n"
            "  web.2   beta-long  replace  pulling: 41 of 90 M…\n"
            "  web.1   alpha      replace  proven\n"
            "  and 37 more, 0 of them proven\n"
            "  pending: web.41 cannot be placed: no host has t…\n");
}

TEST(RenderProgress, ToneFollowsTheState) {
  const auto lines = RenderProgress(Running(), absl::ZeroDuration(), 20, 80);
  EXPECT_EQ(lines[1].tone, Tone::kGood);
  EXPECT_EQ(lines[2].tone, Tone::kBusy);
}

TEST(RenderProgress, NeitherNamesNorReasonsDriveTheTerminal) {
  v1::AppStatus status = Running();
  Add(status, 4, "ev\x1b[2Jil", "failed")->set_reason("a\rb");
  const std::string text = Text(RenderProgress(status, absl::ZeroDuration(), 20, 200));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_NE(text.find("ev\\x1b[2Jil"), std::string::npos);
}

TEST(RenderFacts, FirstEverythingThatHasBegunThenOnlyWhatIsNew) {
  const v1::AppStatus before = Running();
  EXPECT_EQ(Text(RenderFacts(nullptr, before)),
            "shop: revision 2 in progress, 1 of 3 instances done\n"
            "shop/web.1 on alpha: proven\n"
            "shop/web.2 on beta-long: pulling: 41 of 90 MiB\n");
  EXPECT_EQ(RenderFacts(&before, before), std::vector<std::string>());
  v1::AppStatus after = before;
  after.mutable_rollout()->mutable_targets(1)->set_state("proven");
  after.mutable_rollout()->mutable_targets(1)->clear_reason();
  after.add_pending("web.4 cannot be placed");
  EXPECT_EQ(Text(RenderFacts(&before, after)),
            "shop/web.2 on beta-long: proven\n"
            "shop: pending: web.4 cannot be placed\n");
  after.mutable_rollout()->set_state("rolling_back");
  after.mutable_rollout()->set_reason("web.3 failed");
  EXPECT_EQ(RenderFacts(&before, after)[0],
            "shop: revision 2 rolling back, 1 of 3 instances done: web.3 failed");
}

TEST(RenderFacts, TheStateIsSaidOnceAlsoWhenTheReasonBeginsWithIt) {
  v1::AppStatus status = Running();
  v1::RolloutTarget* target = status.mutable_rollout()->mutable_targets(1);
  target->set_reason("pulling: 41 of 90 MiB");
  EXPECT_EQ(RenderFacts(nullptr, status).back(), "shop/web.2 on beta-long: pulling: 41 of 90 MiB");
  target->set_reason("pulling");
  EXPECT_EQ(RenderFacts(nullptr, status).back(), "shop/web.2 on beta-long: pulling");
}

TEST(RenderFailure, NamesEachInstanceThatIsNotProven) {
  v1::AppStatus status = Running();
  status.add_pending("web.4 cannot be placed: no host is ready");
  EXPECT_EQ(Text(RenderFailure(status)),
            "  web.2 on beta-long is not proven (pulling): 41 of 90 MiB\n"
            "  pending: web.4 cannot be placed: no host is ready\n");
}

TEST(RenderFailure, ShowsTheEndOfAtMostThreeLogs) {
  v1::AppStatus status;
  std::string log;
  for (int line = 1; line <= 30; ++line) log += "line " + std::to_string(line) + "\n";
  for (int slot = 1; slot <= 4; ++slot) {
    Add(status, slot, "alpha", "failed")->mutable_observed()->set_log_tail(log);
  }
  const std::string text = Text(RenderFailure(status));
  EXPECT_EQ(text.find("| line 10\n"), std::string::npos);
  EXPECT_NE(text.find("    its last log lines:\n    | line 11\n"), std::string::npos);
  EXPECT_NE(text.find("    its log: ctl inspect i4\n"), std::string::npos);
  EXPECT_EQ(text.find("ctl inspect i3"), std::string::npos);
}

TEST(ResultSentence, SaysHowItEnded) {
  v1::AppStatus status = Running();
  v1::Rollout* rollout = status.mutable_rollout();
  const auto sentence = [&](const std::string& state, const std::string& reason) {
    rollout->set_state(state);
    rollout->set_reason(reason);
    return ResultSentence(status);
  };
  rollout->set_done(3);
  rollout->mutable_started_at()->set_seconds(1000);
  rollout->mutable_ended_at()->set_seconds(1075);
  EXPECT_EQ(sentence("succeeded", ""), "shop revision 2 is proven: 3 of 3 instances in 1 min 15 s");
  EXPECT_EQ(sentence("rolled_back", "why"),
            "shop revision 2 failed and revision 1 runs again: why");
  EXPECT_EQ(sentence("failed", "why"), "shop revision 2 failed: why");
  EXPECT_EQ(sentence("paused", "why"),
            "shop revision 2 is paused: why; apply a fixed file, or `ctl rollback shop`");
  rollout->set_from(0);
  EXPECT_EQ(sentence("rolled_back", "why"), "shop revision 2 failed: why");
  status.set_removed(true);
  EXPECT_EQ(ResultSentence(status), "shop is removed");
}

}  // namespace
}  // namespace quayside::ctl
