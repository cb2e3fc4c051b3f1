// One desired container and what a host says of it. Desired fields are written by the controller,
// observed ones by the agent; they never share a struct (R: spec and status never share).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/model/ids.h"

namespace quayside {

// Names a place in an app: for replicated services slot 1…N over the fleet, for global ones slot 1
// on every host.
struct SlotKey {
  AppName app;
  ServiceName service;
  int32_t slot = 1;
  friend auto operator<=>(const SlotKey&, const SlotKey&) = default;
};

// "app/service.slot", as people write it.
std::string ToString(const SlotKey& key);

enum class Intent {
  kRun,   // be running and proven
  kStop,  // exist, stopped; nothing heals it (`ctl stop`)
};

// What should be: one desired container on one host.
struct Instance {
  InstanceId id;
  SlotKey slot;
  HostId host;
  int64_t revision = 0;
  SpecDigest spec;
  Intent intent = Intent::kRun;
  // How this instance replaces the one before it in its slot; copied from the service so that the
  // agent needs no service spec.
  bool start_first_forced = false;  // `order: start-first` in the file
  bool stop_first_forced = false;   // `order: stop-first` in the file
  absl::Duration min_healthy = absl::Seconds(10);
  absl::Duration healthy_deadline = absl::Minutes(5);
  bool operator==(const Instance&) const = default;
};

// The words of `ctl ps` (contract).
enum class InstanceState {
  kUnknown,
  kPending,
  kPulling,
  kCreating,
  kStarting,
  kRunning,
  kHealthy,
  kUnhealthy,
  kStopping,
  kStopped,
  kCompleted,
  kExited,
  kFailed,
};
std::string_view ToString(InstanceState state);

// Why an instance is not proven, as far as it matters to a rollout (R20): application failures fail
// it, infrastructure only holds it.
enum class FailureKind {
  kNone,
  kApplication,     // exited, OOM-killed, unhealthy, rejected by the engine
  kInfrastructure,  // registry, disk, engine, interrupted
};

struct PublishedPort {
  std::string host_ip;
  uint32_t host_port = 0;
  uint32_t container_port = 0;
  std::string protocol;
  bool operator==(const PublishedPort&) const = default;
};

// What is: one container (or its absence) as its host reports it.
struct InstanceStatus {
  InstanceId id;
  SlotKey slot;
  int64_t revision = 0;  // from the container's label; 0 when there is none yet
  SpecDigest spec;
  InstanceState state = InstanceState::kUnknown;
  bool proven = false;  // ran as its health rules ask for the minimum time, with the desired digest
  bool uptime_only = false;  // proven without health check and probe
  bool retired = false;      // not desired here any more: kept for going back, or on its way out
  FailureKind failure = FailureKind::kNone;
  bool verdict = false;  // true: it was tried and failed; it is not tried again (a new attempt is a
                         // new instance)
  std::string reason;    // for people; "" when there is nothing to say
  std::string image;     // "repository@sha256:…" that the container really runs
  std::string container;  // the engine's id, "" when there is none
  int32_t restarts = 0;
  int32_t exit_code = 0;  // of the last exit
  bool oom_killed = false;
  std::vector<PublishedPort> ports;
  absl::Time since;  // when it entered this state
  // The last log lines of a failed container: at most 200 lines and 64 KiB.
  std::string log_tail;
  bool operator==(const InstanceStatus&) const = default;
};

}  // namespace quayside
