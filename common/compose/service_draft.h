// A service while its keys are read: the spec as far as it goes, and what can only be settled when
// all keys are known (service_finish.h). Owned by one Load, one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/compose/problems.h"
#include "common/model/spec.h"

namespace quayside::compose {

// One entry of `env_file`.
struct EnvFileEntry {
  std::string path;
  bool required = true;
  bool raw = false;
  Mark mark;
};

struct ServiceDraft {
  ServiceSpec spec;
  Mark mark;                          // of the service's name
  std::map<std::string, Mark> marks;  // of keys that later checks point to

  // An absent value takes the variable out, also where an env_file set it.
  std::map<std::string, std::optional<std::string>> environment;
  std::vector<EnvFileEntry> env_files;
  std::string container_name;
  std::optional<RestartSpec> restart_policy;  // deploy.restart_policy, which wins over restart
  std::optional<bool> together;               // x-quayside.placement
  std::optional<int64_t> scale;
  std::optional<int64_t> replicas;
  bool mode_said = false;
  bool placement_said = false;
  bool failure_action_said = false;  // deploy.update_config.failure_action
};

}  // namespace quayside::compose
