// What the agent says of each instance: states in the words of `ctl ps`, from what is observed and
// what the plan waits for. Pure.
#pragma once

#include <map>
#include <vector>

#include "agent/plan.h"
#include "common/model/instance.h"

namespace quayside::agent {

// The status of every desired instance and of every other container of ours, sorted by slot, then
// id. `since` is left unset: Reporter knows when a state was entered.
std::vector<InstanceStatus> StatusOf(const PlanInput& input,
                                     const std::map<InstanceId, Waiting>& waiting);

}  // namespace quayside::agent
