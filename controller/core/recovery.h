// Recovery (R3): an agent that is ahead of its row, or a database that was put back from a backup,
// proves that the controller knows an old state. It takes a new epoch, holds every app, and hosts
// keep what they run until a person has accepted what the database says. Core thread.
#pragma once

#include <string>

#include "controller/core/core_state.h"

namespace quayside::controller {

// Takes a new epoch and holds every app. Does nothing when recovery is under way.
void EnterRecovery(CoreState& state, const std::string& reason);
// At a start: a restored database has a reason, but no app that is held yet. True when they are
// held now.
bool ResumeRecovery(CoreState& state);

RecoveryView ViewRecovery(const CoreState& state);
// Releases `app` ("" = all); returns the names. kNotFound, kFailedPrecondition when none is held.
absl::StatusOr<std::vector<std::string>> AcceptApps(CoreState& state, const AppName& app,
                                                    const std::string& by);

}  // namespace quayside::controller
