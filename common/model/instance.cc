#include "common/model/instance.h"

namespace quayside {

std::string ToString(const SlotKey& key) {
  return key.app.value + "/" + key.service.value + "." + std::to_string(key.slot);
}

std::string_view ToString(InstanceState state) {
  switch (state) {
    case InstanceState::kUnknown:
      return "unknown";
    case InstanceState::kPending:
      return "pending";
    case InstanceState::kPulling:
      return "pulling";
    case InstanceState::kCreating:
      return "creating";
    case InstanceState::kStarting:
      return "starting";
    case InstanceState::kRunning:
      return "running";
    case InstanceState::kHealthy:
      return "healthy";
    case InstanceState::kUnhealthy:
      return "unhealthy";
    case InstanceState::kStopping:
      return "stopping";
    case InstanceState::kStopped:
      return "stopped";
    case InstanceState::kCompleted:
      return "completed";
    case InstanceState::kExited:
      return "exited";
    case InstanceState::kFailed:
      return "failed";
  }
  return "unknown";
}

}  // namespace quayside
