#include "controller/core/model.h"

namespace quayside::controller {

std::string_view ToString(RolloutState state) {
  switch (state) {
    case RolloutState::kPending:
      return "pending";
    case RolloutState::kPrepull:
      return "prepull";
    case RolloutState::kRunning:
      return "running";
    case RolloutState::kMonitoring:
      return "monitoring";
    case RolloutState::kPaused:
      return "paused";
    case RolloutState::kRollingBack:
      return "rolling_back";
    case RolloutState::kSucceeded:
      return "succeeded";
    case RolloutState::kPartial:
      return "partial";
    case RolloutState::kRolledBack:
      return "rolled_back";
    case RolloutState::kFailed:
      return "failed";
    case RolloutState::kAborted:
      return "aborted";
    case RolloutState::kSuperseded:
      return "superseded";
  }
  return "pending";
}

bool Ended(RolloutState state) {
  switch (state) {
    case RolloutState::kPending:
    case RolloutState::kPrepull:
    case RolloutState::kRunning:
    case RolloutState::kMonitoring:
    case RolloutState::kPaused:
    case RolloutState::kRollingBack:
      return false;
    case RolloutState::kSucceeded:
    case RolloutState::kPartial:
    case RolloutState::kRolledBack:
    case RolloutState::kFailed:
    case RolloutState::kAborted:
    case RolloutState::kSuperseded:
      return true;
  }
  return true;
}

std::string_view ToString(TargetAction action) {
  switch (action) {
    case TargetAction::kCreate:
      return "create";
    case TargetAction::kReplace:
      return "replace";
    case TargetAction::kRemove:
      return "remove";
    case TargetAction::kNone:
      return "none";
  }
  return "none";
}

std::string_view ToString(TargetState state) {
  switch (state) {
    case TargetState::kWaiting:
      return "waiting";
    case TargetState::kWorking:
      return "working";
    case TargetState::kProven:
      return "proven";
    case TargetState::kFailed:
      return "failed";
    case TargetState::kDeferred:
      return "deferred";
    case TargetState::kGoingBack:
      return "going_back";
    case TargetState::kBack:
      return "back";
  }
  return "waiting";
}

}  // namespace quayside::controller
