// FakeDocker is the container engine of one simulated host: its daemon, its containers and its
// disk, with Docker's own semantics (restart policies and their back-off, ports, names, health,
// what a crash leaves). It has no threads: it acts when a FakeEngine (one agent's connection to it)
// calls, and when the scheduler's time comes. The same calls at the same times give the same
// result. What it does is kept honest by tests/integration/engine_conformance_test.cc, which runs
// the same cases on a real engine.
//
// Owned by the test or the simulator; outlives the FakeEngines, so that a killed agent loses its
// connection and nothing else. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "agent/engine.h"
#include "agent/fake_engine/fake_registry.h"
#include "agent/probe.h"
#include "common/base/clock.h"

namespace quayside::agent::fake {

// The time that a FakeDocker lives in.
class FakeScheduler {
 public:
  virtual ~FakeScheduler() = default;
  virtual MonoTime Now() = 0;
  virtual absl::Time Wall() = 0;
  // Runs `task` at `when`; tasks of one instant in the order given. Never runs it inside At.
  virtual void At(MonoTime when, absl::AnyInvocable<void()> task) = 0;
};

// A container as the host has it. Everything that an inspect tells, and what Docker keeps to
// itself.
struct FakeContainer {
  std::string id, name;
  ContainerPlan plan;
  FakeImage image;
  ArmedPolicy policy = ArmedPolicy::kNo;
  ContainerState state = ContainerState::kCreated;
  HealthState health = HealthState::kNone;
  int32_t exit_code = 0;
  bool oom_killed = false;
  std::string error;
  absl::Time started_at = absl::InfinitePast(), finished_at = absl::InfinitePast();
  int32_t restart_count = 0;
  ResourceLimits limits;
  bool manually_stopped = false;     // unless-stopped does not start it again
  bool started_before = false;       // the daemon starts only such by itself
  std::vector<PublishedPort> ports;  // while it runs
  std::map<std::string, std::string>
      addresses;  // network name on the engine → address, "" while it does not run
  std::map<std::string, std::string> static_addresses;  // likewise, as the spec asks
  std::vector<std::string> volumes;
  std::string log;
  bool probe_fails = false;  // until it is started again
  uint64_t run = 0;  // how often it has been started; tells tasks of an earlier run from this one's
  MonoTime run_since;
  absl::Duration restart_delay;  // the daemon's last back-off
  std::vector<absl::AnyInvocable<void()>> stop_waiters;

  bool running() const {
    return state == ContainerState::kRunning || state == ContainerState::kPaused;
  }
};

struct FakeNetwork {
  std::string id;
  NetworkSpec spec;  // with its name on the engine
  std::map<std::string, std::string> labels;
};

struct FakeVolume {
  VolumeSpec spec;
  std::map<std::string, std::string> labels;
};

// What becomes of running containers when the daemon goes down.
enum class ContainerFate {
  kKilled,    // exit 137: power cut, reboot, or a daemon that takes them along
  kVanished,  // gone, with their records: the engine's disk was lost or somebody removed them
  kLiveOn,    // live-restore: they run on and are adopted at the next start
};

// A failure put in the way of one call.
struct CallFault {
  absl::Status answer;
  bool takes_effect = false;   // the call is carried out, only its answer is this
  bool never_answers = false;  // `answer` is not given either
};

struct LoggedCall {
  MonoTime at;
  std::string text;  // Describe
  bool operator==(const LoggedCall&) const = default;
};

class FakeDocker {
 public:
  using Reply = absl::AnyInvocable<void(EngineReply)>;

  // `name` makes ids differ from host to host. The registry and the scheduler outlive it.
  FakeDocker(std::string name, FakeScheduler& scheduler, FakeRegistry& registry);
  ~FakeDocker();

  // ---- what a test sets ----
  EngineFacts facts;  // what GetFacts tells (reachable is filled in)
  // Time from a call to its effect, and from there to its answer. A killed agent may lose an answer
  // between the two.
  std::function<absl::Duration(const EngineCall&)> effect_latency;
  absl::Duration answer_latency = absl::Microseconds(500);
  absl::Duration event_latency = absl::Microseconds(200);
  // Asked for each call before its effect.
  std::function<std::optional<CallFault>(const EngineCall&)> fault;
  std::set<std::string> missing_paths;  // bind sources that are not there
  absl::Status disk_error;              // while set, pulls and creates fail with it
  // Runs after every change of a container: checkers look at every instant.
  std::function<void()> on_change;

