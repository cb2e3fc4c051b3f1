// Answered makes a mutating call one act, however often it is sent (R24): its result is stored with
// its request id in the transaction that does it, and a second call with the id gets that result
// back. The same id with another body is refused. Kept for 24 h. Core thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/core/core_state.h"

namespace quayside::controller {

// How the results of mutating calls are stored: as a list of texts.
std::string Pack(const std::vector<std::string>& fields);
std::vector<std::string> Unpack(const std::string& packed);

// The stored result of this request; nothing when it is new. kInvalidArgument: the id was used for
// something else.
absl::StatusOr<std::optional<std::vector<std::string>>> FindAnswer(const CoreState& state,
                                                                   const Caller& caller,
                                                                   const std::string& method);
void StoreAnswer(CoreState& state, const Caller& caller, const std::string& method,
                 const std::vector<std::string>& fields);

// Deletes at most `limit` answers that are too old.
void PruneAnswers(CoreState& state, int limit);

}  // namespace quayside::controller
