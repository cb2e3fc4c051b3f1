#include "tests/unit/controller/rollout/rollout_play.h"

namespace quayside::controller {
namespace {

TEST(Step, OneInstanceAtATimeThenTheEnd) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 3);
  EXPECT_EQ(play.Run(),
            "0 put web.1@h1; running\n"
            "1s put web.2@h2; running\n"
            "2s put web.3@h3; running\n"
            "3s succeeded");
}

TEST(Step, TwoAtATimeAndAllAtOnce) {
  for (const int parallelism : {2, 0}) {
    RolloutPlay play;
    play.Service("web").update.parallelism = parallelism;
    play.Updates("web", 3);
    EXPECT_EQ(play.Step(), parallelism == 2 ? "put web.1@h1, put web.2@h2; running"
                                            : "put web.1@h1, put web.2@h2, put web.3@h3; running");
  }
}

TEST(Step, TheDelayPassesBetweenBatchesAndNotAfterTheLast) {
  RolloutPlay play;
  play.Service("web").update.delay = absl::Seconds(10);
  play.Updates("web", 2);
  EXPECT_EQ(play.Run(),
            "0 put web.1@h1; running\n"
            "11s put web.2@h2; running\n"
            "12s succeeded");
}

TEST(Step, TheMonitorTimeIsWaitedForAtTheEnd) {
  RolloutPlay play;
  play.Service("web").update.monitor = absl::Seconds(20);
  play.Updates("web", 1);
  EXPECT_EQ(play.Run(),
            "0 put web.1@h1; running\n"
            "1s monitoring\n"
            "21s succeeded");
}

TEST(Step, NewSlotsComeFirstThenUpdatesInTheOrderOfTheRowThenRemovals) {
  RolloutPlay play;
  play.Service("web");
  play.Service("api");
  play.Target(TargetAction::kCreate, "web", 2, "h2");
  play.Target(TargetAction::kReplace, "api", 1, "h1");
  play.Target(TargetAction::kReplace, "web", 1, "h1");
  play.Target(TargetAction::kRemove, "old", 1, "h3");
  EXPECT_EQ(play.Run(),
            "0 put web.2@h2; running\n"
            "1s put api.1@h1; running\n"
            "2s put web.1@h1; running\n"
            "3s remove old.1@h3; monitoring\n"
            "4s succeeded");
}

TEST(Step, SlotsThatHandAFixedPortOverGoTogether) {
  RolloutPlay play;
  play.Service("api");
  play.Service("web");
  const size_t api = play.Target(TargetAction::kCreate, "api", 1, "h1");
  const size_t web = play.Target(TargetAction::kReplace, "web", 1, "h1");
  play.Target(TargetAction::kReplace, "web", 2, "h2");
  play.facts[api].brings = {{"", 80, "tcp"}};
  play.facts[web].frees = {{"", 80, "tcp"}};
  EXPECT_EQ(play.Run(),
            "0 put api.1@h1, put web.1@h1; running\n"
            "1s put web.2@h2; running\n"
            "2s succeeded");
}

TEST(Step, APortThatComesFromARemovedSlotIsHandedOverAndGoesBackWithIt) {
  RolloutPlay play;
  play.Service("api");
  const size_t api = play.Target(TargetAction::kCreate, "api", 1, "h1");
  const size_t old = play.Target(TargetAction::kRemove, "old", 1, "h1");
  play.facts[api].brings = {{"", 80, "tcp"}};
  play.facts[old].frees = {{"", 80, "tcp"}};
  play.fates[api] = Fate::kExits;
  EXPECT_EQ(play.Run(),
            "0 put api.1@h1, retire old.1@h1; running\n"
            "1s go back api.1@h1, go back old.1@h1; rolling_back\n"
            "2s rolled_back");
}

TEST(Step, WhatWasPutBeforeAndWaitsForItsPortGetsItAtOnce) {
  RolloutPlay play;
  play.Service("api");
  const size_t api = play.Target(TargetAction::kNone, "api", 1, "h1");
  const size_t old = play.Target(TargetAction::kRemove, "old", 1, "h1");
  play.row.targets[api].state = TargetState::kWorking;
  play.row.targets[api].instance = InstanceId("put-before");
  play.facts[api].brings = {{"", 80, "tcp"}};
  play.facts[old].frees = {{"", 80, "tcp"}};
  EXPECT_EQ(play.Step(), "retire old.1@h1; running");
}

