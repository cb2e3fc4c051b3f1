#include <algorithm>
#include <array>
#include <charconv>

#include "agent/docker/create_body.h"
#include "agent/docker/parse.h"
#include "common/base/status.h"
#include "common/net/json_view.h"

namespace quayside::agent::docker {
namespace {

// "1.41" → 41; 0 when it is no such version.
int ApiNumber(std::string_view text) {
  if (!text.starts_with("1.")) return 0;
  text.remove_prefix(2);
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The first three numbers of "23.0.6+dfsg1".
std::array<int, 3> ReleaseOf(std::string_view version) {
  std::array<int, 3> release{};
  for (int& part : release) {
    const auto [end, error] =
        std::from_chars(version.data(), version.data() + version.size(), part);
    if (error != std::errc()) break;
    version.remove_prefix(static_cast<size_t>(end - version.data()));
    if (!version.starts_with('.')) break;
    version.remove_prefix(1);
  }
  return release;
}

}  // namespace

absl::StatusOr<Version> ParseVersion(std::string_view json) {
  const auto view = net::JsonView::Parse(json);
  if (!view.ok()) return Unavailable("what answers is no Docker Engine: " + Message(view.status()));
  Version version;
  version.engine = (*view)["Version"].String();
  version.max_api = ApiNumber((*view)["ApiVersion"].String());
  version.min_api = ApiNumber((*view)["MinAPIVersion"].String());
  version.os = (*view)["Os"].String();
  version.arch = (*view)["Arch"].String();
  if (version.max_api == 0)
    return Unavailable("what answers is no Docker Engine: it names no API version");
  return version;
}

absl::StatusOr<int> NegotiateApi(const Version& version) {
  if (version.max_api < kMinApi) {
    return FailedPrecondition(
        "Docker Engine " + version.engine + " speaks API 1." + std::to_string(version.max_api) +
        ", but 1." + std::to_string(kMinApi) + " (Docker 20.10) is needed; update the engine");
  }
  if (version.min_api > kMaxApi) {
    return FailedPrecondition("Docker Engine " + version.engine + " speaks no API older than 1." +
                              std::to_string(version.min_api) +
                              ", but this agent knows at most 1." + std::to_string(kMaxApi) +
                              "; update the agent");
  }
  return std::min(version.max_api, kMaxApi);
}

std::vector<std::string> WarningsFor(const std::string& engine_version) {
  // Read in the engine's sources at each tag: a client that leaves during a stop ends the
  // container's grace.
  using Release = std::array<int, 3>;
  const Release release = ReleaseOf(engine_version);
  const auto within = [&release](Release first, Release last) {
    return release >= first && release <= last;
  };
  if (within({23, 0, 0}, {23, 0, 6}) || within({24, 0, 0}, {24, 0, 2})) {
    return {"Docker Engine " + engine_version +
            " kills a container at once when the agent dies while it waits for a stop; update it "
            "to 23.0.7, "
            "24.0.3 or newer"};
  }
  return {};
}

absl::Status ParseInfo(std::string_view json, EngineFacts& facts) {
  const auto view = net::JsonView::Parse(json);
  if (!view.ok())
    return Unavailable("the engine's facts cannot be read: " + Message(view.status()));
  facts.cpus = (*view)["NCPU"].Int();
  facts.memory_bytes = (*view)["MemTotal"].Int();
  facts.data_root = (*view)["DockerRootDir"].String();
  return absl::OkStatus();
}

}  // namespace quayside::agent::docker
