#include "controller/dispatch/admission.h"

#include "gtest/gtest.h"

namespace quayside::controller {
namespace {

MonoTime At(absl::Duration since) { return MonoTime() + since; }

TEST(Admission, LetsABurstInAndTellsTheRestToWaitLongerEach) {
  Admission admission({.hellos_per_second = 10, .burst = 2});
  EXPECT_EQ(admission.Ask("a", At(absl::ZeroDuration())).wait, absl::ZeroDuration());
  EXPECT_EQ(admission.Ask("b", At(absl::ZeroDuration())).wait, absl::ZeroDuration());
  const absl::Duration third = admission.Ask("c", At(absl::ZeroDuration())).wait;
  const absl::Duration fourth = admission.Ask("d", At(absl::ZeroDuration())).wait;
  EXPECT_GE(third, absl::Seconds(1));
  EXPECT_GT(fourth, third) << "they do not all come back at once";
}

TEST(Admission, RefillsWithTime) {
  Admission admission({.hellos_per_second = 10, .burst = 1});
  EXPECT_EQ(admission.Ask("a", At(absl::ZeroDuration())).wait, absl::ZeroDuration());
  EXPECT_GT(admission.Ask("b", At(absl::Milliseconds(50))).wait, absl::ZeroDuration());
  EXPECT_EQ(admission.Ask("c", At(absl::Milliseconds(101))).wait, absl::ZeroDuration());
}

TEST(Admission, OneHostThatRestartsInALoopWaits) {
  Admission admission({});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(admission.Ask("loop", At(absl::Seconds(i))).wait, absl::ZeroDuration());
  }
  EXPECT_EQ(admission.Ask("loop", At(absl::Seconds(3))).wait, absl::Seconds(5));
  EXPECT_EQ(admission.Ask("other", At(absl::Seconds(3))).wait, absl::ZeroDuration());
  EXPECT_EQ(admission.Ask("loop", At(absl::Seconds(8))).wait, absl::ZeroDuration());
}

TEST(Admission, SaysWhichLimitItWas) {
  Admission admission({.hellos_per_second = 0.001, .burst = 3, .host_sessions = 2});
  EXPECT_EQ(admission.Ask("loop", At(absl::ZeroDuration())).reason, "");
  EXPECT_EQ(admission.Ask("loop", At(absl::ZeroDuration())).reason, "");
  EXPECT_EQ(admission.Ask("loop", At(absl::Seconds(1))).reason,
            "this host connects too often: it began 2 sessions within 8s");
  EXPECT_EQ(admission.Ask("other", At(absl::Seconds(1))).reason, "");
  EXPECT_EQ(admission.Ask("third", At(absl::Seconds(1))).reason,
            "too many agents are connecting at once");
}

TEST(Admission, ForgettingOldHostsChangesNothingForNewOnes) {
  Admission admission({.host_sessions = 1});
  EXPECT_EQ(admission.Ask("a", At(absl::ZeroDuration())).wait, absl::ZeroDuration());
  admission.Expire(At(absl::Seconds(1)));
  EXPECT_EQ(admission.Ask("a", At(absl::Seconds(2))).wait, absl::Seconds(6));
  admission.Expire(At(absl::Seconds(9)));
  EXPECT_EQ(admission.Ask("a", At(absl::Seconds(9))).wait, absl::ZeroDuration());
}

}  // namespace
}  // namespace quayside::controller