TEST(Step, ASlotWithDataEndsOnItsOldHostBeforeItBeginsOnTheNewOne) {
  RolloutPlay play;
  ServiceSpec& db = play.Service("db");
  db.container.mounts = {{.type = MountType::kVolume, .source = "data", .target = "/data"}};
  play.Target(TargetAction::kCreate, "db", 1, "h2");
  play.Target(TargetAction::kRemove, "db", 1, "h1");
  EXPECT_EQ(play.Run(),
            "0 retire db.1@h1; running\n"
            "1s put db.1@h2; running\n"
            "2s succeeded");
}

TEST(Step, ASlotWithDataWaitsForItsOldHostAlsoWhenItTakesAPortOver) {
  RolloutPlay play;
  play.Service("web");
  ServiceSpec& db = play.Service("db");
  db.container.mounts = {{.type = MountType::kVolume, .source = "data", .target = "/data"}};
  const size_t there = play.Target(TargetAction::kCreate, "db", 1, "h2");
  const size_t web = play.Target(TargetAction::kReplace, "web", 1, "h2");
  play.Target(TargetAction::kRemove, "db", 1, "h1");
  play.facts[there].brings = {{"", 5432, "tcp"}};
  play.facts[web].frees = {{"", 5432, "tcp"}};
  EXPECT_EQ(play.Run(),
            "0 put web.1@h2; running\n"
            "1s retire db.1@h1; running\n"
            "2s put db.1@h2; running\n"
            "3s succeeded");
}

TEST(Step, ASlotWithDataWhoseOldHostIsLostWaitsAndSaysWhy) {
  RolloutPlay play;
  ServiceSpec& db = play.Service("db");
  db.container.mounts = {{.type = MountType::kVolume, .source = "data", .target = "/data"}};
  play.Target(TargetAction::kCreate, "db", 1, "h2");
  play.Target(TargetAction::kRemove, "db", 1, "h1");
  play.hosts.at(HostId("h1")).presence = Presence::kLost;
  EXPECT_EQ(play.Finish(), RolloutState::kPaused);
  EXPECT_EQ(play.row.reason,
            "no progress until the deadline: shop/db.1 on h2 waits: its data is on another host, "
            "where the old container has not ended");
}

TEST(Step, AtMostSoManyChangesInOneStepAndTheRestInTheNext) {
  RolloutPlay play;
  play.Service("web");
  for (int slot = 1; slot <= 3; ++slot) play.Target(TargetAction::kCreate, "web", slot, "h1");
  play.max_starts = 2;
  EXPECT_EQ(play.Step(), "put web.1@h1, put web.2@h1; running");
  EXPECT_TRUE(play.more);
  EXPECT_EQ(play.Step(), "put web.3@h1; running");
  EXPECT_FALSE(play.more);
}

TEST(Step, TheFirstFailureTakesEveryChangedInstanceBackAndLeavesTheOthersAlone) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 3);
  play.fates[1] = Fate::kExits;
  EXPECT_EQ(play.Run(),
            "0 put web.1@h1; running\n"
            "1s put web.2@h2; running\n"
            "2s go back web.1@h1, go back web.2@h2; rolling_back\n"
            "3s rolled_back");
  EXPECT_EQ(play.row.reason, "shop/web.2 on h2 failed: exited with 3");
  EXPECT_EQ(play.Targets(), "web.1@h1 back; web.2@h2 back; web.3@h3 waiting");
}

TEST(Step, WithNothingToGoBackToWhatWasStartedIsStoppedAndKept) {
  RolloutPlay play;
  play.succeeded = 0;
  play.Service("web");
  play.Target(TargetAction::kCreate, "web", 1, "h1");
  play.Target(TargetAction::kCreate, "web", 2, "h2");
  play.fates[1] = Fate::kExits;
  EXPECT_EQ(play.Run(),
            "0 put web.1@h1, put web.2@h2; running\n"
            "1s stop web.1@h1, stop web.2@h2; failed");
}

