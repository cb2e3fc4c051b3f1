// DockerEngine is the real Engine: the Docker Engine API (1.41 and newer) over its unix socket.
// Submit may be called from any thread and returns at once; answers and events come on one thread,
// the HTTP client's. Calls of one container run one after another, in order; at most
// kMaxWaitingPerContainer wait, more are refused with kResourceExhausted.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/docker/api.h"
#include "agent/docker/event_stream.h"
#include "agent/engine.h"
#include "common/net/http.h"

namespace quayside::agent::docker {

class DockerEngine final : public Engine {
 public:
  static constexpr size_t kMaxWaitingPerContainer = 64;

  // `endpoint`: "unix:///var/run/docker.sock" (--engine, DOCKER_HOST) or a plain absolute path.
  // Does not connect yet. kInvalidArgument for other kinds: an engine that listens on TCP gives
  // root to whoever reaches it.
  static absl::StatusOr<std::unique_ptr<DockerEngine>> Open(const std::string& endpoint);

  void Submit(EngineCall call, Done done) override;
  void Watch(OnEvent on_event) override;

 private:
  struct Dispatcher;

  explicit DockerEngine(std::string socket_path);

  void Begin(EngineCall call, Done done);
  // The call of `container` is answered: begins the next one.
  void Next(const std::string& container);

  OnEvent on_event_;  // set once, before the first Submit

  absl::Mutex mutex_;
  // A container is in here while a call of it runs; its queue holds those behind.
  std::map<std::string, std::deque<std::pair<EngineCall, Done>>> waiting_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<Api> api_;
  std::unique_ptr<EventStream> events_;
  // Last, so that it is destroyed first: after that no callback runs.
  std::unique_ptr<net::HttpClient> http_;
};

}  // namespace quayside::agent::docker
