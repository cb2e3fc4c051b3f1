#include "agent/action.h"

namespace quayside::agent {

std::string_view ToString(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::kStop:
      return "stop";
    case Action::Kind::kDisarm:
      return "disarm";
    case Action::Kind::kArm:
      return "arm";
    case Action::Kind::kUnpause:
      return "unpause";
    case Action::Kind::kStart:
      return "start";
    case Action::Kind::kInspectImage:
      return "inspect image";
    case Action::Kind::kPullImage:
      return "pull";
    case Action::Kind::kEnsureNetwork:
      return "ensure network";
    case Action::Kind::kEnsureVolume:
      return "ensure volume";
    case Action::Kind::kCreate:
      return "create";
    case Action::Kind::kRename:
      return "rename";
    case Action::Kind::kSetLimits:
      return "set limits of";
    case Action::Kind::kConnectNetwork:
      return "connect";
    case Action::Kind::kReadLogs:
      return "read logs of";
    case Action::Kind::kRemove:
      return "remove";
    case Action::Kind::kListNetworks:
      return "list networks";
    case Action::Kind::kListVolumes:
      return "list volumes";
    case Action::Kind::kRemoveNetwork:
      return "remove network";
    case Action::Kind::kRemoveVolume:
      return "remove volume";
    case Action::Kind::kRemoveImage:
      return "remove image";
  }
  return "";
}

std::string BusyKeyOfImage(const std::string& image) { return "image:" + image; }
std::string BusyKeyOfNetwork(const std::string& name) { return "network:" + name; }
std::string BusyKeyOfVolume(const std::string& name) { return "volume:" + name; }
std::string BusyKeyOfInstance(const InstanceId& instance) { return "instance:" + instance.value; }

std::string DriftKey(const InstanceId& instance) { return "drift:" + instance.value; }

std::string BusyKey(const Action& action) {
  switch (action.kind) {
    case Action::Kind::kInspectImage:
    case Action::Kind::kPullImage:
    case Action::Kind::kRemoveImage:
      return BusyKeyOfImage(action.object);
    case Action::Kind::kEnsureNetwork:
    case Action::Kind::kRemoveNetwork:
      return BusyKeyOfNetwork(action.object);
    case Action::Kind::kEnsureVolume:
    case Action::Kind::kRemoveVolume:
      return BusyKeyOfVolume(action.object);
    case Action::Kind::kListNetworks:
      return "networks of:" + action.slot.app.value;
    case Action::Kind::kListVolumes:
      return "volumes of:" + action.slot.app.value;
    case Action::Kind::kStop:
    case Action::Kind::kDisarm:
    case Action::Kind::kArm:
    case Action::Kind::kUnpause:
    case Action::Kind::kStart:
    case Action::Kind::kCreate:
    case Action::Kind::kRename:
    case Action::Kind::kSetLimits:
    case Action::Kind::kConnectNetwork:
    case Action::Kind::kReadLogs:
    case Action::Kind::kRemove:
      return BusyKeyOfInstance(action.instance);
  }
  return "";
}

std::string Format(const Action& action) {
  std::string text(ToString(action.kind));
  if (action.instance.empty()) {
    text += " " + (action.object.empty() ? "of " + action.slot.app.value : action.object);
  } else {
    text += " " + quayside::ToString(action.slot) + " " + action.instance.value;
  }
  if (!action.why.empty()) text += ": " + action.why;
  return text;
}

}  // namespace quayside::agent
