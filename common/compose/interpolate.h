// Compose's interpolation: $NAME, ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:?error},
// ${NAME?error}, ${NAME:+replacement}, ${NAME+replacement}, each nested in the others, and $$ for a
// literal $. Pure; any thread. Limits: a value at most kMaxValueBytes, nesting kMaxNesting.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/compose/tree.h"

namespace quayside::compose {

constexpr size_t kMaxValueBytes = 256 << 10;  // stops values that double with each variable
constexpr int kMaxNesting = 16;

struct Variables {
  // The value of a variable, nothing when it is not set.
  std::function<std::optional<std::string>(std::string_view)> get;
  // Told the name of a variable that is not set and has no default: it reads as "".
  std::function<void(std::string_view)> unset;
};

// kInvalidArgument: a `$` that begins nothing known, a missing brace, a variable that `?` demands,
// a value over the limit. The message is half a sentence, to stand after a place and a key.
absl::StatusOr<std::string> Interpolate(std::string_view text, const Variables& variables);

// Every scalar below `root`, keys left alone. `path` is the key of `root` for messages.
void InterpolateTree(Node& root, const std::string& path,
                     const std::function<std::optional<std::string>(std::string_view)>& get,
                     Problems& problems);

}  // namespace quayside::compose
