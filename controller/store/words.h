// The words that the database keeps for the model's enumerations. They are part of the stored
// format: a word is never changed or used again for something else, whatever people are shown.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "common/model/instance.h"
#include "controller/core/model.h"

namespace quayside::controller {

std::string_view StoredWord(Intent value);
std::string_view StoredWord(InstanceState value);
std::string_view StoredWord(FailureKind value);
std::string_view StoredWord(RolloutState value);
std::string_view StoredWord(TargetAction value);
std::string_view StoredWord(TargetState value);

// kDataLoss when `word` is none of them.
absl::Status ParseWord(std::string_view word, Intent* value);
absl::Status ParseWord(std::string_view word, InstanceState* value);
absl::Status ParseWord(std::string_view word, FailureKind* value);
absl::Status ParseWord(std::string_view word, RolloutState* value);
absl::Status ParseWord(std::string_view word, TargetAction* value);
absl::Status ParseWord(std::string_view word, TargetState* value);

}  // namespace quayside::controller
