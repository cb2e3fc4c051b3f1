// The seam to a container engine. An EngineCall is a value: one request that the engine can be
// asked; Engine::Submit starts it and answers later. The real one is agent/docker (Docker Engine
// API over its unix socket); tests and the simulator have agent/fake_engine. Both pass one
// conformance suite (tests/integration/engine_conformance).
//
// Facts that callers may rely on, whatever engine it is:
//  - kUnavailable means "could not be asked": nothing is known, never "absent" (R10); of a pull
//  also that the
//    registry is in trouble. kDeadlineExceeded: unknown whether it happened; observe again.
//    kNotFound, kAlreadyExists (name taken), kInvalidArgument (refused as asked),
//    kFailedPrecondition (state forbids: a port is taken, an image in use), kResourceExhausted
//    (disk full, no address pool, registry rate limit), kPermissionDenied (registry), kAborted (a
//    removal of it is already under way; look again).
//  - Start of a running and Stop of a stopped container are ok.
//  - Calls of one container are begun and answered in the order given; others in any order.
//  ReadLogs and
//    ExecCommand run beside them: a hanging probe must not hold up a stop.
//  - A network whose name is taken by one with other settings gets another name:
//  network_settings.h.
//    CreateContainer joins the right one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/model/assignment.h"
#include "common/model/spec.h"

