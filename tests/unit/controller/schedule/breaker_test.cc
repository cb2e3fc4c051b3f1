#include "controller/schedule/breaker.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/controller/schedule/at.h"

namespace quayside::controller {
namespace {

std::vector<MonoTime> Times(int count, double at) { return std::vector<MonoTime>(count, At(at)); }

struct OpeningCase {
  const char* what;
  std::vector<MonoTime> lost_at;
  int present;
  bool opens;
};

TEST(Breaker, OpensWhenManyHostsAreLostTogether) {
  const double now = 1'000;
  const OpeningCase cases[] = {
      {"nothing was lost", {}, 10, false},
      {"two of two: a small fleet", Times(2, now), 0, false},
      {"two of four", Times(2, now), 2, false},
      {"all three", Times(3, now), 0, true},
      {"three of twelve", Times(3, now), 9, true},
      {"three of thirteen", Times(3, now), 10, false},
      {"a quarter of a large fleet", Times(250, now), 750, true},
      {"less than a quarter of it", Times(249, now), 751, false},
      {"three of four within a minute", {At(now - 59), At(now - 30), At(now)}, 1, true},
      {"three of four, slowly", {At(now - 61), At(now - 30), At(now)}, 1, false},
      {"all, slowly", {At(now - 600), At(now - 300), At(now)}, 0, true},
      {"all, and it is over", {At(now - 600), At(now - 300), At(now - 61)}, 0, false},
      {"dead ones from long ago are no hosts that were there",
       {At(1), At(2), At(3), At(now), At(now), At(now)},
       9,
       true},
  };
  for (const OpeningCase& test : cases) {
    const BreakerVerdict verdict = DecideBreaker({false, test.lost_at, test.present}, {}, At(now));
    EXPECT_EQ(verdict.open, test.opens) << test.what;
    EXPECT_EQ(verdict.closes_at.is_never(), !test.opens) << test.what;
  }
}

TEST(Breaker, ClosesTwoMinutesAfterTheLastLoss) {
  BreakerFacts facts{true, Times(5, 100), 5};
  EXPECT_EQ(DecideBreaker(facts, {}, At(101)).closes_at, At(220));
  EXPECT_TRUE(DecideBreaker(facts, {}, At(219)).open);
  EXPECT_FALSE(DecideBreaker(facts, {}, At(220)).open);
  facts.lost_at.push_back(At(180));  // one more: not stable yet
  EXPECT_EQ(DecideBreaker(facts, {}, At(220)).closes_at, At(300));
  EXPECT_FALSE(DecideBreaker(facts, {}, At(300)).open);
}

TEST(Breaker, ClosesAtOnceWhenTheHostsAreBack) {
  EXPECT_FALSE(DecideBreaker({true, {}, 10}, {}, At(101)).open);
  // One that is dead for days does not keep it open.
  EXPECT_FALSE(DecideBreaker({true, {At(1)}, 9}, {}, At(10'000)).open);
  // All but one are back: the last loss counts.
  EXPECT_TRUE(DecideBreaker({true, {At(9'950)}, 9}, {}, At(10'000)).open);
}

TEST(Breaker, OnceClosedOnlyAnotherLossOpensIt) {
  const BreakerFacts facts{false, Times(10, 100), 0};
  EXPECT_FALSE(DecideBreaker(facts, {}, At(220)).open);
  EXPECT_FALSE(DecideBreaker(facts, {}, At(100'000)).open);
}

}  // namespace
}  // namespace quayside::controller
