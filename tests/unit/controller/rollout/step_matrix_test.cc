// Every failure_action × max_failure_ratio × parallelism × number of instances × what happens to
// the first of them: how the rollout ends, and what each target ends as.
#include <set>

#include "tests/unit/controller/rollout/rollout_play.h"

namespace quayside::controller {
namespace {

enum class Happening {
  kProven,
  kExits,
  kUnhealthy,
  kRejected,
  kInfrastructure,  // its registry never answers
  kHostAway,        // its host is away when the rollout begins, and comes back
  kHostLost,        // its host is lost when its turn comes, and comes back after the end
  kDeadline,        // it is started and does not become healthy
  kFailsInMonitor,  // it was proven, and fails while it is watched
  kFailsAfter,      // it fails when the rollout has ended
};

struct Case {
  FailureAction action;
  double ratio;
  int parallelism;
  int instances;
  Happening happening;
};

std::string Describe(const Case& test) {
  static constexpr const char* kActions[] = {"rollback", "pause", "continue"};
  static constexpr const char* kHappenings[] = {
      "proven", "exits",     "unhealthy", "rejected", "infrastructure",
      "away",   "host lost", "deadline",  "monitor",  "after the end"};
  return std::string(kActions[static_cast<int>(test.action)]) + " ratio " +
         std::to_string(test.ratio).substr(0, 3) + " parallelism " +
         std::to_string(test.parallelism) + " n " + std::to_string(test.instances) + " " +
         kHappenings[static_cast<int>(test.happening)];
}

// What the contract says, in as few words as possible.
RolloutState Expected(const Case& test) {
  switch (test.happening) {
    case Happening::kProven:
    case Happening::kHostAway:
    case Happening::kFailsAfter:
      return RolloutState::kSucceeded;
    case Happening::kInfrastructure:
      return RolloutState::kPaused;
    case Happening::kHostLost:
      return RolloutState::kPartial;
    case Happening::kExits:
    case Happening::kUnhealthy:
    case Happening::kRejected:
    case Happening::kDeadline:
    case Happening::kFailsInMonitor:
      break;
  }
  if (test.action == FailureAction::kContinue || 1 <= test.ratio * test.instances) {
    // Tolerated; but a revision that was proven nowhere has not come to anything.
    return test.instances == 1 ? RolloutState::kFailed : RolloutState::kPartial;
  }
  return test.action == FailureAction::kPause ? RolloutState::kPaused : RolloutState::kRolledBack;
}

Fate FateOf(Happening happening) {
  switch (happening) {
    case Happening::kExits:
      return Fate::kExits;
    case Happening::kUnhealthy:
      return Fate::kUnhealthy;
    case Happening::kRejected:
      return Fate::kRejects;
    case Happening::kInfrastructure:
      return Fate::kNoImage;
    case Happening::kDeadline:
      return Fate::kStarts;
    case Happening::kProven:
    case Happening::kHostAway:
    case Happening::kHostLost:
    case Happening::kFailsInMonitor:
    case Happening::kFailsAfter:
      return Fate::kProves;
  }
  return Fate::kProves;
}

int Working(const RolloutPlay& play) {
  int count = 0;
  for (const RolloutTarget& target : play.row.targets)
    count += target.state == TargetState::kWorking;
  return count;
}

void Prepare(const Case& test, RolloutPlay& play) {
  ServiceSpec& web = play.Service("web");
  web.update.failure_action = test.action;
  web.update.max_failure_ratio = test.ratio;
  web.update.parallelism = test.parallelism;
  web.update.monitor =
      test.happening == Happening::kFailsInMonitor ? absl::Seconds(60) : absl::ZeroDuration();
  play.Updates("web", test.instances);
  play.fates[0] = FateOf(test.happening);
  if (test.happening == Happening::kHostAway || test.happening == Happening::kHostLost) {
    play.hosts.at(HostId("h1")).presence = Presence::kAway;
  }
}

// Plays one case to its end. `stutter` steps twice each time, as a controller that restarts does.
void Play(const Case& test, bool stutter, RolloutPlay& play) {
  StepHost& host = play.hosts.at(HostId("h1"));
  const absl::Time began = play.now;
  for (int round = 0; round < 1'000; ++round) {
    play.Step();
    if (stutter || play.more) play.Step();
    EXPECT_LE(Working(play), test.parallelism > 0 ? test.parallelism : test.instances);
    if (Ended(play.row.state) || play.row.state == RolloutState::kPaused) return;
    const bool proven = play.row.targets[0].state == TargetState::kProven;
    if (test.happening == Happening::kFailsInMonitor && proven) {
      play.Report(0, InstanceState::kExited, false, FailureKind::kApplication, false);
    }
    const absl::Duration passed = play.now - began;
    if (test.happening == Happening::kHostAway && passed >= absl::Seconds(30)) {
      host.presence = Presence::kReady;
    }
    if (test.happening == Happening::kHostLost && passed >= absl::Seconds(60)) {
      host.presence = Presence::kLost;
    }
    play.Work();
    play.Pass(absl::Seconds(10));
  }
  ADD_FAILURE() << "it does not end: " << play.Targets();
}

std::string Ends(const RolloutPlay& play) {
  return play.State() + (play.row.reason.empty() ? "" : " (" + play.row.reason + ")") + ": " +
         play.Targets();
}

TargetState ExpectedFirst(const Case& test) {
  switch (Expected(test)) {
    case RolloutState::kSucceeded:
      return TargetState::kProven;
    case RolloutState::kRolledBack:
      return TargetState::kBack;
    case RolloutState::kPaused:
      return test.happening == Happening::kInfrastructure ? TargetState::kWorking
                                                          : TargetState::kFailed;
    default:
      return test.happening == Happening::kHostLost ? TargetState::kDeferred : TargetState::kFailed;
  }
}

// After the end: a lost host comes back, or a proven instance fails.
void Epilogue(const Case& test, RolloutPlay& play) {
  if (test.happening == Happening::kHostLost) {
    play.hosts.at(HostId("h1")).presence = Presence::kReady;
    EXPECT_EQ(play.Step(), "put web.1@h1; partial");
    play.Work();
    EXPECT_EQ(play.Step(), "settle web.1@h1; succeeded");
  } else if (test.happening == Happening::kFailsAfter) {
    play.Report(0, InstanceState::kFailed, false, FailureKind::kApplication, true);
    EXPECT_EQ(play.Step(), "succeeded");
  } else {
    const std::string ended = play.State();
    EXPECT_EQ(play.Step(), ended);  // an end stays an end
  }
}

void RunCase(const Case& test) {
  SCOPED_TRACE(Describe(test));
  RolloutPlay play;
  Prepare(test, play);
  Play(test, false, play);
  EXPECT_EQ(play.State(), ToString(Expected(test))) << Ends(play);
  EXPECT_EQ(ToString(play.row.targets[0].state), ToString(ExpectedFirst(test))) << Ends(play);
  const bool good = play.row.state == RolloutState::kSucceeded;
  EXPECT_EQ(play.row.reason.empty(), good);
  if (play.row.state == RolloutState::kPartial || good) {  // the others were done
    for (size_t i = 1; i < play.row.targets.size(); ++i) {
      EXPECT_EQ(play.row.targets[i].state, TargetState::kProven) << Ends(play);
    }
  }
  RolloutPlay stuttering;
  Prepare(test, stuttering);
  Play(test, true, stuttering);
  EXPECT_EQ(Ends(stuttering), Ends(play));
  Epilogue(test, play);
}

TEST(StepMatrix, EveryPolicyAtEverySizeEndsAsItIsWritten) {
  int cases = 0;
  for (const FailureAction action :
       {FailureAction::kRollback, FailureAction::kPause, FailureAction::kContinue}) {
    for (const double ratio : {0.0, 0.34, 0.5, 1.0}) {
      for (const int parallelism : {0, 1, 2}) {
        for (const int instances : {1, 2, 3}) {
          for (int happening = 0; happening <= static_cast<int>(Happening::kFailsAfter);
               ++happening) {
            RunCase({action, ratio, parallelism, instances, static_cast<Happening>(happening)});
            ++cases;
          }
        }
      }
    }
  }
  EXPECT_EQ(cases, 1'080);
}

}  // namespace
}  // namespace quayside::controller
