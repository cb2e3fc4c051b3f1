// Containers that live in the namespaces of another service's container.
#include "agent/join.h"
#include "agent/labels.h"
#include "agent/planner.h"

namespace quayside::agent {

bool Planner::JoinHolds(SlotView& view) {
  for (const auto& [mode, service] : JoinedServices(*view.spec)) {
    const auto wait = [&](const std::string& what) {
      Wait(view.desired->id, {.state = InstanceState::kPending, .reason = what});
    };
    SlotKey joined;
    if (!JoinedSlot(in_, view.key, service, &joined)) {
      wait("shares the " + mode + " of service " + service.value + ", which is not on this host");
      return false;
    }
    const SlotView& other = views_.at(joined);
    const Container* target = JoinTarget(in_, joined);
    if (other.candidate || target == nullptr || !target->active()) {
      wait("shares the " + mode + " of " + quayside::ToString(joined) + ", which comes first");
      return false;
    }
  }
  return true;
}

bool Planner::Rejoin(SlotView& view, const Container& container, const ContainerSpec& spec) {
  if (JoinedServices(spec).empty()) return false;
  const std::map<std::string, std::string> targets = JoinTargets(in_, view.key, spec);
  if (targets.empty()) return false;
  const InstanceId& id = container.identity.instance;
  const auto label = container.detail.row.labels.find(kJoinedLabel);
  const bool same =
      label != container.detail.row.labels.end() && label->second == JoinLabel(targets);
  if (!same) {
    Wait(id, {.state = InstanceState::kPending,
              .reason = "made again, because the container it shares with was replaced"});
    if (container.active()) {
      Act(Action::Kind::kStop, view, container, "the container it shares with was replaced");
    } else {
      Act(Action::Kind::kRemove, view, container, "the container it shares with was replaced");
    }
    return true;
  }
  for (const auto& [mode, service] : JoinedServices(spec)) {
    SlotKey joined;
    if (!JoinedSlot(in_, view.key, service, &joined)) continue;
    const Container* target = JoinTarget(in_, joined);
    if (target == nullptr) continue;
    if (!target->active() && !container.active()) {
      Wait(id, {.state = InstanceState::kPending,
                .reason = "waits for " + quayside::ToString(joined) + " to run"});
      return true;
    }
    if (container.active() && target->active() &&
        target->detail.started_at > container.detail.started_at) {
      Act(Action::Kind::kStop, view, container, "the container it shares with was restarted");
      return true;
    }
  }
  return false;
}

}  // namespace quayside::agent
