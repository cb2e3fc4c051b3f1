// What the latency benchmarks stand on: engines of a test bed, called directly; a controller and
// agents, started as programs; and a door in front of an engine that notes what the agent asks.
// Run them inside a bed: tests/testbed/testbed.py run --hosts 4 -- build/release/bin/deploy_latency
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
    std::string service;  // our service label, or Swarm's; kFloor for containers made directly
  };
  static constexpr char kFloor[] = "floor";

  explicit DirectEngine(const std::string& url);
  ~DirectEngine();

  agent::EngineAnswer Call(agent::EngineCall call);
  // Makes the networks of a spec.
  void EnsureNetworks(const ContainerSpec& spec);
  // One container, created and not started, as an agent would make it; its id.
  std::string Create(const ContainerSpec& spec, const std::string& name);
  void Start(const std::string& id) { Call(agent::StartContainer{id}); }
  void Stop(const std::string& id) { Call(agent::StopContainer{id, absl::Seconds(5)}); }
  void Remove(const std::string& id) { Call(agent::RemoveContainer{id}); }
  // "repository@sha256:…" of a tag; pulled when it is not local.
  std::string Digest(const std::string& tag);

  // Waits for an event of the kind that came at or after `since`; ends the program after a minute.
  Seen WaitFor(const std::string& action, MonoTime since, const std::string& container = "");
  std::vector<Seen> EventsSince(MonoTime since);
  MonoTime last_event();

 private:
  std::unique_ptr<agent::Engine> engine_;
  absl::Mutex mutex_;
  std::deque<Seen> seen_ ABSL_GUARDED_BY(mutex_);
};

// Passes bytes between a socket of its own and the engine's, and notes every request.
class Door {
 public:
  struct Exchange {
    MonoTime asked, answered;  // first bytes of the request and of its answer; Never while open
    std::string line;          // "POST /v1.41/containers/…/start"
  };

  Door(const std::string& engine_url, const std::string& path);
  ~Door();
  std::string url() const { return "unix://" + path_; }
  // What was asked at or after `since`, in order; of the newest 10,000.
  std::vector<Exchange> Since(MonoTime since);
  // When a request whose line contains `part` was first asked at or after `since`; Never if not.
  MonoTime FirstAsked(MonoTime since, const std::string& part = "");
  // What was asked since then, one line each, for people who look for lost time.
  void PrintTrace(MonoTime since);

 private:
  void Run();
  void Pump(int client);
  // The number of a new exchange; what is answered belongs to the newest of its connection.
  int64_t NoteAsked(std::string_view bytes);
  void NoteAnswered(int64_t number);

  const std::string engine_path_, path_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  absl::Mutex mutex_;
  int64_t first_number_ ABSL_GUARDED_BY(mutex_) = 0;  // of exchanges_.front()
  std::deque<Exchange> exchanges_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

// An HTTP server on loopback that says 503 until it is opened and 200 from then on: what a probe
// asks when the container is on the host network.
class ProbeDoor {
 public:
  ProbeDoor();
  ~ProbeDoor();
  uint32_t port() const { return port_; }
  void Close();
  void Open() { open_ = true; }
  // How often it was asked since Close.
  int asked() const { return asked_; }
  // When it first answered 200 since Close; Never if it did not.
  MonoTime first_pass() const { return MonoTime::FromNanos(first_pass_); }

 private:
  void Run();

  int listener_ = -1;
  uint32_t port_ = 0;
  std::atomic<bool> open_{false}, stopping_{false};
  std::atomic<int> asked_{0};
  std::atomic<int64_t> first_pass_{0};
  std::thread thread_;
};

// A controller and one agent per engine, on loopback, in a directory of their own; ended by the
// destructor.
class Programs {
 public:
  Programs(const std::string& directory, const std::vector<std::string>& engine_urls,
           const std::string& registry);
  ~Programs();
  pid_t agent_pid(size_t number) const { return pids_.at(1 + number); }
  const std::string& directory() const { return directory_; }
  // Applies a compose text and waits until it has succeeded.
  void Apply(const std::string& name, const std::string& compose);
  // Makes sure that the connection is open: nobody answers the controller's pings between calls, so
  // it closes one that was idle for long. Call it before a call that is measured.
  void Connect();
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

// The first service of a compose text, as the agent gets its container.
ContainerSpec SpecOf(const std::string& directory, const std::string& name,
                     const std::string& compose);

// Ends the program with a sentence.
[[noreturn]] void Fail(const std::string& why);
// The value of an environment variable that a bed sets; ends the program when it is missing.
std::string FromBed(const char* variable);

}  // namespace quayside::bench
