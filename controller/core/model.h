// Model is all that the controller knows and stores, in memory: the rows of the database as plain
// values. It is owned by the core thread, read by deciders, and changed only through Table::Put and
// Table::Delete, which remember what is to be written. A turn changes the model, the store writes
// what changed in one transaction, and only then is anything answered or sent (R29). When the
// commit fails the model is loaded again from the database, so that what was not written was not
// decided either.
//
// Presence (leases, sessions) is not here: it is never stored (presence.h).
// Scale: 10,000 hosts, 100,000 instances.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/model/assignment.h"
#include "common/model/instance.h"
#include "common/model/spec.h"

namespace quayside::controller {

// One table: rows by key, in key order, and the keys that changed since the last commit.
template <typename Key, typename Row>
class Table {
 public:
  // nullptr when there is none. Valid until the row is deleted or the table cleared.
  const Row* Find(const Key& key) const {
    const auto it = rows_.find(key);
    return it == rows_.end() ? nullptr : &it->second;
  }
  const std::map<Key, Row>& rows() const { return rows_; }

  // Inserts or replaces. Writing what is already there is no change.
  void Put(const Key& key, Row row) {
    const auto [it, inserted] = rows_.try_emplace(key, row);
    if (!inserted) {
      if (it->second == row) return;
      it->second = std::move(row);
    }
    dirty_.insert(key);
  }
  void Delete(const Key& key) {
    if (rows_.erase(key) > 0) dirty_.insert(key);
  }

  // Keys changed since ClearDirty, whether their rows are still here (write them) or not (delete
  // them).
  const std::set<Key>& dirty() const { return dirty_; }
  void ClearDirty() { dirty_.clear(); }
  // Used when loading: a row that needs no writing.
  void Load(const Key& key, Row row) { rows_.insert_or_assign(key, std::move(row)); }