TEST(Step, ARollbackIsNeverRolledBackItPausesAndAsksForAPerson) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 1);
  play.fates[0] = Fate::kExits;
  play.Run(absl::Seconds(2));
  ASSERT_EQ(play.State(), "rolling_back");
  play.facts[0].predecessor_known = true;
  play.facts[0].predecessor.proven = false;
  play.facts[0].predecessor.verdict = true;
  play.facts[0].predecessor.reason = "exited with 4";
  EXPECT_EQ(play.Step(), "paused");
  EXPECT_EQ(play.row.reason,
            "rollback_failed: shop/web.1 on h1 does not run as before (exited with 4); a person "
            "has to look");
  EXPECT_EQ(play.Step(), "paused");
}

TEST(Step, ARollbackThatDoesNotEndPausesAtItsDeadline) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 1);
  play.fates[0] = Fate::kExits;
  play.Step();
  play.Work();
  EXPECT_EQ(play.Step(), "go back web.1@h1; rolling_back");
  play.fates[0] = Fate::kSilent;
  EXPECT_EQ(play.Finish(), RolloutState::kPaused);
  EXPECT_EQ(play.row.reason.substr(0, 16), "rollback_failed:");
}

TEST(Step, AHostThatIsLostWhileItsInstanceGoesBackIsNotWaitedFor) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 2);
  play.fates[1] = Fate::kExits;
  play.Run(absl::Seconds(3));
  ASSERT_EQ(play.State(), "rolling_back");
  play.hosts.at(HostId("h1")).presence = Presence::kLost;
  play.Work();
  EXPECT_EQ(play.Step(), "rolled_back");
  EXPECT_EQ(play.row.targets[0].reason, "host h1 is lost; it goes back when it returns");
}

TEST(Step, AVerdictAfterTheProofCountsWhileTheRolloutGoesOn) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 2);
  play.fates[1] = Fate::kSilent;
  play.Run(absl::Seconds(30));
  ASSERT_EQ(play.Targets(), "web.1@h1 proven; web.2@h2 working");
  play.Report(0, InstanceState::kExited, false, FailureKind::kApplication, false);
  EXPECT_EQ(play.Step(), "running");  // no verdict, and nobody watches
  play.Report(0, InstanceState::kFailed, false, FailureKind::kApplication, true);
  EXPECT_EQ(play.Step(), "go back web.1@h1, go back web.2@h2; rolling_back");
}

TEST(Step, AnEngineThatCannotBeReachedHoldsAndAtTheDeadlinePauses) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 1);
  play.fates[0] = Fate::kExits;
  play.Step();
  play.hosts.at(HostId("h1")).engine_reachable = false;
  EXPECT_EQ(play.Finish(), RolloutState::kPaused);
  EXPECT_EQ(play.row.reason,
            "no progress until the deadline: shop/web.1 on h1: the engine of host h1 cannot be "
            "reached");
}

TEST(Step, WhatIsUnknownAtTheDeadlineIsNotTheApplicationsFault) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 1);
  play.fates[0] = Fate::kSilent;
  play.Step();
  play.Report(0, InstanceState::kUnknown, false, FailureKind::kNone, false);
  EXPECT_EQ(play.Finish(), RolloutState::kPaused);
}

TEST(Step, HostsThatAreLostAreDeferredWithinTheBudgetAndNoFurther) {
  RolloutPlay play;
  play.Service("web").update.parallelism = 0;
  play.Updates("web", 3);
  for (const char* host : {"h1", "h2"}) play.hosts.at(HostId(host)).presence = Presence::kLost;
  EXPECT_EQ(play.Finish(), RolloutState::kPaused);
  EXPECT_EQ(play.Targets(), "web.1@h1 deferred; web.2@h2 waiting; web.3@h3 proven");
  EXPECT_EQ(play.row.reason,
            "no progress until the deadline: shop/web.2 on h2 waits: host h2 is lost, and too many "
            "others are");
  EXPECT_EQ(DeferralBudget(3), 1);
  EXPECT_EQ(DeferralBudget(10), 2);
  EXPECT_EQ(DeferralBudget(100), 20);
}

