// Pulls an image by digest: follows the engine's stream of progress, and believes in success only
// when the image is there with that digest afterwards (errors come inside a stream whose status is
// 200).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "agent/docker/api.h"
#include "agent/engine.h"

namespace quayside::agent::docker {

// A pull that moves nothing for so long is given up; the caller tries again.
inline constexpr absl::Duration kPullStall = absl::Minutes(2);

// Folds the lines of POST /images/create. Pure.
class PullProgress {
 public:
  // Takes a piece of the stream, of any length.
  void Add(std::string_view piece);
  // "12.3 of 40.0 MB"; "" before the first layer tells its size.
  std::string Text() const;
  // What the engine said went wrong, if it did.
  const std::optional<std::string>& error() const { return error_; }

 private:
  void AddLine(std::string_view line);

  struct Layer {
    int64_t current = 0, total = 0;
  };
  std::string rest_;  // of a line that has not ended
  std::map<std::string, Layer> layers_;
  std::optional<std::string> error_;
};

// "repository@sha256:…" in its two parts; kInvalidArgument when there is no digest (R17: never
// pulled without).
struct PinnedImage {
  std::string repository, digest;
};
absl::StatusOr<PinnedImage> ParsePinned(const std::string& image);

void Pull(Api& api, PullImage call, std::function<void(EngineEvent)> on_event, Engine::Done done);

}  // namespace quayside::agent::docker
