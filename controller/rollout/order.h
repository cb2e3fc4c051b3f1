// The order in which services of an app are updated: dependencies before those that depend on them.
// Pure.
#pragma once

#include <map>

#include "common/model/spec.h"

namespace quayside::controller {

// 0 for services that depend on nothing, else one more than the highest of their dependencies.
// Services in a cycle (validation refuses them) get the number that they would have without it.
std::map<ServiceName, int> DependencyDepth(const AppSpec& spec);

}  // namespace quayside::controller
