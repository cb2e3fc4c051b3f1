// Judge says how far one target of a rollout is, from what its host reports. Pure.
#pragma once

#include <string>

#include "controller/rollout/step.h"

namespace quayside::controller {

enum class Standing {
  kWorking,  // on its way
  kProven,   // does what it should
  kFailed,   // by its own fault (R20)
  kHeld,     // waits for the infrastructure
  kLost,     // its host is lost
};

struct Judgement {
  Standing standing = Standing::kWorking;
  std::string reason;
};

// A target that was started: did it get what it should?
Judgement Judge(const RolloutTarget& target, const ServiceSpec* service, const StepTarget& facts,
                const StepHost* host);

// A target that goes back: is what was there before in place again?
Judgement JudgeBack(const RolloutTarget& target, const StepTarget& facts, const StepHost* host);

// True for the states in which a container of the instance runs or may run.
bool MayRun(InstanceState state);

}  // namespace quayside::controller
