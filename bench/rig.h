// What the latency benchmarks stand on: engines of a test bed, called directly; a controller and
// agents, started as programs; and a door in front of an engine that notes when the agent first
// speaks. Run them inside a bed: tests/testbed/testbed.py run --hosts 4 --
// build/release/bin/deploy_latency
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/engine.h"
#include "common/base/clock.h"
#include "quayside/v1/admin.grpc.pb.h"

namespace quayside::bench {

// An engine whose calls wait for their answers, and which keeps its events with the time of their
// arrival. A failed call ends the program: a figure taken after it would mean nothing.
class DirectEngine {
 public:
  struct Seen {
    MonoTime at;
    std::string action;
    std::string container;
    std::string service;  // our service label; "" for containers made directly
    std::string slot;
  };

  explicit DirectEngine(const std::string& url);
  ~DirectEngine();

  agent::EngineAnswer Call(agent::EngineCall call);
  // Creates and starts nothing else than one container of `image`; its name is made from `name`.
  std::string Create(const std::string& image, const std::string& name, uint32_t host_port);
  void Start(const std::string& id) { Call(agent::StartContainer{id}); }
  void Stop(const std::string& id) { Call(agent::StopContainer{id, absl::Seconds(5)}); }
  void Remove(const std::string& id) { Call(agent::RemoveContainer{id}); }
  // "repository@sha256:…" of a tag; pulled when it is not local.
  std::string Digest(const std::string& tag);

  // Waits for an event of the kind that came at or after `since`; ends the program after a minute.
  Seen WaitFor(const std::string& action, MonoTime since, const std::string& container = "");
  std::vector<Seen> EventsSince(MonoTime since);

 private:
  std::unique_ptr<agent::Engine> engine_;
  absl::Mutex mutex_;
  std::deque<Seen> seen_ ABSL_GUARDED_BY(mutex_);
};

// Passes bytes between a socket of its own and the engine's, and notes when the client first sends
// after Arm.
class Door {
 public:
  Door(const std::string& engine_url, const std::string& path);
  ~Door();
  std::string url() const { return "unix://" + path_; }
  void Arm() { first_ = 0; }
  // Never (zero) while nothing came since Arm.
  MonoTime first() const { return MonoTime::FromNanos(first_); }
  // When the client last asked for a start.
  MonoTime last_start() const { return MonoTime::FromNanos(last_start_); }

 private:
  void Run();
  void Pump(int client);

  const std::string engine_path_, path_;
  int listener_ = -1;
  std::atomic<int64_t> first_{1}, last_start_{0};
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
};

// A controller and one agent per engine, on loopback, in a directory of their own; ended by the
// destructor.
class Programs {
 public:
  Programs(const std::string& directory, const std::vector<std::string>& engine_urls,
           const std::string& registry);
  ~Programs();
  v1::AdminService::Stub& admin() { return *admin_; }
  // Applies a compose text and waits until it has succeeded.
  void Apply(const std::string& name, const std::string& compose);
  // Starts a deploy of one image; returns when it is committed.
  void Deploy(const std::string& app, const std::string& service, const std::string& image);
  // Waits until the newest rollout of the app has ended; ends the program when it did not succeed.
  void WaitSucceeded(const std::string& app);
  void Remove(const std::string& app);

 private:
  pid_t Spawn(const std::vector<std::string>& argv, const std::string& log);
  std::string directory_;
  std::vector<pid_t> pids_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

// Ends the program with a sentence.
[[noreturn]] void Fail(const std::string& why);
// The value of an environment variable that a bed sets; ends the program when it is missing.
std::string FromBed(const char* variable);

}  // namespace quayside::bench
