#include "controller/store/words.h"

#include <string>
#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"

namespace quayside::controller {
namespace {

template <typename Enum>
struct Word {
  Enum value;
  std::string_view text;
};

constexpr Word<Intent> kIntents[] = {{Intent::kRun, "run"}, {Intent::kStop, "stop"}};

constexpr Word<InstanceState> kInstanceStates[] = {
    {InstanceState::kUnknown, "unknown"},     {InstanceState::kPending, "pending"},
    {InstanceState::kPulling, "pulling"},     {InstanceState::kCreating, "creating"},
    {InstanceState::kStarting, "starting"},   {InstanceState::kRunning, "running"},
    {InstanceState::kHealthy, "healthy"},     {InstanceState::kUnhealthy, "unhealthy"},
    {InstanceState::kStopping, "stopping"},   {InstanceState::kStopped, "stopped"},
    {InstanceState::kCompleted, "completed"}, {InstanceState::kExited, "exited"},
    {InstanceState::kFailed, "failed"},
};

constexpr Word<FailureKind> kFailureKinds[] = {{FailureKind::kNone, "none"},
                                               {FailureKind::kApplication, "application"},
                                               {FailureKind::kInfrastructure, "infrastructure"}};

constexpr Word<RolloutState> kRolloutStates[] = {
    {RolloutState::kPending, "pending"},        {RolloutState::kPrepull, "prepull"},
    {RolloutState::kRunning, "running"},        {RolloutState::kMonitoring, "monitoring"},
    {RolloutState::kPaused, "paused"},          {RolloutState::kRollingBack, "rolling_back"},
    {RolloutState::kSucceeded, "succeeded"},    {RolloutState::kPartial, "partial"},
    {RolloutState::kRolledBack, "rolled_back"}, {RolloutState::kFailed, "failed"},
    {RolloutState::kAborted, "aborted"},        {RolloutState::kSuperseded, "superseded"},
};

constexpr Word<TargetAction> kTargetActions[] = {{TargetAction::kCreate, "create"},
                                                 {TargetAction::kReplace, "replace"},
                                                 {TargetAction::kRemove, "remove"},
                                                 {TargetAction::kNone, "none"}};

constexpr Word<TargetState> kTargetStates[] = {
    {TargetState::kWaiting, "waiting"},   {TargetState::kWorking, "working"},
    {TargetState::kProven, "proven"},     {TargetState::kFailed, "failed"},
    {TargetState::kDeferred, "deferred"}, {TargetState::kGoingBack, "going_back"},
    {TargetState::kBack, "back"},
};

template <typename Enum, size_t kCount>
std::string_view Find(const Word<Enum> (&words)[kCount], Enum value) {
  for (const Word<Enum>& word : words) {
    if (word.value == value) return word.text;
  }
  QS_CHECK(!"a value without a stored word");
  return "";
}

template <typename Enum, size_t kCount>
absl::Status Parse(const Word<Enum> (&words)[kCount], std::string_view text, Enum* value) {
  for (const Word<Enum>& word : words) {
    if (word.text == text) {
      *value = word.value;
      return absl::OkStatus();
    }
  }
  return DataLoss("the database holds the word `" + std::string(text) +
                  "` where this program knows of none such");
}

}  // namespace

std::string_view StoredWord(Intent value) { return Find(kIntents, value); }
std::string_view StoredWord(InstanceState value) { return Find(kInstanceStates, value); }
std::string_view StoredWord(FailureKind value) { return Find(kFailureKinds, value); }
std::string_view StoredWord(RolloutState value) { return Find(kRolloutStates, value); }
std::string_view StoredWord(TargetAction value) { return Find(kTargetActions, value); }
std::string_view StoredWord(TargetState value) { return Find(kTargetStates, value); }

absl::Status ParseWord(std::string_view word, Intent* value) {
  return Parse(kIntents, word, value);
}
absl::Status ParseWord(std::string_view word, InstanceState* value) {
  return Parse(kInstanceStates, word, value);
}
absl::Status ParseWord(std::string_view word, FailureKind* value) {
  return Parse(kFailureKinds, word, value);
}
absl::Status ParseWord(std::string_view word, RolloutState* value) {
  return Parse(kRolloutStates, word, value);
}
absl::Status ParseWord(std::string_view word, TargetAction* value) {
  return Parse(kTargetActions, word, value);
}
absl::Status ParseWord(std::string_view word, TargetState* value) {
  return Parse(kTargetStates, word, value);
}

}  // namespace quayside::controller
