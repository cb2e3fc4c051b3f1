#include "common/base/mailbox.h"

#include <thread>

#include <gtest/gtest.h>

namespace quayside {
namespace {

TEST(Mailbox, RefusesWhenFullAndTakesAllInOrder) {
  SystemClock clock;
  Mailbox<int> mailbox(clock, 2);
  EXPECT_TRUE(mailbox.Offer(1));
  EXPECT_TRUE(mailbox.Offer(2));
  EXPECT_FALSE(mailbox.Offer(3));
  EXPECT_EQ(mailbox.TakeUntil(MonoTime::Never()), (std::vector<int>{1, 2}));
  EXPECT_TRUE(mailbox.Offer(4));
}

TEST(Mailbox, ADeadlineInThePastReturnsAtOnce) {
  SystemClock clock;
  Mailbox<int> mailbox(clock, 2);
  EXPECT_TRUE(mailbox.TakeUntil(clock.Now() - absl::Seconds(1)).empty());
}

TEST(Mailbox, CloseWakesItsOwner) {
  SystemClock clock;
  Mailbox<int> mailbox(clock, 2);
  std::thread closer([&] { mailbox.Close(); });
  EXPECT_TRUE(mailbox.TakeUntil(MonoTime::Never()).empty());
  closer.join();
  EXPECT_FALSE(mailbox.Offer(1));
}

}  // namespace
}  // namespace quayside
