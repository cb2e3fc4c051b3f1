// Action is one engine call that Plan wants, as a value that can be printed and compared. execute.h
// turns it into an EngineCall.
#pragma once

#include <string>

#include "common/model/instance.h"

namespace quayside::agent {

struct Action {
  enum class Kind {
    // Order is execution order within one plan: what secures something comes first, then what frees
    // something.
    kArm,
    kStop,
    kDisarm,
    kUnpause,
    kStart,
    kInspectImage,
    kPullImage,
    kEnsureNetwork,
    kEnsureVolume,
    kCreate,
    kRename,
    kSetLimits,
    kConnectNetwork,
    kReadLogs,
    kRemove,
    kListNetworks,
    kListVolumes,
    kRemoveNetwork,
    kRemoveVolume,
    kRemoveImage,
  };
  Kind kind = Kind::kStop;
  SlotKey slot;         // app alone for what belongs to an app
  InstanceId instance;  // empty for images, networks, volumes
  // What it is done to: the engine's container id, an image, a network key, a volume's name. Empty
  // for kCreate.
  std::string object;
  std::string why;    // for people and logs
  std::string drift;  // what was changed by hand, when the action puts that right
  bool operator==(const Action&) const = default;
};

std::string_view ToString(Action::Kind kind);

// "stop shop/web.1 ab12: makes way for cd34".
std::string Format(const Action& action);

// What is busy while the action is under way; no second action is planned on it.
std::string BusyKey(const Action& action);
std::string BusyKeyOfImage(const std::string& image);
std::string BusyKeyOfNetwork(const std::string& name);
std::string BusyKeyOfVolume(const std::string& name);
std::string BusyKeyOfInstance(const InstanceId& instance);
// Under which the trouble with putting right what somebody changes by hand again and again is kept.
std::string DriftKey(const InstanceId& instance);

// Starts and stops are bounded per engine.
inline bool IsStartOrStop(Action::Kind kind) {
  return kind == Action::Kind::kStart || kind == Action::Kind::kStop;
}

}  // namespace quayside::agent
