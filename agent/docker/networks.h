// Networks and volumes on the engine: finds the one that a spec means, or makes it. Answers come on
// the HTTP client's thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/docker/api.h"
#include "agent/engine.h"

namespace quayside::agent::docker {

// A network that a spec means. `exists` false: it is to be made, as `name`.
struct FoundNetwork {
  std::string name;
  std::string id;
  bool exists = false;
};

// kNotFound with what to do when an external network is missing.
void FindNetwork(Api& api, NetworkSpec network,
                 absl::AnyInvocable<void(absl::StatusOr<FoundNetwork>)> then);

// Two who make the same network at once are told apart by looking again, at most `attempts` times.
void EnsureNetworkExists(Api& api, EnsureNetwork call, Engine::Done done, int attempts = 3);

// kFailedPrecondition when a volume of that name has other settings: data is in it, so nothing is
// guessed.
void EnsureVolumeExists(Api& api, EnsureVolume call, Engine::Done done);

}  // namespace quayside::agent::docker
