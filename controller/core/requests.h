// What the API asks of the core, and what it answers: plain values, twins of admin.proto
// (controller/api converts). A request reaches the core by Core::Submit with a callback that runs
// after the commit, on the core thread; it must not block. Mutations carry a RequestId (R24).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "controller/core/model.h"

namespace quayside::controller {

// ---- answers ----
struct HostView {
  HostRow row;
  std::string state;  // ready | away | lost | unknown
  std::string availability = "active";
  std::string engine_state;  // ok | unreachable
  int32_t instances = 0;
  std::optional<absl::Duration> last_seen;
};

struct InstanceView {
  InstanceStatus status;  // pending with a reason when its host has said nothing of it yet
  std::string host;
  bool desired = true;
  bool host_known = true;
};

struct ServiceView {
  ServiceName name;
  int32_t desired = 0, updated = 0, healthy = 0;
  std::string image;
  bool stopped = false;
  bool operator==(const ServiceView&) const = default;
};

struct TargetView {
  RolloutTarget target;
  std::string host;  // name
  std::optional<InstanceStatus> observed;
  bool operator==(const TargetView&) const = default;
};

struct RolloutView {
  RolloutRow row;
  std::vector<TargetView> targets;
  bool operator==(const RolloutView&) const = default;
};

struct AppStatusView {
  AppName app;
  int64_t revision = 0;
  bool converged = false;
  std::optional<RolloutView> rollout;
  std::vector<ServiceView> services;
  std::vector<std::string> pending;
  bool removed = false;
  bool operator==(const AppStatusView&) const = default;
};

struct AppSummaryView {
  AppStatusView status;
  bool stopped = false;
  bool removing = false;
};

struct RevisionView {
  RevisionRow row;
  std::string outcome, reason;
};

struct ExplainLine {
  ServiceName service;
  int32_t slot = 0;
  std::string host;
  std::string text;
};

struct PlanChange {
  std::string host;
  SlotKey slot;
  TargetAction action = TargetAction::kNone;
  bool downtime = false;
  std::string why;
  bool operator==(const PlanChange&) const = default;
};

struct PlanView {
  std::vector<PlanChange> changes;
  std::vector<std::string> warnings, undone;
};

struct ChangeResult {
  int64_t revision = 0;
  RolloutId rollout;
  bool nothing_to_do = false;
  std::vector<std::string> warnings;
};

struct Finding {
  std::string severity, subject, text;
};

struct RecoveryView {
  bool recovering = false;
  std::string reason;
  absl::Time since;
  std::vector<std::string> held;
};

struct VersionView {
  FleetId fleet;
  StoreEpoch epoch;
  bool read_only = false;
  std::string read_only_reason;
  bool recovering = false;
};

struct GcHostResult {
  std::string host, error;
  std::vector<std::string> lines;
};

// ---- reading ----
template <typename T>
using Answer = absl::AnyInvocable<void(absl::StatusOr<T>)>;

struct GetVersion {
  Answer<VersionView> done;
};
struct ListHosts {
  Answer<std::vector<HostView>> done;
};
struct ListApps {
  Answer<std::vector<AppSummaryView>> done;
};
struct InstancePage {
  std::vector<InstanceView> instances;
  std::string next_page_token;
};
struct ListInstances {
  std::string app, host;
  bool all = false;
  std::string page_token;
  Answer<InstancePage> done;
};
struct GetStatus {
  AppName app;
  Answer<AppStatusView> done;
};
struct GetHistory {
  AppName app;
  Answer<std::vector<RevisionView>> done;
};
struct InspectApp {
  AppName app;
  int64_t revision = 0;
  Answer<RevisionView> done;
};
struct InstanceDetails {
  InstanceView view;
  std::string spec_bytes;
  std::vector<EventRow> events;
};
struct InspectInstance {
  InstanceId instance;
  Answer<InstanceDetails> done;
};
struct Explain {
  AppName app;
  std::string host;
  Answer<std::vector<ExplainLine>> done;
};
struct ListEvents {
  std::string app, host;
  int64_t after_id = 0;
  int32_t limit = 100;
  Answer<std::vector<EventRow>> done;
};
struct GetRecovery {
  Answer<RecoveryView> done;
};
struct RunDoctor {
  std::string host;
  Answer<std::vector<Finding>> done;
};

// An image as the registry answered when it was asked: outside the core (hop 1), before the request
// is submitted.
struct ResolvedImage {
  std::string digest_ref;  // "repository@sha256:…"
  ImageFacts facts;
};
using ResolvedImages = std::map<std::string, ResolvedImage>;  // by the image as the spec writes it

struct PlanApp {
  AppSpec spec;
  ResolvedImages images;
  Answer<PlanView> done;
};

// ---- changing ----
struct Caller {
  RequestId request;
  std::string by;  // "root (uid 0)" over ctl.sock
  std::string body_digest;
};
// A ticket is taken before images are resolved (R24): a change whose ticket is older than the app's
// is refused with kAborted, "superseded by a newer change".
// `app` and `services`, where given, must be there: a name that nobody knows is told before any
// registry is asked.
struct TakeTicket {
  AppName app;
  std::vector<ServiceName> services;
  Answer<int64_t> done;
};
struct ApplyApp {
  Caller caller;
  int64_t ticket = 0;
  AppSpec spec;
  ResolvedImages images;
  std::string cause;
  Answer<ChangeResult> done;
};
struct DeployImages {
  Caller caller;
  int64_t ticket = 0;
  AppName app;
  std::map<ServiceName, std::string> images;
  std::string host;
  ResolvedImages resolved;
  Answer<ChangeResult> done;
};
struct ScaleService {
  Caller caller;
  AppName app;
  ServiceName service;
  int32_t replicas = 0;
  Answer<ChangeResult> done;
};
struct RestartServices {
  Caller caller;
  AppName app;
  ServiceName service;
  Answer<ChangeResult> done;
};
struct SetStopped {
  Caller caller;
  AppName app;
  ServiceName service;
  bool stopped = true;
  Answer<ChangeResult> done;
};
struct RollbackApp {
  Caller caller;
  AppName app;
  int64_t to = 0;
  Answer<ChangeResult> done;
};
struct RemoveApp {
  Caller caller;
  AppName app;
  bool volumes = false;
  Answer<ChangeResult> done;
};
struct MoveSlot {
  Caller caller;
  SlotKey slot;
  std::string to_host;
  Answer<ChangeResult> done;
};
struct LabelHost {
  Caller caller;
  std::string host;
  std::map<std::string, std::string> set;
  std::vector<std::string> remove;
  Answer<HostView> done;
};
struct RemoveHost {
  Caller caller;
  std::string host;
  bool keep = false, force = false;
  Answer<std::monostate> done;
};
struct ConfirmHost {
  Caller caller;
  std::string host;
  std::string app;
  Answer<std::vector<std::string>> done;
};
struct AdoptHost {
  Caller caller;
  std::string host;
  std::string old_host_id;
  Answer<HostId> done;
};
struct AcceptRecovery {
  Caller caller;
  std::string app;
  Answer<std::vector<std::string>> done;
};
struct CollectGarbage {
  Caller caller;
  std::string host;
  bool dry_run = false;
  Answer<std::vector<GcHostResult>> done;
};

// ---- watching ----
// The core calls `changed` after each commit that changed the app's status, and `event` for each
// new event that the filters let through; both must not block. Latest status wins; a watcher that
// is 1,024 events behind is ended.
struct Watcher {
  std::string app;  // "" = no status
  bool events = false;
  std::string event_app, event_host;
  int64_t after_event = -1;
  std::function<void(AppStatusView)> changed;
  std::function<void(EventRow)> event;
};
struct StartWatch {
  uint64_t id = 0;
  Watcher watcher;
  Answer<std::monostate> done;
};
struct StopWatch {
  uint64_t id = 0;
};
// Hands out the database in slices of at most 1 MiB, a few pages a turn, so that deploys go on
// (R28). `chunk` returns false when the caller has left. Bounded: it waits while `room` is false.
struct StartBackup {
  std::function<bool(std::string)> chunk;
  std::function<bool()> room;  // unset = always
  Answer<std::monostate> done;
};

using Request =
    std::variant<GetVersion, ListHosts, ListApps, ListInstances, GetStatus, GetHistory, InspectApp,
                 InspectInstance, Explain, ListEvents, GetRecovery, RunDoctor, PlanApp, TakeTicket,
                 ApplyApp, DeployImages, ScaleService, RestartServices, SetStopped, RollbackApp,
                 RemoveApp, MoveSlot, LabelHost, RemoveHost, ConfirmHost, AdoptHost, AcceptRecovery,
                 CollectGarbage, StartWatch, StopWatch, StartBackup>;

}  // namespace quayside::controller
