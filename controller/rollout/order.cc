#include "controller/rollout/order.h"

#include <algorithm>

namespace quayside::controller {

std::map<ServiceName, int> DependencyDepth(const AppSpec& spec) {
  std::map<ServiceName, int> depth;
  for (const ServiceSpec& service : spec.services) depth[service.name] = 0;
  // Relax as often as there are services: longer chains cannot be, so a cycle ends as well.
  for (size_t round = 0; round < spec.services.size(); ++round) {
    bool changed = false;
    for (const ServiceSpec& service : spec.services) {
      int& mine = depth[service.name];
      for (const Dependency& dependency : service.container.depends_on) {
        const auto other = depth.find(dependency.service);
        if (other == depth.end() || mine > other->second) continue;
        mine = other->second + 1;
        changed = true;
      }
    }
    if (!changed) break;
  }
  return depth;
}

}  // namespace quayside::controller
