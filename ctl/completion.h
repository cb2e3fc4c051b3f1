// Completion scripts for shells, made from the verb table: verbs, then flags and the words that a
// flag takes. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quayside::ctl {

// The script for "bash", "zsh" or "fish"; kInvalidArgument for another shell.
absl::StatusOr<std::string> CompletionScript(std::string_view shell);

}  // namespace quayside::ctl
