// The name of an image as Docker reads it (grammar: distribution/reference): "nginx" is
// docker.io/library/nginx:latest, "host:5000/team/web:v1" is on that registry, and a digest pins
// what a tag only points at. Pure.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quayside {

struct ImageRef {
  std::string domain;  // "docker.io", "registry.example:5000"
  std::string path;    // "library/nginx"
  std::string tag;     // "" when none was written
  std::string digest;  // "sha256:…" or ""

  // As Docker writes it: "nginx", "team/web" for Docker Hub, else with the domain.
  std::string FamiliarRepository() const;
  // Whom the registry API is asked at: Docker Hub answers at another name than its own.
  std::string ApiHost() const;

  bool operator==(const ImageRef&) const = default;
};

// kInvalidArgument with a sentence when `text` is no image name.
absl::StatusOr<ImageRef> ParseImageRef(std::string_view text);

// True for "sha256:" and 64 lower-case hex digits.
bool IsSha256Digest(std::string_view text);

}  // namespace quayside
