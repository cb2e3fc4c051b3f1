// A command line as a list of words, as Compose splits `command: echo "a b"`: blanks separate,
// quotes and backslashes group, nothing is expanded. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace quayside::compose {

// kInvalidArgument: a quote that never ends.
absl::StatusOr<std::vector<std::string>> ShellWords(std::string_view line);

}  // namespace quayside::compose
