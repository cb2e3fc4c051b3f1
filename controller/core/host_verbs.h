// The verbs that change a host: label, rm, confirm, adopt. Core thread; called within a turn,
// before its commit.
#pragma once

#include "controller/core/core_state.h"

namespace quayside::controller {

absl::StatusOr<HostRow> Label(CoreState& state, const LabelHost& request);
// kFailedPrecondition: it runs something, and neither --keep nor --force was given.
absl::StatusOr<std::monostate> RemoveFromFleet(CoreState& state, const RemoveHost& request);
// Releases apps that the host runs without being told to: they are named as removed (R6).
absl::StatusOr<std::vector<std::string>> Confirm(CoreState& state, const ConfirmHost& request);
// Gives the host the id that its stray containers carry, and the rows of that id (R11).
absl::StatusOr<HostId> Adopt(CoreState& state, const AdoptHost& request);

}  // namespace quayside::controller