TEST(Step, ADeferredHostThatReturnsInTheMiddleTakesItsTurn) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 3);
  play.hosts.at(HostId("h1")).presence = Presence::kLost;
  EXPECT_EQ(play.Step(), "put web.2@h2; running");
  play.hosts.at(HostId("h1")).presence = Presence::kReady;
  EXPECT_EQ(play.Run(),
            "1s put web.1@h1; running\n"
            "2s put web.3@h3; running\n"
            "3s succeeded");
}

TEST(Step, AHostThatIsLostInTheMiddleOfItsChangeIsDeferredAndJudgedWhenItReturns) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 2);
  play.Step();
  play.hosts.at(HostId("h1")).presence = Presence::kLost;
  EXPECT_EQ(play.Step(), "put web.2@h2; running");
  EXPECT_EQ(play.Targets(), "web.1@h1 deferred; web.2@h2 working");
  play.Work();
  EXPECT_EQ(play.Step(), "partial");
  play.hosts.at(HostId("h1")).presence = Presence::kReady;
  EXPECT_EQ(play.Step(), "partial");  // it had it already
  play.Work();
  EXPECT_EQ(play.Step(), "settle web.1@h1; succeeded");
}

TEST(Step, AHostThatReturnsWhileTheOthersAreWatchedGetsABatchOfItsOwn) {
  RolloutPlay play;
  play.Service("web").update.monitor = absl::Seconds(30);
  play.Updates("web", 2);
  play.hosts.at(HostId("h1")).presence = Presence::kLost;
  play.Run(absl::Seconds(5));
  ASSERT_EQ(play.State(), "monitoring");
  play.hosts.at(HostId("h1")).presence = Presence::kReady;
  EXPECT_EQ(play.Run(), "31s partial");
  EXPECT_EQ(play.Step(), "put web.1@h1; partial");
  play.Work();
  EXPECT_EQ(play.Step(), "settle web.1@h1; succeeded");
}

TEST(Step, WhatFailsAfterItsHostReturnedGoesBackThereAlone) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 2);
  play.hosts.at(HostId("h1")).presence = Presence::kLost;
  play.fates[0] = Fate::kExits;
  EXPECT_EQ(play.Finish(), RolloutState::kPartial);
  play.hosts.at(HostId("h1")).presence = Presence::kReady;
  EXPECT_EQ(play.Step(), "put web.1@h1; partial");
  play.Work();
  EXPECT_EQ(play.Step(), "go back web.1@h1; partial");
  EXPECT_EQ(play.Targets(), "web.1@h1 back; web.2@h2 proven");
  EXPECT_EQ(play.Step(), "partial");
}

TEST(Step, ManyHostsThatReturnTogetherAreServedInSlices) {
  RolloutPlay play;
  play.Service("web").update.parallelism = 0;
  play.Updates("web", 12);
  for (const char* host : {"h1", "h2"}) play.hosts.at(HostId(host)).presence = Presence::kLost;
  EXPECT_EQ(play.Finish(), RolloutState::kPartial);
  for (const char* host : {"h1", "h2"}) play.hosts.at(HostId(host)).presence = Presence::kReady;
  play.max_starts = 1;
  EXPECT_EQ(play.Step(), "put web.1@h1; partial");
  EXPECT_TRUE(play.more);
  EXPECT_EQ(play.Step(), "put web.2@h2; partial");
  play.Work();
  play.max_starts = 1'000;
  EXPECT_EQ(play.Step(), "settle web.1@h1, settle web.2@h2; succeeded");
}

TEST(Step, ARemovalOnALostHostIsDeferredAndDoneWhenItReturns) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 1);
  play.Target(TargetAction::kRemove, "old", 1, "h2");
  play.hosts.at(HostId("h2")).presence = Presence::kLost;
  EXPECT_EQ(play.Finish(), RolloutState::kPartial);
  play.hosts.at(HostId("h2")).presence = Presence::kReady;
  play.Step();
  play.Work();
  EXPECT_EQ(play.Step(), "succeeded");
}

TEST(Step, AFailureThatIsToleratedAtTheDeadlineLetsTheNextOneBegin) {
  RolloutPlay play;
  play.Service("web").update.failure_action = FailureAction::kContinue;
  play.Updates("web", 2);
  play.fates[0] = Fate::kStarts;
  EXPECT_EQ(play.Finish(), RolloutState::kPartial);
  EXPECT_EQ(play.Targets(), "web.1@h1 failed; web.2@h2 proven");
}

