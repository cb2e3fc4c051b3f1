#include "controller/rollout/judge.h"

#include <gtest/gtest.h>

namespace quayside::controller {
namespace {

std::string Print(const Judgement& judgement) {
  static constexpr const char* kWords[] = {"working", "proven", "failed", "held", "lost"};
  const std::string word = kWords[static_cast<int>(judgement.standing)];
  return judgement.reason.empty() ? word : word + ": " + judgement.reason;
}

InstanceStatus Status(InstanceState state, bool proven = false,
                      FailureKind failure = FailureKind::kNone, bool verdict = false,
                      std::string reason = "") {
  InstanceStatus status;
  status.state = state;
  status.proven = proven;
  status.failure = failure;
  status.verdict = verdict;
  status.reason = std::move(reason);
  return status;
}

const StepHost kReady{"h1", Presence::kReady, true, ""};
const RolloutTarget kReplace{.action = TargetAction::kReplace,
                             .instance = InstanceId("new"),
                             .predecessor = InstanceId("old")};

struct HostCase {
  const StepHost* host;
  const char* verdict;
};

TEST(Judge, TroubleOfTheHostComesBeforeEverythingThatWasReported) {
  const InstanceStatus failed =
      Status(InstanceState::kFailed, false, FailureKind::kApplication, true, "exited with 3");
  StepTarget facts;
  facts.observed = facts.predecessor = &failed;
  const StepHost away{"h1", Presence::kAway, true, "privileged"};
  const StepHost unknown{"h1", Presence::kUnknown, true, ""};
  const StepHost lost{"h1", Presence::kLost, true, ""};
  const StepHost engine{"h1", Presence::kReady, false, ""};
  const HostCase cases[] = {
      {nullptr, "lost: its host is gone"},
      {&away, "held: host h1 is away"},
      {&unknown, "held: host h1 is unknown"},
      {&lost, "lost: host h1 is lost"},
      {&engine, "held: the engine of host h1 cannot be reached"},
  };
  for (const HostCase& test : cases) {
    EXPECT_EQ(Print(Judge(kReplace, nullptr, facts, test.host)), test.verdict);
    EXPECT_EQ(Print(JudgeBack(kReplace, facts, test.host)), test.verdict);
  }
}

struct StatusCase {
  InstanceStatus status;
  bool still_there;
  const char* verdict;
};

TEST(Judge, ATargetIsWhatItsHostReports) {
  const FailureKind app = FailureKind::kApplication;
  const FailureKind infrastructure = FailureKind::kInfrastructure;
  const StatusCase cases[] = {
      {Status(InstanceState::kStarting), false, "working: starting"},
      {Status(InstanceState::kRunning), false, "working: running"},
      {Status(InstanceState::kRunning, true), false, "proven"},
      {Status(InstanceState::kCompleted, true), false, "proven"},
      {Status(InstanceState::kRunning, true), true, "working: the one before it still runs"},
      {Status(InstanceState::kPulling, false, infrastructure, false, "503"), false,
       "held: pulling: 503"},
      {Status(InstanceState::kExited, false, infrastructure, true, "interrupted"), false,
       "held: exited: interrupted"},
      {Status(InstanceState::kExited, false, app, false, "exited with 3"), false,
       "working: exited: exited with 3"},
      {Status(InstanceState::kFailed, false, app, true, "exited with 3"), false,
       "failed: exited with 3"},
  };
  for (const StatusCase& test : cases) {
    StepTarget facts;
    facts.observed = &test.status;
    facts.still_there = test.still_there;
    EXPECT_EQ(Print(Judge(kReplace, nullptr, facts, &kReady)), test.verdict);
  }
  EXPECT_EQ(Print(Judge(kReplace, nullptr, {}, &kReady)),
            "working: its host has not reported it yet");
}

TEST(Judge, ARefusedAssignmentIsAFailure) {
  const StepHost refuses{"h1", Presence::kReady, true, "it is privileged"};
  EXPECT_EQ(Print(Judge(kReplace, nullptr, {}, &refuses)),
            "failed: host h1 refuses it: it is privileged");
}

TEST(Judge, WithNothingToGoBackToAFailedOneIsStoppedAndReadFirst) {
  RolloutTarget created = kReplace;
  created.action = TargetAction::kCreate;
  created.predecessor = InstanceId();
  const InstanceStatus running =
      Status(InstanceState::kUnhealthy, false, FailureKind::kApplication, true, "unhealthy");
  const InstanceStatus ended =
      Status(InstanceState::kFailed, false, FailureKind::kApplication, true, "unhealthy");
  StepTarget facts;
  facts.observed = &running;
  EXPECT_EQ(Print(Judge(created, nullptr, facts, &kReady)),
            "working: it failed and is being stopped: unhealthy");
  facts.observed = &ended;
  EXPECT_EQ(Print(Judge(created, nullptr, facts, &kReady)), "failed: unhealthy");
}

TEST(Judge, AStoppedServiceIsDoneWhenNothingRuns) {
  ServiceSpec service;
  service.stopped = true;
  for (const auto& [state, verdict] :
       std::map<InstanceState, std::string>{{InstanceState::kStopping, "working: stopping"},
                                            {InstanceState::kRunning, "working: running"},
                                            {InstanceState::kPulling, "working: pulling"},
                                            {InstanceState::kUnknown, "working: unknown"},
                                            {InstanceState::kExited, "proven"},
                                            {InstanceState::kStopped, "proven"}}) {
    const InstanceStatus status = Status(state, state == InstanceState::kRunning);
    StepTarget facts;
    facts.observed = &status;
    EXPECT_EQ(Print(Judge(kReplace, &service, facts, &kReady)), verdict);
  }
}

TEST(Judge, ARemovalIsDoneWhenItIsConfirmedAndNothingRuns) {
  RolloutTarget removed = kReplace;
  removed.action = TargetAction::kRemove;
  StepTarget facts;
  facts.still_there = facts.removal_open = true;
  EXPECT_EQ(Print(Judge(removed, nullptr, facts, &kReady)), "working: it still runs");
  facts.still_there = false;
  EXPECT_EQ(Print(Judge(removed, nullptr, facts, &kReady)),
            "working: its removal is not confirmed yet");
  facts.removal_open = false;
  EXPECT_EQ(Print(Judge(removed, nullptr, facts, &kReady)), "proven");
}

TEST(JudgeBack, TheOneBeforeHasToBeProvenAndTheNewOneToEnd) {
  const InstanceStatus proven = Status(InstanceState::kRunning, true);
  const InstanceStatus starting = Status(InstanceState::kStarting);
  const InstanceStatus ended = Status(InstanceState::kFailed);
  const InstanceStatus broken =
      Status(InstanceState::kFailed, false, FailureKind::kApplication, true, "exited with 4");
  StepTarget facts;
  facts.observed = &ended;
  EXPECT_EQ(Print(JudgeBack(kReplace, facts, &kReady)),
            "working: its host has not reported the one before it yet");
  facts.predecessor = &starting;
  EXPECT_EQ(Print(JudgeBack(kReplace, facts, &kReady)), "working: starting");
  facts.predecessor = &proven;
  EXPECT_EQ(Print(JudgeBack(kReplace, facts, &kReady)), "proven");
  facts.observed = &starting;
  EXPECT_EQ(Print(JudgeBack(kReplace, facts, &kReady)), "working: the new one still runs");
  facts.predecessor = &broken;
  EXPECT_EQ(Print(JudgeBack(kReplace, facts, &kReady)), "failed: exited with 4");
}

TEST(JudgeBack, WhatWasNewInItsSlotHasToEnd) {
  RolloutTarget created = kReplace;
  created.predecessor = InstanceId();
  const InstanceStatus running = Status(InstanceState::kRunning, true);
  StepTarget facts;
  facts.observed = &running;
  EXPECT_EQ(Print(JudgeBack(created, facts, &kReady)), "working: the new one still runs");
  facts.observed = nullptr;
  EXPECT_EQ(Print(JudgeBack(created, facts, &kReady)), "proven");
}

TEST(JudgeBack, AContainerThatWasToldOtherwiseIsJudgedByWhatItIsToDoAgain) {
  RolloutTarget told = kReplace;
  told.instance = told.predecessor;
  const InstanceStatus running = Status(InstanceState::kRunning, true);
  StepTarget facts;
  facts.observed = facts.predecessor = &running;
  EXPECT_EQ(Print(JudgeBack(told, facts, &kReady)), "proven");
  facts.predecessor_intent = Intent::kStop;
  EXPECT_EQ(Print(JudgeBack(told, facts, &kReady)), "working: running");
}

}  // namespace
}  // namespace quayside::controller
