#include "controller/schedule/presence.h"

#include <gtest/gtest.h>

#include "tests/unit/controller/schedule/at.h"

namespace quayside::controller {
namespace {

const PresenceRules kRules{At(100), absl::Seconds(120), absl::Seconds(55)};

std::string Decide(const PresenceFacts& facts, double now) {
  return std::string(ToString(DecidePresence(facts, kRules, At(now))));
}

TEST(Presence, AHostThatWasNotHeardSinceTheStartIsUnknownUntilTheGraceIsOver) {
  EXPECT_EQ(Decide({}, 100), "unknown");
  EXPECT_EQ(Decide({}, 219.9), "unknown");
  EXPECT_EQ(Decide({}, 220), "lost");
}

TEST(Presence, ASessionIsReadyOnlyAfterItsFirstReport) {
  EXPECT_EQ(Decide({.connected = true, .reported = false, .last_heard = At(300)}, 300), "unknown");
  EXPECT_EQ(Decide({.connected = true, .reported = true, .last_heard = At(300)}, 300), "ready");
}

TEST(Presence, WithoutASessionAHostIsAwayUntilItsLeaseHasRunOut) {
  const PresenceFacts facts{.connected = false, .reported = false, .last_heard = At(300)};
  EXPECT_EQ(Decide(facts, 300), "away");
  EXPECT_EQ(Decide(facts, 354.9), "away");
  EXPECT_EQ(Decide(facts, 355), "lost");
}

TEST(Presence, ASilentSessionIsLostWhenItsLeaseHasRunOut) {
  const PresenceFacts facts{.connected = true, .reported = true, .last_heard = At(300)};
  EXPECT_EQ(Decide(facts, 354), "ready");
  EXPECT_EQ(Decide(facts, 355), "lost");
}

TEST(Presence, TheNextChangeIsKnownBeforeItComes) {
  const PresenceFacts facts{.connected = true, .reported = true, .last_heard = At(300)};
  EXPECT_EQ(NextPresenceChange(facts, kRules, At(310)), At(355));
  EXPECT_EQ(NextPresenceChange(facts, kRules, At(355)), MonoTime::Never());
  EXPECT_EQ(NextPresenceChange({}, kRules, At(110)), At(220));
}

}  // namespace
}  // namespace quayside::controller
