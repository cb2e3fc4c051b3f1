#include "common/base/random.h"

#include <gtest/gtest.h>

namespace quayside {
namespace {

TEST(Random, OneSeedRepeatsItsSequence) {
  SeededRandom a(7), b(7), c(8);
  const uint64_t first = a.Next();
  EXPECT_EQ(first, b.Next());
  EXPECT_NE(first, c.Next());
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
  SeededRandom random(1);
  bool seen[5] = {};
  for (int i = 0; i < 1000; ++i) {
    const uint64_t value = random.Below(5);
    ASSERT_LT(value, 5u);
    seen[value] = true;
  }
  for (const bool s : seen) EXPECT_TRUE(s);
}

TEST(Random, JitterStaysWithinItsFraction) {
  SeededRandom random(1);
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration d = random.Jitter(absl::Seconds(15), 0.2);
    EXPECT_GE(d, absl::Seconds(12));
    EXPECT_LE(d, absl::Seconds(18));
  }
}

TEST(Random, Base32IsOfItsAlphabet) {
  SystemRandom random;
  const std::string id = random.Base32(10);
  EXPECT_EQ(id.size(), 10u);
  EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
}

}  // namespace
}  // namespace quayside
