#include "controller/core/sessions.h"

#include <gtest/gtest.h>

namespace quayside::controller {
namespace {

constexpr absl::Duration kLease = absl::Seconds(55);
const MonoTime kStart = MonoTime::FromNanos(1'000'000'000);
const HostId kOne("one"), kTwo("two");

class DuePresence : public ::testing::Test {
 protected:
  DuePresence() { sessions_.Configure({kStart, absl::Seconds(120), kLease}); }

  // What the core does with what is due: it concludes, and remembers that it did.
  std::set<HostId> Conclude(MonoTime now) {
    std::set<HostId> due = sessions_.TakeDue(now);
    for (const HostId& host : due) sessions_.At(host).shown = sessions_.Of(host, now);
    return due;
  }
  void Connect(const HostId& host, SessionId session, MonoTime now) {
    sessions_.Open(host, session, 1, now);
    sessions_.Reported(host);
  }

  Sessions sessions_;
};

TEST_F(DuePresence, AHostThatNeverCameIsDueWhenTheGraceAfterTheStartIsOver) {
  sessions_.Expect(kOne);
  EXPECT_EQ(Conclude(kStart), std::set{kOne});
  EXPECT_EQ(sessions_.next_due(), kStart + absl::Seconds(120));
  EXPECT_TRUE(Conclude(kStart + absl::Seconds(119)).empty());
  EXPECT_EQ(Conclude(kStart + absl::Seconds(120)), std::set{kOne});
  EXPECT_EQ(sessions_.At(kOne).shown, Presence::kLost);
  EXPECT_TRUE(sessions_.next_due().is_never());
}

TEST_F(DuePresence, AReadyHostThatIsHeardCostsNothingUntilItsFirstLeaseIsOver) {
  Connect(kOne, 1, kStart);
  Conclude(kStart);
  sessions_.Heard(kOne, kStart + absl::Seconds(15));
  EXPECT_TRUE(Conclude(kStart + absl::Seconds(15)).empty());
  // Looked at once a lease, and found ready.
  EXPECT_EQ(sessions_.next_due(), kStart + kLease);
  EXPECT_EQ(Conclude(kStart + kLease), std::set{kOne});
  EXPECT_EQ(sessions_.At(kOne).shown, Presence::kReady);
  EXPECT_EQ(sessions_.next_due(), kStart + absl::Seconds(15) + kLease);
}

TEST_F(DuePresence, AHostThatFallsSilentIsDueWhenItsLeaseEnds) {
  Connect(kOne, 1, kStart);
  Connect(kTwo, 2, kStart);
  Conclude(kStart);
  sessions_.Heard(kTwo, kStart + absl::Seconds(50));
  Conclude(kStart + kLease);
  EXPECT_EQ(sessions_.At(kOne).shown, Presence::kLost);
  EXPECT_EQ(sessions_.At(kTwo).shown, Presence::kReady);
}

TEST_F(DuePresence, AnEndedSessionAndANewOneAreDueAtOnce) {
  Connect(kOne, 1, kStart);
  Conclude(kStart);
  sessions_.End(kOne);
  EXPECT_EQ(Conclude(kStart + absl::Seconds(1)), std::set{kOne});
  EXPECT_EQ(sessions_.At(kOne).shown, Presence::kAway);
  Connect(kOne, 2, kStart + absl::Seconds(2));
  EXPECT_EQ(Conclude(kStart + absl::Seconds(2)), std::set{kOne});
  EXPECT_EQ(sessions_.At(kOne).shown, Presence::kReady);
}

TEST_F(DuePresence, ALostHostIsDueWhenItIsHeardAgain) {
  Connect(kOne, 1, kStart);
  Conclude(kStart);
  Conclude(kStart + kLease);
  ASSERT_EQ(sessions_.At(kOne).shown, Presence::kLost);
  sessions_.Heard(kOne, kStart + absl::Seconds(60));
  EXPECT_EQ(Conclude(kStart + absl::Seconds(60)), std::set{kOne});
  EXPECT_EQ(sessions_.At(kOne).shown, Presence::kReady);
}

TEST_F(DuePresence, AForgottenHostIsNeverDue) {
  Connect(kOne, 1, kStart);
  Conclude(kStart);
  sessions_.Forget(kOne);
  EXPECT_TRUE(sessions_.TakeDue(kStart + absl::Hours(1)).empty());
  EXPECT_TRUE(sessions_.next_due().is_never());
}

}  // namespace
}  // namespace quayside::controller