 private:
  std::map<Key, Row> rows_;
  std::set<Key> dirty_;
};

struct FleetRow {  // one row: key 0
  FleetId fleet;
  StoreEpoch epoch;
  int64_t next_event = 1;
  int64_t next_ticket = 1;  // order of acceptance (R24)
  // R3: not empty while changes to older revisions and removals wait for a person.
  std::string recovery_reason;
  absl::Time recovery_since;
  bool operator==(const FleetRow&) const = default;
};

struct HostRow {
  HostId id;
  std::string name;
  std::string secret_digest;  // sha256 of the agent's secret: a name cannot be taken over
  std::string machine_id;
  std::map<std::string, std::string> labels;
  std::set<std::string> labels_set_by_ctl;  // these win over --label of the agent
  int64_t generation = 0;  // grows in the transaction that changes this host's rows (R2)
  int64_t acked_generation = 0;
  int64_t applied_generation = 0;  // of its latest settled Report
  std::string agent_version;
  EngineFacts engine;
  std::vector<std::string> strays;
  std::vector<AppName> unnamed_apps;
  std::vector<Rejection> rejections;
  absl::Time joined_at;
  absl::Time last_report_at;
  bool operator==(const HostRow&) const = default;
};

struct AppRow {
  AppName name;
  int64_t newest_revision = 0;
  int64_t succeeded_revision = 0;  // the last that succeeded (R21); 0 = none
  bool removing = false;           // `ctl rm`: gone when every host has confirmed
  bool remove_volumes = false;
  std::string removed_by;  // who asked for it
  int64_t ticket = 0;      // of the newest accepted change
  bool held = false;       // recovery (R3)
  bool operator==(const AppRow&) const = default;
};

struct RevisionKey {
  AppName app;
  int64_t number = 0;
  friend auto operator<=>(const RevisionKey&, const RevisionKey&) = default;
};

struct RevisionRow {
  RevisionKey key;
  AppSpec spec;                               // images resolved
  std::map<ServiceName, SpecDigest> digests;  // of each service's stored ContainerSpec bytes
  // Services with host_images: digest by host name.
  std::map<std::pair<ServiceName, std::string>, SpecDigest> host_digests;
  std::string cause, by;
  absl::Time created_at;
  bool operator==(const RevisionRow&) const = default;
};

// What its registry told of an image; it cannot change, because its key is the digest.
struct ImageFacts {
  std::vector<std::string> platforms;  // "linux/amd64" …; empty = not told
  std::vector<std::string> volumes;    // the paths of its VOLUMEs
  bool operator==(const ImageFacts&) const = default;
};

struct SpecRow {
  std::string bytes;  // wire::EncodeSpec, once (R25)
  bool operator==(const SpecRow&) const = default;
};

struct InstanceRow {
  Instance desired;
  // What this instance took the place of in its slot on its host; empty = nothing. Going back means
  // wanting that again.
  InstanceId predecessor;
  absl::Time created_at;
  bool operator==(const InstanceRow&) const = default;
};

// Kept for going back (R12): not desired any more, but its container stays on its host.
struct KeptRow {
  InstanceRow instance;
  bool operator==(const KeptRow&) const = default;
};

struct RemovalRow {
  HostId host;
  Removal removal;
  absl::Time since;
  bool operator==(const RemovalRow&) const = default;
};
// Whole app: service empty, slot 0.
using RemovalKey = std::pair<HostId, SlotKey>;

// A slot with local state is bound to its host (R26).
struct BindingRow {
  HostId host;
  std::string why;
  bool operator==(const BindingRow&) const = default;
};

enum class RolloutState {
  kPending,
  kPrepull,  // reserved for the staged engine, which pulls on all hosts ahead; never entered now
  kRunning,
  kMonitoring,
  kPaused,
  kRollingBack,
  kSucceeded,
  kPartial,
  kRolledBack,
  kFailed,
  kAborted,
  kSuperseded,
};
std::string_view ToString(RolloutState state);
bool Ended(RolloutState state);

enum class TargetAction { kCreate, kReplace, kRemove, kNone };
enum class TargetState { kWaiting, kWorking, kProven, kFailed, kDeferred, kGoingBack, kBack };
std::string_view ToString(TargetAction action);
std::string_view ToString(TargetState state);

// One slot on one host that a rollout changes.
struct RolloutTarget {
  SlotKey slot;
  HostId host;
  TargetAction action = TargetAction::kNone;
  TargetState state = TargetState::kWaiting;
  InstanceId instance;     // the new one; empty until it is put, and for kRemove
  InstanceId predecessor;  // the one that ran before; empty for kCreate
  absl::Time since;        // when it entered its state
  std::string reason;
  bool operator==(const RolloutTarget&) const = default;
};

struct RolloutRow {
  RolloutId id;
  AppName app;
  int64_t ticket = 0;
  int64_t from = 0;  // revision that ran before; 0 = none
  int64_t to = 0;
  RolloutState state = RolloutState::kPending;
  std::string reason;
  absl::Time started_at, ended_at;
  absl::Time deadline;      // R19: every non-terminal state but kPaused has one
  absl::Time next_step_at;  // delay between batches, end of monitoring; infinite past = at once
  std::vector<RolloutTarget> targets;  // in the order in which they are done
  bool operator==(const RolloutRow&) const = default;
};

struct EventRow {
  int64_t id = 0;
  absl::Time at;
  std::string kind;
  AppName app;
  std::string host;  // name
  InstanceId instance;
  int64_t revision = 0;
  std::string message;
  bool operator==(const EventRow&) const = default;
};

// The stored answer of a mutating call, so that a retry is one act (R24). Kept for 24 h.
struct RequestRow {
  absl::Time at;
  std::string method;
  std::string body_digest;  // the same id with another body is refused
  std::string result;       // opaque to the store
  bool operator==(const RequestRow&) const = default;
};

struct Model {
  Table<int, FleetRow> fleet;
  Table<HostId, HostRow> hosts;
  Table<AppName, AppRow> apps;
  Table<RevisionKey, RevisionRow> revisions;
  Table<SpecDigest, SpecRow> specs;
  // By digest reference ("nginx@sha256:…"); forgotten with the last revision that uses the image.
  Table<std::string, ImageFacts> images;
  Table<InstanceId, InstanceRow> instances;
  Table<InstanceId, KeptRow> kept;
  Table<RemovalKey, RemovalRow> removals;
  Table<SlotKey, BindingRow> bindings;
  Table<RolloutId, RolloutRow> rollouts;
  // Observed: the latest status of every instance that a host reported, by host. One writer: the
  // host's Reports.
  Table<std::pair<HostId, InstanceId>, InstanceStatus> observed;
  Table<RequestId, RequestRow> requests;
  std::vector<EventRow> new_events;  // to be inserted by the next commit
};

}  // namespace quayside::controller
