// Agents that break one rule on purpose, so that a test can show that the checkers notice: each is
// the real agent with something between it and its engine.
#pragma once

#include "tests/sim/host.h"

namespace quayside::sim {

enum class Sabotage {
  kStopsBeforeThePull,  // R12: the old container is stopped when the pull begins
  kRemovesWhatIsKept,   // R12: the container that was stopped is removed at once
  kStartsTwo,           // R15: starting a container starts the others of its slot too
  kTouchesForeign,      // R11: a stop also stops what is not ours
  kPullsByTag,          // R17
  kCreatesArmed,        // R13
  kArmsTheUnproven,     // R13: a container is armed as soon as it is started
  kStopsTheUnnamed,     // R6: a container of an app that nobody named as removed is stopped
};

WrapEngine Break(Sabotage sabotage);

}  // namespace quayside::sim
