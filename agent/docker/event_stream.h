// The engine's event stream: connects, tells each container event, and when it breaks connects
// again by itself, with back-off. Runs on the HTTP client's thread.
#pragma once

#include <string>

#include "agent/docker/api.h"
#include "agent/engine.h"
#include "common/base/backoff.h"

namespace quayside::agent::docker {

class EventStream {
 public:
  // `api` and its HTTP client outlive the stream's callbacks: the client is destroyed first.
  EventStream(Api& api, Engine::OnEvent on_event) : api_(api), on_event_(std::move(on_event)) {}

  void Start() { Connect(); }

 private:
  void Connect();
  void Listen();
  void OnPiece(std::string_view piece);
  void OnBroken(const absl::Status& why);

  Api& api_;
  Engine::OnEvent on_event_;
  // An engine that restarts is back within a second: ask soon, then seldom.
  const Backoff backoff_{absl::Milliseconds(50), absl::Seconds(5)};
  int failures_ = 0;
  bool told_disconnected_ = false;
  std::string line_;  // what has come of the current line
};

}  // namespace quayside::agent::docker