TEST(Step, ARevisionThatWasProvenNowhereHasFailedEvenWhenFailuresAreTolerated) {
  RolloutPlay play;
  play.Service("web").update.failure_action = FailureAction::kContinue;
  play.Updates("web", 2);
  play.fates = {{0, Fate::kExits}, {1, Fate::kUnhealthy}};
  EXPECT_EQ(play.Finish(), RolloutState::kFailed);
}

TEST(Step, WhatNoHostTakesFailsWithItsReasonsWhenTheRestIsDone) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 1);
  play.row.targets[play.Target(TargetAction::kCreate, "web", 2, "")].reason = "no suitable host";
  EXPECT_EQ(play.Finish(), RolloutState::kFailed);
  EXPECT_EQ(play.row.reason, "no suitable host");
  EXPECT_EQ(play.row.targets[0].state, TargetState::kProven);
}

TEST(Step, NothingMovesWhileTheAppIsHeld) {
  for (const RolloutState state :
       {RolloutState::kPending, RolloutState::kPrepull, RolloutState::kRunning,
        RolloutState::kMonitoring, RolloutState::kRollingBack, RolloutState::kPartial}) {
    RolloutPlay play;
    play.Service("web");
    play.Updates("web", 1);
    play.row.state = state;
    play.row.ended_at = play.now;
    play.held = true;
    play.Pass(absl::Hours(1));
    EXPECT_EQ(play.Step(), ToString(state));
    EXPECT_EQ(play.Targets(), "web.1@h1 waiting");
  }
}

TEST(Step, WhatHasEndedOrPausedStaysSo) {
  for (const RolloutState state :
       {RolloutState::kPaused, RolloutState::kSucceeded, RolloutState::kRolledBack,
        RolloutState::kFailed, RolloutState::kAborted, RolloutState::kSuperseded}) {
    RolloutPlay play;
    play.Service("web");
    play.Updates("web", 1);
    play.row.state = state;
    play.row.ended_at = play.now;
    play.row.reason = "so it was";
    EXPECT_EQ(play.Step(), ToString(state));
  }
}

TEST(Step, WhatASupersededRolloutHadPutIsJudgedAndGoesBackWithTheRest) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 3);
  // The first is what the superseded rollout put and this one wants too; the second it changed, and
  // this one replaces it; the third nobody touched.
  play.row.targets[0].state = TargetState::kWorking;
  play.row.targets[0].instance = InstanceId("put-before");
  play.facts[1].off_baseline = true;
  play.fates[0] = Fate::kExits;
  EXPECT_EQ(play.Step(), "running");
  play.Work();
  EXPECT_EQ(play.Step(), "go back web.1@h1, go back web.2@h2; rolling_back");
}

TEST(Step, AStopTellsTheSameContainerOtherwiseAndIsDoneWhenItHasEnded) {
  RolloutPlay play;
  play.Service("web").stopped = true;
  play.Target(TargetAction::kNone, "web", 1, "h1");
  EXPECT_EQ(play.Step(), "put web.1@h1; running");
  EXPECT_EQ(play.row.targets[0].instance, play.row.targets[0].predecessor);
  EXPECT_EQ(play.Step(), "running");
  play.Work();
  EXPECT_EQ(play.Step(), "succeeded");
}

TEST(Step, ARolloutThatChangesNothingSucceedsAtOnce) {
  RolloutPlay play;
  play.Service("web");
  EXPECT_EQ(play.Step(), "succeeded");
}

TEST(Step, EveryHostLostIsWaitedForUntilTheDeadline) {
  RolloutPlay play;
  play.Service("web");
  play.Updates("web", 1);
  play.hosts.at(HostId("h1")).presence = Presence::kLost;
  EXPECT_EQ(play.Step(), "running");
  EXPECT_EQ(play.row.reason, "every host of this change is lost; it waits for one to come back");
  play.hosts.at(HostId("h1")).presence = Presence::kReady;
  EXPECT_EQ(play.Step(), "put web.1@h1; running");
  EXPECT_EQ(play.row.reason, "");
}

}  // namespace
}  // namespace quayside::controller