namespace quayside::agent {

enum class ContainerState { kCreated, kRunning, kPaused, kRestarting, kRemoving, kExited, kDead };
enum class HealthState { kNone, kStarting, kHealthy, kUnhealthy };
// The restart policy as far as we use it (R13): armed means dockerd may start it by itself.
enum class ArmedPolicy { kNo, kUnlessStopped, kOther };

// One row of a list: all that a list tells.
struct ContainerRow {
  std::string id;
  std::string name;
  std::map<std::string, std::string> labels;
  ContainerState state = ContainerState::kCreated;
  HealthState health = HealthState::kNone;
  std::set<std::string> networks;  // names on the engine
  bool operator==(const ContainerRow&) const = default;
};

struct ContainerDetail {
  ContainerRow row;
  std::string image_id;  // the engine's own id of the image
  std::string image;     // as it was asked for at create: "repository@sha256:…"
  ArmedPolicy policy = ArmedPolicy::kNo;
  int32_t restart_count = 0;
  int32_t exit_code = 0;
  bool oom_killed = false;
  std::string error;                   // State.Error: why a start failed
  std::string failed_check;            // what its health check said last; empty when it passed
  absl::Time started_at, finished_at;  // wall; infinite past when never
  std::vector<PublishedPort> ports;
  std::map<std::string, std::string>
      addresses;  // network name on the engine → IPv4 address, when running
  int64_t memory_bytes = 0, nano_cpus = 0;  // the limits now in force
  bool host_network = false;
  int32_t pid = 0;
  std::vector<std::string> volume_names;  // every named or anonymous volume it mounts
  bool operator==(const ContainerDetail&) const = default;
};

struct ImageDetail {
  std::string id;
  std::vector<std::string> repo_digests;  // "repository@sha256:…"
  std::vector<std::string> repo_tags;
  std::string os, arch, variant;
  int64_t size_bytes = 0;
  absl::Time created_at;
  std::vector<std::string> volumes;  // VOLUME paths of the image
  std::string stop_signal;
  bool has_health_check = false;
  bool operator==(const ImageDetail&) const = default;
};

// What a container is created from: the spec and what this host adds to it.
struct ContainerPlan {
  std::string name;
  ContainerSpec spec;
  std::map<std::string, std::string> labels;  // spec's labels and ours (labels.h)
  ArmedPolicy policy = ArmedPolicy::kNo;      // candidates are created unarmed
  // Image VOLUME paths and anonymous mounts that become managed volumes of the slot: target →
  // volume name.
  std::map<std::string, std::string> managed_volumes;
  // For network_mode/pid/ipc "service:NAME": the container to join, by mode key ("network", "pid",
  // "ipc").
  std::map<std::string, std::string> joined_containers;
  // Network aliases every attachment gets besides the spec's own (the service name).
  std::vector<std::string> aliases;
  bool operator==(const ContainerPlan&) const = default;
};

// ---- calls, and what an ok answer holds ----
struct GetFacts {};  // EngineFacts
struct ListContainers {
  std::string label;
};  // vector<ContainerRow>; "key" or "key=value"
struct InspectContainer {
  std::string container;
};  // ContainerDetail
struct CreateContainer {
  ContainerPlan plan;
};  // Created: the id. Networks beyond the first are connected too
struct StartContainer {
  std::string container;
};  // Nothing
// `grace`: from the spec; the engine sends its stop signal, then SIGKILL after it. Never cut short
// by us.
struct StopContainer {
  std::string container;
  absl::Duration grace;
};  // Nothing
struct KillContainer {
  std::string container;
  std::string signal;
};  // Nothing
struct SetPolicy {
  std::string container;
  ArmedPolicy policy;
};  // Nothing; changes the policy and nothing else
struct SetLimits {
  std::string container;
  ResourceLimits limits;
};  // Nothing
struct RenameContainer {
  std::string container;
  std::string name;
};  // Nothing
struct UnpauseContainer {
  std::string container;
};  // Nothing
struct RemoveContainer {
  std::string container;
};  // Nothing; never forces, never removes volumes
struct InspectImage {
  std::string image;
};                     // ImageDetail
struct ListImages {};  // vector<ImageDetail> (volumes, stop_signal unset)
// `image` is "repository@sha256:…" (R17); `platform` may be "". Progress comes as
// EngineEvent::Kind::kPullProgress. Ok only when the digest is local afterwards.
struct PullImage {
  std::string image;
  std::string platform;
};  // Nothing
struct RemoveImage {
  std::string image;
};  // Nothing; never forces
struct EnsureNetwork {
  NetworkSpec network;
  std::map<std::string, std::string> labels;
};  // Created: its id
struct RemoveNetwork {
  std::string network;
};  // Nothing
// Connects a container that should be on the network and is not (drift).
struct ConnectNetwork {
  std::string container;
  std::string network;
  NetworkAttachment attachment;
  std::vector<std::string> aliases;
};
struct EnsureVolume {
  VolumeSpec volume;
  std::map<std::string, std::string> labels;
};  // Created: its name
struct RemoveVolume {
  std::string volume;
};  // Nothing
struct ListVolumes {
  std::string label;
};  // vector<string> names
struct ListNetworks {
  std::string label;
};  // vector<string> names
struct ReadLogs {
  std::string container;
  int32_t lines = 200;
  int32_t max_bytes = 64 << 10;
};  // LogText
// kDeadlineExceeded: the command did not end in time; kUnavailable: the engine did not answer.
struct ExecCommand {
  std::string container;
  std::vector<std::string> command;
  absl::Duration timeout;
};  // ExecResult

using EngineCall =
    std::variant<GetFacts, ListContainers, InspectContainer, CreateContainer, StartContainer,
                 StopContainer, KillContainer, SetPolicy, SetLimits, RenameContainer,
                 UnpauseContainer, RemoveContainer, InspectImage, ListImages, PullImage,
                 RemoveImage, EnsureNetwork, RemoveNetwork, ConnectNetwork, EnsureVolume,
                 RemoveVolume, ListVolumes, ListNetworks, ReadLogs, ExecCommand>;

struct Nothing {
  bool operator==(const Nothing&) const = default;
};
struct Created {
  std::string id;
  bool operator==(const Created&) const = default;
};
struct LogText {
  std::string text;
  bool operator==(const LogText&) const = default;
};
struct ExecResult {
  int32_t exit_code = 0;
  std::string output;
  bool operator==(const ExecResult&) const = default;
};

using EngineAnswer = std::variant<Nothing, Created, EngineFacts, std::vector<ContainerRow>,
                                  ContainerDetail, ImageDetail, std::vector<ImageDetail>,
                                  std::vector<std::string>, LogText, ExecResult>;
using EngineReply = absl::StatusOr<EngineAnswer>;

// A hint that something changed; the list is the truth (facts: events are lost when the engine
// restarts).
struct EngineEvent {
  enum class Kind {
    kConnected,     // the event stream is (again) open: list everything, negotiate again
    kDisconnected,  // the engine cannot be asked
    kContainer,     // `container`, `action`, `labels` are set
    kPullProgress,  // `image`, `progress` are set
  };
  Kind kind = Kind::kContainer;
  std::string container;
  std::string action;  // Docker's word: create start die stop kill oom destroy rename update pause
                       // health_status: healthy …
  std::map<std::string, std::string> labels;  // the actor's attributes, container labels among them
  int32_t exit_code = 0;                      // of a `die`
  std::string image;
  std::string progress;  // "12.3 of 40.0 MB"
  std::string reason;    // kDisconnected: why
  bool operator==(const EngineEvent&) const = default;
};

class Engine {
 public:
  using Done = absl::AnyInvocable<void(EngineReply)>;
  using OnEvent = std::function<void(EngineEvent)>;

  virtual ~Engine() = default;

  // Starts `call`; `done` runs exactly once, later, never inside Submit, on a thread of the
  // engine's choosing. It must not block. After the engine is destroyed nothing runs; calls still
  // open are dropped.
  virtual void Submit(EngineCall call, Done done) = 0;
  // Starts the event stream; it reconnects by itself. Called once, before the first Submit.
  virtual void Watch(OnEvent on_event) = 0;
};

// "start app-web-1-ab12", for logs, plans and crash points.
std::string Describe(const EngineCall& call);

}  // namespace quayside::agent
