// A compose file (the Compose Specification) becomes an AppSpec. Every key is honoured, or refused
// with file:line:column, the key and a hint; nothing is ignored in silence. The only room that
// includes yaml-cpp. Pure but for reading the files that the project names; runs in `ctl`, any
// thread. Limits: a file at most 1 MiB, 32 levels deep, 100,000 nodes after anchors are expanded,
// 64 files in a project.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/model/spec.h"

namespace quayside::compose {

struct LoadOptions {
  std::vector<std::string> files;  // -f, in order; later ones win by Compose's merge rules
  std::string project_name;        // -p; "" = COMPOSE_PROJECT_NAME, the file's name:, the directory
  std::vector<std::string>
      env_files;  // --env-file; empty = .env beside the first file when it is there
  std::vector<std::string> profiles;  // --profile; "*" = all
  std::map<std::string, std::string>
      environment;  // the caller's, for interpolation; wins over env files
  std::map<std::string, std::string> set_images;  // --set-image SVC=IMAGE
  bool ignore_unsupported = false;  // refusals of known but unsupported keys become warnings
};

struct LoadedApp {
  AppSpec spec;  // images as the file says them, not resolved
  std::vector<std::string> warnings;
};

// kInvalidArgument when the project cannot be accepted: the message has one line per problem, each
// "file:line:column: key: what is wrong; hint". kNotFound when a file is missing.
absl::StatusOr<LoadedApp> Load(const LoadOptions& options);

// The spec as canonical YAML that Load reads back to an equal spec. Values of environment variables
// whose names look like secrets (PASSWORD, SECRET, TOKEN, KEY) are shown as "********" when
// `mask_secrets`.
std::string Print(const AppSpec& spec, bool mask_secrets);

}  // namespace quayside::compose
