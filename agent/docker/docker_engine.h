// DockerEngine is the real Engine: the Docker Engine API (1.41 and newer) over its unix socket.
// Submit may be called from any thread and returns at once; answers and events come on one thread,
// the HTTP client's. Calls of one container run one after another, in order; at most
// CallOrder::kMaxWaiting wait, more are refused with kResourceExhausted.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/call_order.h"
#include "agent/docker/api.h"
#include "agent/docker/event_stream.h"
#include "agent/engine.h"
#include "common/net/http.h"

namespace quayside::agent::docker {

class DockerEngine final : public Engine {
 public:
  // `endpoint`: "unix:///var/run/docker.sock" (--engine, DOCKER_HOST) or a plain absolute path.
  // Does not connect yet. kInvalidArgument for other kinds: an engine that listens on TCP gives
  // root to whoever reaches it.
  static absl::StatusOr<std::unique_ptr<DockerEngine>> Open(const std::string& endpoint);

  void Submit(EngineCall call, Done done) override;
  void Watch(OnEvent on_event) override;

 private:
  struct Dispatcher;

  explicit DockerEngine(std::string socket_path);

  void Begin(CallOrder::Entry entry);

  OnEvent on_event_;  // set once, before the first Submit

  CallOrder order_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<EventStream> events_;
  // Last, so that it is destroyed first: after that no callback runs.
  std::unique_ptr<net::HttpClient> http_;
};

}  // namespace quayside::agent::docker
