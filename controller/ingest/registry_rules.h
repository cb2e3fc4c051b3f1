// What the registry's answers mean, and which registries may be asked over plain HTTP. Pure; robust
// against hostile answers. Source: OCI distribution and image specifications, Docker's token
// authentication.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace quayside::controller {

// True when `host` ("name", "name:port", "10.0.0.1:5000") may be asked over plain HTTP: loopback
// always; else when `allowed` names it as HOST or HOST:PORT, or its address is in a CIDR of it.
// Names are compared as written, never resolved.
bool IsInsecureRegistry(std::string_view host, const std::vector<std::string>& allowed);
// kInvalidArgument with a sentence when `entry` is neither HOST[:PORT] nor a CIDR.
absl::Status CheckInsecureEntry(const std::string& entry);

// `WWW-Authenticate: Bearer realm="…",service="…",scope="…"`; nothing when it is another scheme or
// has no realm.
struct TokenChallenge {
  std::string realm, service, scope;
};
std::optional<TokenChallenge> ParseChallenge(std::string_view header);
// The URL to ask for a token at; `fallback_scope` when the challenge names none.
std::string TokenUrl(const TokenChallenge& challenge, const std::string& fallback_scope);
// `token` or `access_token` of the answer.
absl::StatusOr<std::string> ParseToken(std::string_view json);

// What a manifest says of platforms.
struct Manifest {
  bool is_index = false;
  std::vector<std::string>
      platforms;  // of an index: "linux/amd64", "linux/arm/v7", sorted, attestations left out
  // Of an index: the manifests of its platforms, the one to ask first at the front.
  std::vector<std::string> manifest_digests;
  std::string config_digest;  // of a single manifest: whose blob names the platform
};
absl::StatusOr<Manifest> ParseManifest(std::string_view json);
// What an image's config blob tells of it. kInvalidArgument: it names no platform, or more than
// 1,000 volumes, or one that is no absolute path of at most 4,096 bytes.
struct ImageConfig {
  std::string platform;
  std::vector<std::string> volumes;  // its VOLUMEs, sorted
};
absl::StatusOr<ImageConfig> ParseImageConfig(std::string_view json);

// The host part of "https://host:5000/path", "" when there is none.
std::string HostOf(std::string_view url);

}  // namespace quayside::controller
