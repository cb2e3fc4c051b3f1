// Requests come in: each is taken to the part that does it, and its answer is put into the outbox,
// to be given after the commit. Core thread.
#pragma once

#include "controller/core/core_state.h"

namespace quayside::controller {

// Reads are answered from what is committed; changes are refused while the database cannot be
// written.
void TakeRequest(CoreState& state, Request request);

}  // namespace quayside::controller
