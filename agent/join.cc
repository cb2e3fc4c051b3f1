#include "agent/join.h"

namespace quayside::agent {
namespace {

constexpr std::string_view kServicePrefix = "service:";

}  // namespace

std::map<std::string, ServiceName> JoinedServices(const ContainerSpec& spec) {
  std::map<std::string, ServiceName> services;
  const auto take = [&](const char* mode, const std::string& value) {
    if (value.rfind(kServicePrefix, 0) != 0) return;
    services.emplace(mode, ServiceName(value.substr(kServicePrefix.size())));
  };
  take("network", spec.network_mode);
  take("pid", spec.pid_mode);
  take("ipc", spec.ipc_mode);
  return services;
}

bool JoinedSlot(const PlanInput& input, const SlotKey& slot, const ServiceName& service,
                SlotKey* joined) {
  bool found = false;
  for (const Instance& instance : input.assignment.instances) {
    if (instance.slot.app != slot.app || instance.slot.service != service) continue;
    const bool better = !found || instance.slot.slot == slot.slot ||
                        (joined->slot != slot.slot && instance.slot.slot < joined->slot);
    if (better) *joined = instance.slot;
    found = true;
  }
  return found;
}

const Container* JoinTarget(const PlanInput& input, const SlotKey& joined) {
  const auto record = input.records.find(joined);
  if (record == input.records.end()) return nullptr;
  const auto container = input.containers.find(record->second.committed);
  return container == input.containers.end() ? nullptr : &container->second;
}

std::map<std::string, std::string> JoinTargets(const PlanInput& input, const SlotKey& slot,
                                               const ContainerSpec& spec) {
  std::map<std::string, std::string> targets;
  for (const auto& [mode, service] : JoinedServices(spec)) {
    SlotKey joined;
    if (!JoinedSlot(input, slot, service, &joined)) return {};
    const Container* target = JoinTarget(input, joined);
    if (target == nullptr) return {};
    targets[mode] = target->id();
  }
  return targets;
}

std::string JoinLabel(const std::map<std::string, std::string>& targets) {
  std::string label;
  for (const auto& [mode, container] : targets) {
    label += (label.empty() ? "" : ",") + mode + "=" + container;
  }
  return label;
}

}  // namespace quayside::agent
