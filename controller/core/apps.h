// The verbs that change an app. Each makes a revision and a rollout, or says why not; none waits.
// Core thread; called within a turn, before its commit.
#pragma once

#include "controller/core/core_state.h"

namespace quayside::controller {

absl::StatusOr<ChangeResult> Apply(CoreState& state, const ApplyApp& request);
absl::StatusOr<ChangeResult> Deploy(CoreState& state, const DeployImages& request);
absl::StatusOr<ChangeResult> Scale(CoreState& state, const ScaleService& request);
absl::StatusOr<ChangeResult> Restart(CoreState& state, const RestartServices& request);
absl::StatusOr<ChangeResult> StopOrStart(CoreState& state, const SetStopped& request);
absl::StatusOr<ChangeResult> Rollback(CoreState& state, const RollbackApp& request);
absl::StatusOr<ChangeResult> Move(CoreState& state, const MoveSlot& request);
absl::StatusOr<ChangeResult> Remove(CoreState& state, const RemoveApp& request);

// kNotFound with a sentence when there is no such app, or it lacks one of `services` ("" =
// whichever it has).
absl::Status CheckDeployable(const CoreState& state, const AppName& app,
                             const std::vector<ServiceName>& services);
// The next ticket (R24).
int64_t NextTicket(CoreState& state);

// Does this turn's share of the app's removal, and forgets the app when nothing is left of it
// anywhere. True when there is more to do at once.
bool StepRemoval(CoreState& state, const AppName& app);

}  // namespace quayside::controller
