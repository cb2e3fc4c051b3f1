// Errors of the Docker Engine as our codes (agent/engine.h tells what each means to a caller). The
// engine gives an HTTP status and a sentence; where its status says too little (most of its
// failures are 500) the sentence decides. Pure.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace quayside::agent::docker {

// The engine's sentence in an answer outside 2xx, at most 1,000 bytes.
std::string MessageOfAnswer(int http_status, std::string_view body);

// For an HTTP answer outside 2xx. `what` completes "cannot …": "start container web-1".
absl::Status ErrorOfAnswer(int http_status, std::string_view body, const std::string& what);

// For a sentence of the pull stream (`errorDetail.message`), or of the answer to a pull.
absl::Status ErrorOfPull(const std::string& message, const std::string& image);

// "container 0123456789ab": as `docker ps` shows it. A name stays whole.
std::string Shown(const std::string& container);

}  // namespace quayside::agent::docker
