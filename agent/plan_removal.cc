// Slots without a desired instance: removed when the Assignment names them (R6), left alone and
// reported otherwise.
#include <algorithm>

#include "agent/planner.h"

namespace quayside::agent {

bool Planner::NamedToKeep(const InstanceId& id) const {
  const auto& keep = in_.assignment.keep;
  return std::find(keep.begin(), keep.end(), id) != keep.end();
}

void Planner::PlanRemoval(SlotView& view) {
  for (const auto& [id, container] : view.containers) {
    const bool kept = NamedToKeep(id);
    if (container->active()) {
      Act(Action::Kind::kStop, view, *container, view.removal->why);
    } else if (kept && container->armed()) {
      Act(Action::Kind::kDisarm, view, *container, view.removal->why);
    } else if (!kept && container->state() != ContainerState::kRemoving) {
      if (HeldBack(BusyKeyOfInstance(id), id, InstanceState::kStopped)) continue;
      Act(Action::Kind::kRemove, view, *container, view.removal->why);
    }
  }
}

void Planner::PlanRemovedApps() {
  // What is being made is not seen yet, and may be the app's: nothing is called gone until it is.
  const bool making = std::any_of(in_.busy.begin(), in_.busy.end(), [](const auto& entry) {
    return entry.second == Action::Kind::kCreate || entry.second == Action::Kind::kEnsureNetwork ||
           entry.second == Action::Kind::kEnsureVolume;
  });
  if (making) return;
  for (const Removal& removal : in_.assignment.removals) {
    if (!removal.service.empty()) {
      const SlotKey key{.app = removal.app, .service = removal.service, .slot = removal.slot};
      const auto view = views_.find(key);
      if (view == views_.end()) {
        out_.removed_slots.push_back(key);
      } else if (view->second.desired == nullptr) {
        const auto& left = view->second.containers;
        const bool put_aside = std::all_of(left.begin(), left.end(), [&](const auto& entry) {
          return NamedToKeep(entry.first) && !entry.second->active() && !entry.second->armed();
        });
        if (put_aside) (left.empty() ? out_.removed_slots : out_.vacated_slots).push_back(key);
      }
      continue;
    }
    const bool still_here = std::any_of(views_.begin(), views_.end(), [&](const auto& entry) {
      return entry.first.app == removal.app &&
             (entry.second.desired != nullptr || !entry.second.containers.empty());
    });
    if (still_here) continue;
    static const Leftovers kUnlisted;
    const auto found = in_.leftovers.find(removal.app);
    const Leftovers& left = found == in_.leftovers.end() ? kUnlisted : found->second;
    const auto act = [&](Action::Kind kind, std::string object) {
      Act({.kind = kind,
           .slot = {.app = removal.app, .service = ServiceName(), .slot = 0},
           .instance = InstanceId(),
           .object = std::move(object),
           .why = removal.why});
    };
    if (!left.networks_listed) act(Action::Kind::kListNetworks, "");
    for (const std::string& network : left.networks) act(Action::Kind::kRemoveNetwork, network);
    if (removal.volumes && !left.volumes_listed) act(Action::Kind::kListVolumes, "");
    for (const std::string& volume : left.volumes) act(Action::Kind::kRemoveVolume, volume);
    const bool swept = left.networks_listed && left.networks.empty() &&
                       (!removal.volumes || (left.volumes_listed && left.volumes.empty()));
    if (swept) out_.removed_apps.push_back(removal.app);
  }
}

void Planner::PlanUnnamed(const SlotView& view) {
  if (view.containers.empty()) return;
  const bool all_kept = std::all_of(view.containers.begin(), view.containers.end(),
                                    [&](const auto& entry) { return NamedToKeep(entry.first); });
  if (all_kept || (!out_.unnamed_apps.empty() && out_.unnamed_apps.back() == view.key.app)) return;
  out_.unnamed_apps.push_back(view.key.app);
}

}  // namespace quayside::agent
