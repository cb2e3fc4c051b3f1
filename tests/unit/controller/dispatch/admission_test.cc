#include "controller/dispatch/admission.h"

#include "gtest/gtest.h"

namespace quayside::controller {
namespace {

MonoTime At(absl::Duration since) { return MonoTime() + since; }

TEST(Admission, LetsABurstInAndTellsTheRestToWaitLongerEach) {
  Admission admission({.hellos_per_second = 10, .burst = 2});
  EXPECT_EQ(admission.Ask("a", At(absl::ZeroDuration())), absl::ZeroDuration());
  EXPECT_EQ(admission.Ask("b", At(absl::ZeroDuration())), absl::ZeroDuration());
  const absl::Duration third = admission.Ask("c", At(absl::ZeroDuration()));
  const absl::Duration fourth = admission.Ask("d", At(absl::ZeroDuration()));
  EXPECT_GE(third, absl::Seconds(1));
  EXPECT_GT(fourth, third) << "they do not all come back at once";
}

TEST(Admission, RefillsWithTime) {
  Admission admission({.hellos_per_second = 10, .burst = 1});
  EXPECT_EQ(admission.Ask("a", At(absl::ZeroDuration())), absl::ZeroDuration());
  EXPECT_GT(admission.Ask("b", At(absl::Milliseconds(50))), absl::ZeroDuration());
  EXPECT_EQ(admission.Ask("c", At(absl::Milliseconds(101))), absl::ZeroDuration());
}

TEST(Admission, OneHostThatRestartsInALoopWaits) {
  Admission admission({});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(admission.Ask("loop", At(absl::Seconds(i))), absl::ZeroDuration());
  }
  EXPECT_EQ(admission.Ask("loop", At(absl::Seconds(3))), absl::Seconds(5));
  EXPECT_EQ(admission.Ask("other", At(absl::Seconds(3))), absl::ZeroDuration());
  EXPECT_EQ(admission.Ask("loop", At(absl::Seconds(8))), absl::ZeroDuration());
}

TEST(Admission, ForgettingOldHostsChangesNothingForNewOnes) {
  Admission admission({.host_sessions = 1});
  EXPECT_EQ(admission.Ask("a", At(absl::ZeroDuration())), absl::ZeroDuration());
  admission.Expire(At(absl::Seconds(1)));
  EXPECT_EQ(admission.Ask("a", At(absl::Seconds(2))), absl::Seconds(6));
  admission.Expire(At(absl::Seconds(9)));
  EXPECT_EQ(admission.Ask("a", At(absl::Seconds(9))), absl::ZeroDuration());
}

}  // namespace
}  // namespace quayside::controller
