// Execute turns an Action into the EngineCall that does it, and reads what a failed call means.
// Pure; the agent thread submits the calls (agent.cc).
#pragma once

#include <optional>

#include "agent/action.h"
#include "agent/engine.h"
#include "agent/plan.h"

namespace quayside::agent {

// The call for `action`, or nothing when the Assignment does not name any more what it needs.
std::optional<EngineCall> CallFor(const Action& action, const PlanInput& input);

// What the failure of `action` means and when to try again (docs: facts of the Docker Engine).
// `before`: the trouble there was with the same thing. The retry time is without jitter.
Trouble TroubleFrom(const Action& action, const absl::Status& status, const Trouble& before,
                    MonoTime now);

// The label that an app's own networks and volumes carry: "dev.quayside.owner=fleet/host/app", so
// that one filter finds exactly ours.
std::string OwnerLabel(const FleetId& fleet, const HostId& host, const AppName& app);

}  // namespace quayside::agent
