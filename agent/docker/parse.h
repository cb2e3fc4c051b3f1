// What the Docker Engine API answers, as our values. Pure. Robust against answers that are hostile,
// newer or older than we know: a missing member or one of another type reads as empty; only an
// answer that is not JSON at all is an error (kUnavailable: nothing is known then). Source: Docker
// Engine API v1.41 … v1.47, definitions ContainerSummary, ContainerInspectResponse, ImageInspect,
// ImageSummary, EventMessage, SystemInfo.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/engine.h"

namespace quayside::agent::docker {

absl::StatusOr<std::vector<ContainerRow>> ParseContainerList(std::string_view json);
absl::StatusOr<ContainerDetail> ParseContainer(std::string_view json);
absl::StatusOr<ImageDetail> ParseImage(std::string_view json);
absl::StatusOr<std::vector<std::string>> ParseImageEntrypoint(std::string_view json);
absl::StatusOr<std::vector<ImageDetail>> ParseImageList(std::string_view json);
// The Id (or, of a volume, the Name) in the answer to a create.
absl::StatusOr<std::string> ParseCreatedId(std::string_view json);
absl::StatusOr<bool> ParseContainerTty(std::string_view json);
// Names of the networks (an array) or volumes (an object with `Volumes`) that carry `label`,
// sorted.
absl::StatusOr<std::vector<std::string>> ParseNames(std::string_view json);

// GET /version.
struct Version {
  std::string engine;  // "20.10.24"
  int max_api = 0, min_api = 0;
  std::string os, arch;
};
absl::StatusOr<Version> ParseVersion(std::string_view json);
// The API version to speak with such an engine; kFailedPrecondition with a sentence when there is
// none.
absl::StatusOr<int> NegotiateApi(const Version& version);
// What people should know of this engine release; empty for most.
std::vector<std::string> WarningsFor(const std::string& engine_version);
// Adds what GET /info tells to `facts`.
absl::Status ParseInfo(std::string_view json, EngineFacts& facts);

// An existing network or volume, as far as it can be compared with a spec.
struct NetworkInspect {
  std::string id;
  NetworkSpec spec;  // the name and all settings
  std::string settings_label;
};
absl::StatusOr<NetworkInspect> ParseNetwork(std::string_view json);
// True when `existing` is as `wanted` asks. What we made is compared by its label; what others made
// by the settings that `wanted` names.
bool HasSettingsOf(const NetworkInspect& existing, const NetworkSpec& wanted);

struct VolumeInspect {
  VolumeSpec spec;
  std::string settings_label;
};
absl::StatusOr<VolumeInspect> ParseVolume(std::string_view json);
bool HasSettingsOf(const VolumeInspect& existing, const VolumeSpec& wanted);

// GET /exec/{id}/json.
struct ExecState {
  bool running = false;
  int32_t exit_code = 0;
  int32_t pid = 0;
};
absl::StatusOr<ExecState> ParseExec(std::string_view json);

// One line of GET /events; nothing when it is none that we follow.
std::optional<EngineEvent> ParseEvent(std::string_view line);

// The text of a log or exec stream: of the multiplexed form (8-byte header: stream, 3 × 0,
// big-endian length) the payloads, in order. What breaks the form ends the text.
std::string ParseMultiplexed(std::string_view bytes);
}  // namespace quayside::agent::docker