  // ---- what happens to a host ----
  // The daemon goes down; open calls are answered kUnavailable, event streams break.
  void CrashDaemon(ContainerFate fate);
  // It comes up: containers that are armed, were started before and not stopped by hand are
  // started.
  void StartDaemon();
  bool daemon_up() const { return up_; }
  // Calls get no effect and no answer (kDeadlineExceeded after their time) until the engine is
  // healed; then what was asked is carried out.
  void Hang();
  void Heal();

  // ---- what a person does on the host, at once ----
  // Carries `call` out without latency, faults and log.
  void ByHand(EngineCall call);
  void Exit(const std::string& container, int32_t exit_code, bool oom_killed = false);
  void SetHealth(const std::string& container, HealthState health);
  // Its program answers no probe until it is started again, or until PassProbe.
  void FailProbe(const std::string& container);
  void PassProbe(const std::string& container);
  void Pause(const std::string& container);
  void LeaveNetwork(const std::string& container, const std::string& network);
  void Vanish(const std::string& container);          // as `docker rm -f`
  void RemoveImageByForce(const std::string& image);  // as a prune
  void AddLocalImage(const FakeImage& image);

  // ---- what a checker sees ----
  // By id; ids grow with the order of creation within a host.
  const std::map<std::string, FakeContainer>& containers() const { return containers_; }
  const FakeContainer* Find(const std::string& name_or_id) const;
  const std::map<std::string, FakeImage>& images() const { return images_; }
  const std::map<std::string, FakeNetwork>& networks() const { return networks_; }
  const std::map<std::string, FakeVolume>& volumes() const { return volumes_; }
  // Calls as they arrived; the newest kMaxLog.
  static constexpr size_t kMaxLog = 10'000;
  const std::deque<LoggedCall>& calls() const { return log_; }
  // What a probe of that container would find now.
  absl::Status AnswerProbe(const ProbeTarget& target) const;

 private:
  friend class FakeEngine;
  friend class FakeCalls;

  // One agent's open connection.
  struct Connection {
    Engine::OnEvent on_event;
  };
  // A call that has arrived and not been answered.
  struct OpenCall {
    EngineCall call;
    Reply reply;
    bool begun = false;               // its effect has taken place
    std::optional<EngineReply> held;  // its answer, while the engine hangs
  };

  void Arrive(EngineCall call, Reply reply);
  void TakeEffect(uint64_t open_id);
  // Gives the answer after its latency, or when the engine is healed.
  void Answer(uint64_t open_id, EngineReply reply);
  // The caller's own patience is over.
  void TimeOut(uint64_t open_id);
  void AddWatcher(const std::shared_ptr<Connection>& connection);

  // Runs `task` after `delay` unless this engine is gone by then.
  void After(absl::Duration delay, absl::AnyInvocable<void()> task);
  void Emit(EngineEvent event);
  void EmitContainer(const FakeContainer& container, const std::string& action);
  void Changed();
  std::string NewId();

  FakeContainer* Mutable(const std::string& name_or_id);
  // Why the container cannot start now, or ok.
  absl::Status MayStart(const FakeContainer& container) const;
  absl::Status StartByCall(FakeContainer& container);
  absl::Status Run(FakeContainer& container);
  void TakeResources(FakeContainer& container);
  void ScheduleExit(FakeContainer& container);
  void ScheduleHealth(FakeContainer& container);
  void Ended(FakeContainer& container, int32_t exit_code, bool oom_killed);
  void RestartLater(FakeContainer& container);
  void StartByDaemon(FakeContainer& container);
  // Sends its stop signal, then SIGKILL after `grace`; `done` when it has ended.
  void StopRun(FakeContainer& container, absl::Duration grace, absl::AnyInvocable<void()> done);

  const std::string name_;
  FakeScheduler& scheduler_;
  FakeRegistry& registry_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool up_ = true, hung_ = false;
  uint64_t ids_ = 0, next_call_ = 0, next_port_ = 32768, next_address_ = 2;
  std::map<uint64_t, OpenCall> open_;
  std::vector<std::weak_ptr<Connection>> watchers_;
  std::vector<EngineEvent> held_events_;  // while the engine hangs
  std::map<std::string, FakeContainer> containers_;
  std::map<std::string, FakeImage> images_;
  std::map<std::string, absl::Time> pulled_at_;
  std::map<std::string, FakeNetwork> networks_;  // by name
  std::map<std::string, FakeVolume> volumes_;    // by name
  std::deque<LoggedCall> log_;
};

}  // namespace quayside::agent::fake
