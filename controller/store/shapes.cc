#include "controller/store/shapes.h"

#include <cstdint>

#include "common/base/status.h"
#include "common/wire/wire.h"
#include "controller/store/columns.h"
#include "controller/store/words.h"

namespace quayside::controller {
namespace {

using Use = Statement::Use;

void BindSlot(Use& use, const SlotKey& slot) {
  use.Text(slot.app.value).Text(slot.service.value).Int(slot.slot);
}

SlotKey ReadSlot(Use& use) {
  SlotKey slot;
  slot.app.value = use.ReadText();
  slot.service.value = use.ReadText();
  slot.slot = static_cast<int32_t>(use.ReadInt());
  return slot;
}

const std::vector<std::string>& InstanceColumns() {
  static const std::vector<std::string> columns = {"id",
                                                   "app",
                                                   "service",
                                                   "slot",
                                                   "host",
                                                   "revision",
                                                   "spec",
                                                   "intent",
                                                   "start_first_forced",
                                                   "stop_first_forced",
                                                   "min_healthy_ns",
                                                   "healthy_deadline_ns",
                                                   "predecessor",
                                                   "created_at_ns"};
  return columns;
}

void BindInstance(Use& use, const InstanceRow& row) {
  const Instance& desired = row.desired;
  use.Text(desired.id.value);
  BindSlot(use, desired.slot);
  use.Text(desired.host.value).Int(desired.revision).Text(desired.spec.value);
  use.Text(StoredWord(desired.intent));
  use.Bool(desired.start_first_forced).Bool(desired.stop_first_forced);
  use.Duration(desired.min_healthy).Duration(desired.healthy_deadline);
  use.Text(row.predecessor.value).Time(row.created_at);
}

absl::Status ReadInstance(Use& use, InstanceRow* row) {
  Instance& desired = row->desired;
  desired.id.value = use.ReadText();
  desired.slot = ReadSlot(use);
  desired.host.value = use.ReadText();
  desired.revision = use.ReadInt();
  desired.spec.value = use.ReadText();
  QS_RETURN_IF_ERROR(ParseWord(use.ReadView(), &desired.intent));
  desired.start_first_forced = use.ReadBool();
  desired.stop_first_forced = use.ReadBool();
  desired.min_healthy = use.ReadDuration();
  desired.healthy_deadline = use.ReadDuration();
  row->predecessor.value = use.ReadText();
  row->created_at = use.ReadTime();
  return absl::OkStatus();
}

}  // namespace

// ---- fleet ----
std::vector<std::string> FleetShape::Columns() {
  return {
      "id", "fleet", "epoch", "next_event", "next_ticket", "recovery_reason", "recovery_since_ns"};
}
void FleetShape::BindKey(Use& use, const Key& key) { use.Int(key); }
void FleetShape::BindRow(Use& use, const Key& key, const Row& row) {
  use.Int(key).Text(row.fleet.value).Text(row.epoch.value);
  use.Int(row.next_event).Int(row.next_ticket);
  use.Text(row.recovery_reason).Time(row.recovery_since);
}
absl::Status FleetShape::ReadRow(Use& use, Key* key, Row* row) {
  *key = static_cast<int>(use.ReadInt());
  row->fleet.value = use.ReadText();
  row->epoch.value = use.ReadText();
  row->next_event = use.ReadInt();
  row->next_ticket = use.ReadInt();
  row->recovery_reason = use.ReadText();
  row->recovery_since = use.ReadTime();
  return absl::OkStatus();
}

// ---- host ----
std::vector<std::string> HostShape::Columns() {
  return {"id",
          "name",
          "secret_digest",
          "machine_id",
          "labels",
          "labels_set_by_ctl",
          "generation",
          "acked_generation",
          "applied_generation",
          "agent_version",
          "engine_reachable",
          "engine_unreachable_reason",
          "engine_version",
          "engine_api_version",
          "os",
          "arch",
          "cpus",
          "memory_bytes",
          "data_root",
          "disk_total_bytes",
          "disk_free_bytes",
          "engine_warnings",
          "strays",
          "unnamed_apps",
          "rejections",
          "joined_at_ns",
          "last_report_at_ns"};
}
void HostShape::BindKey(Use& use, const Key& key) { use.Text(key.value); }
void HostShape::BindRow(Use& use, const Key& key, const Row& row) {
  use.Text(key.value).Text(row.name).Text(row.secret_digest).Text(row.machine_id);
  use.Text(ToColumn(row.labels)).Text(ToColumn(row.labels_set_by_ctl));
  use.Int(row.generation).Int(row.acked_generation).Int(row.applied_generation);
  use.Text(row.agent_version);
  const EngineFacts& engine = row.engine;
  use.Bool(engine.reachable).Text(engine.unreachable_reason).Text(engine.version);
  use.Text(engine.api_version).Text(engine.os).Text(engine.arch);
  use.Int(engine.cpus).Int(engine.memory_bytes).Text(engine.data_root);
  use.Int(engine.disk_total_bytes).Int(engine.disk_free_bytes).Text(ToColumn(engine.warnings));
  use.Text(ToColumn(row.strays)).Text(ToColumn(row.unnamed_apps)).Text(ToColumn(row.rejections));
  use.Time(row.joined_at).Time(row.last_report_at);
}
absl::Status HostShape::ReadRow(Use& use, Key* key, Row* row) {
  row->id.value = use.ReadText();
  *key = row->id;
  row->name = use.ReadText();
  row->secret_digest = use.ReadText();
  row->machine_id = use.ReadText();
  QS_RETURN_IF_ERROR(FromColumn(use.ReadView(), &row->labels));
  QS_RETURN_IF_ERROR(FromColumn(use.ReadView(), &row->labels_set_by_ctl));
  row->generation = use.ReadInt();
  row->acked_generation = use.ReadInt();
  row->applied_generation = use.ReadInt();
  row->agent_version = use.ReadText();
  EngineFacts& engine = row->engine;
  engine.reachable = use.ReadBool();
  engine.unreachable_reason = use.ReadText();
  engine.version = use.ReadText();
  engine.api_version = use.ReadText();
  engine.os = use.ReadText();
  engine.arch = use.ReadText();
  engine.cpus = use.ReadInt();
  engine.memory_bytes = use.ReadInt();
  engine.data_root = use.ReadText();
  engine.disk_total_bytes = use.ReadInt();
  engine.disk_free_bytes = use.ReadInt();
  QS_RETURN_IF_ERROR(FromColumn(use.ReadView(), &engine.warnings));
  QS_RETURN_IF_ERROR(FromColumn(use.ReadView(), &row->strays));
  QS_RETURN_IF_ERROR(FromColumn(use.ReadView(), &row->unnamed_apps));
  QS_RETURN_IF_ERROR(FromColumn(use.ReadView(), &row->rejections));
  row->joined_at = use.ReadTime();
  row->last_report_at = use.ReadTime();
  return absl::OkStatus();
}

// ---- app ----
std::vector<std::string> AppShape::Columns() {
  return {"name", "newest_revision", "succeeded_revision", "removing", "remove_volumes", "ticket",
          "held", "removed_by"};
}
void AppShape::BindKey(Use& use, const Key& key) { use.Text(key.value); }
void AppShape::BindRow(Use& use, const Key& key, const Row& row) {
  use.Text(key.value).Int(row.newest_revision).Int(row.succeeded_revision);
  use.Bool(row.removing).Bool(row.remove_volumes).Int(row.ticket).Bool(row.held);
  use.Text(row.removed_by);
}
absl::Status AppShape::ReadRow(Use& use, Key* key, Row* row) {
  row->name.value = use.ReadText();
  *key = row->name;
  row->newest_revision = use.ReadInt();
  row->succeeded_revision = use.ReadInt();
  row->removing = use.ReadBool();
  row->remove_volumes = use.ReadBool();
  row->ticket = use.ReadInt();
  row->held = use.ReadBool();
  row->removed_by = use.ReadText();
  return absl::OkStatus();
}

// ---- revision ----
std::vector<std::string> RevisionShape::Columns() {
  return {"app", "number", "cause", "made_by", "created_at_ns", "app_spec"};
}
void RevisionShape::BindKey(Use& use, const Key& key) { use.Text(key.app.value).Int(key.number); }
void RevisionShape::BindRow(Use& use, const Key& key, const Row& row) {
  use.Text(key.app.value).Int(key.number).Text(row.cause).Text(row.by).Time(row.created_at);
  use.Blob(wire::EncodeApp(row.spec));
}
absl::Status RevisionShape::ReadRow(Use& use, Key* key, Row* row) {
  row->key.app.value = use.ReadText();
  row->key.number = use.ReadInt();
  *key = row->key;
  row->cause = use.ReadText();
  row->by = use.ReadText();
  row->created_at = use.ReadTime();
  auto spec = wire::DecodeApp(use.ReadBlob());
  if (!spec.ok()) {
    return DataLoss("revision " + std::to_string(row->key.number) + " of app " +
                    row->key.app.value + " cannot be decoded: " + Message(spec.status()));
  }
  row->spec = *std::move(spec);
  return absl::OkStatus();
}

// ---- spec ----
std::vector<std::string> SpecShape::Columns() { return {"digest", "bytes"}; }
void SpecShape::BindKey(Use& use, const Key& key) { use.Text(key.value); }
void SpecShape::BindRow(Use& use, const Key& key, const Row& row) {
  use.Text(key.value).Blob(row.bytes);
}
absl::Status SpecShape::ReadRow(Use& use, Key* key, Row* row) {
  key->value = use.ReadText();
  row->bytes = use.ReadBlob();
  return absl::OkStatus();
}

// ---- image ----
std::vector<std::string> ImageShape::Columns() { return {"digest_ref", "platforms", "volumes"}; }
void ImageShape::BindKey(Use& use, const Key& key) { use.Text(key); }
void ImageShape::BindRow(Use& use, const Key& key, const Row& row) {
  use.Text(key).Text(ToColumn(row.platforms)).Text(ToColumn(row.volumes));
}
absl::Status ImageShape::ReadRow(Use& use, Key* key, Row* row) {
  *key = use.ReadText();
  QS_RETURN_IF_ERROR(FromColumn(use.ReadView(), &row->platforms));
  return FromColumn(use.ReadView(), &row->volumes);
}

// ---- instance, kept ----
std::vector<std::string> InstanceShape::Columns() { return InstanceColumns(); }
void InstanceShape::BindKey(Use& use, const Key& key) { use.Text(key.value); }
void InstanceShape::BindRow(Use& use, const Key&, const Row& row) { BindInstance(use, row); }
absl::Status InstanceShape::ReadRow(Use& use, Key* key, Row* row) {
  QS_RETURN_IF_ERROR(ReadInstance(use, row));
  *key = row->desired.id;
  return absl::OkStatus();
}

std::vector<std::string> KeptShape::Columns() { return InstanceColumns(); }
void KeptShape::BindKey(Use& use, const Key& key) { use.Text(key.value); }
void KeptShape::BindRow(Use& use, const Key&, const Row& row) { BindInstance(use, row.instance); }
absl::Status KeptShape::ReadRow(Use& use, Key* key, Row* row) {
  QS_RETURN_IF_ERROR(ReadInstance(use, &row->instance));
  *key = row->instance.desired.id;
  return absl::OkStatus();
}

// ---- removal ----
std::vector<std::string> RemovalShape::Columns() {
  return {"host", "app", "service", "slot", "volumes", "why", "since_ns"};
}
void RemovalShape::BindKey(Use& use, const Key& key) {
  use.Text(key.first.value);
  BindSlot(use, key.second);
}
void RemovalShape::BindRow(Use& use, const Key& key, const Row& row) {
  BindKey(use, key);
  use.Bool(row.removal.volumes).Text(row.removal.why).Time(row.since);
}
absl::Status RemovalShape::ReadRow(Use& use, Key* key, Row* row) {
  row->host.value = use.ReadText();
  key->first = row->host;
  key->second = ReadSlot(use);
  row->removal.app = key->second.app;
  row->removal.service = key->second.service;
  row->removal.slot = key->second.slot;
  row->removal.volumes = use.ReadBool();
  row->removal.why = use.ReadText();
  row->since = use.ReadTime();
  return absl::OkStatus();
}

// ---- binding ----
std::vector<std::string> BindingShape::Columns() {
  return {"app", "service", "slot", "host", "why"};
}
void BindingShape::BindKey(Use& use, const Key& key) { BindSlot(use, key); }
void BindingShape::BindRow(Use& use, const Key& key, const Row& row) {
  BindKey(use, key);
  use.Text(row.host.value).Text(row.why);
}
absl::Status BindingShape::ReadRow(Use& use, Key* key, Row* row) {
  *key = ReadSlot(use);
  row->host.value = use.ReadText();
  row->why = use.ReadText();
  return absl::OkStatus();
}

// ---- rollout ----
std::vector<std::string> RolloutShape::Columns() {
  return {"id",     "app",           "ticket",      "from_revision", "to_revision",    "state",
          "reason", "started_at_ns", "ended_at_ns", "deadline_ns",   "next_step_at_ns"};
}
void RolloutShape::BindKey(Use& use, const Key& key) { use.Text(key.value); }
void RolloutShape::BindRow(Use& use, const Key& key, const Row& row) {
  use.Text(key.value).Text(row.app.value).Int(row.ticket).Int(row.from).Int(row.to);
  use.Text(StoredWord(row.state)).Text(row.reason);
  use.Time(row.started_at).Time(row.ended_at).Time(row.deadline).Time(row.next_step_at);
}
absl::Status RolloutShape::ReadRow(Use& use, Key* key, Row* row) {
  row->id.value = use.ReadText();
  *key = row->id;
  row->app.value = use.ReadText();
  row->ticket = use.ReadInt();
  row->from = use.ReadInt();
  row->to = use.ReadInt();
  QS_RETURN_IF_ERROR(ParseWord(use.ReadView(), &row->state));
  row->reason = use.ReadText();
  row->started_at = use.ReadTime();
  row->ended_at = use.ReadTime();
  row->deadline = use.ReadTime();
  row->next_step_at = use.ReadTime();
  return absl::OkStatus();
}

std::vector<std::string> RolloutTargetShape::Columns() {
  return {"rollout", "position", "app",      "service",     "slot",     "host",
          "action",  "state",    "instance", "predecessor", "since_ns", "reason"};
}
void RolloutTargetShape::BindKey(Use& use, const Key& key) {
  use.Text(key.first.value).Int(key.second);
}
void RolloutTargetShape::BindRow(Use& use, const Key& key, const Row& row) {
  BindKey(use, key);
  BindSlot(use, row.slot);
  use.Text(row.host.value).Text(StoredWord(row.action)).Text(StoredWord(row.state));
  use.Text(row.instance.value).Text(row.predecessor.value).Time(row.since).Text(row.reason);
}
absl::Status RolloutTargetShape::ReadRow(Use& use, Key* key, Row* row) {
  key->first.value = use.ReadText();
  key->second = use.ReadInt();
  row->slot = ReadSlot(use);
  row->host.value = use.ReadText();
  QS_RETURN_IF_ERROR(ParseWord(use.ReadView(), &row->action));
  QS_RETURN_IF_ERROR(ParseWord(use.ReadView(), &row->state));
  row->instance.value = use.ReadText();
  row->predecessor.value = use.ReadText();
  row->since = use.ReadTime();
  row->reason = use.ReadText();
  return absl::OkStatus();
}

// ---- observed ----
std::vector<std::string> ObservedShape::Columns() {
  return {"host",       "instance", "app",      "service",     "slot",     "revision",
          "spec",       "state",    "proven",   "uptime_only", "retired",  "failure",
          "verdict",    "reason",   "image",    "container",   "restarts", "exit_code",
          "oom_killed", "ports",    "since_ns", "log_tail"};
}
void ObservedShape::BindKey(Use& use, const Key& key) {
  use.Text(key.first.value).Text(key.second.value);
}
void ObservedShape::BindRow(Use& use, const Key& key, const Row& row) {
  BindKey(use, key);
  BindSlot(use, row.slot);
  use.Int(row.revision).Text(row.spec.value).Text(StoredWord(row.state));
  use.Bool(row.proven).Bool(row.uptime_only).Bool(row.retired).Text(StoredWord(row.failure));
  use.Bool(row.verdict).Text(row.reason).Text(row.image).Text(row.container);
  use.Int(row.restarts).Int(row.exit_code).Bool(row.oom_killed).Text(ToColumn(row.ports));
  use.Time(row.since).Text(row.log_tail);
}
absl::Status ObservedShape::ReadRow(Use& use, Key* key, Row* row) {
  key->first.value = use.ReadText();
  row->id.value = use.ReadText();
  key->second = row->id;
  row->slot = ReadSlot(use);
  row->revision = use.ReadInt();
  row->spec.value = use.ReadText();
  QS_RETURN_IF_ERROR(ParseWord(use.ReadView(), &row->state));
  row->proven = use.ReadBool();
  row->uptime_only = use.ReadBool();
  row->retired = use.ReadBool();
  QS_RETURN_IF_ERROR(ParseWord(use.ReadView(), &row->failure));
  row->verdict = use.ReadBool();
  row->reason = use.ReadText();
  row->image = use.ReadText();
  row->container = use.ReadText();
  row->restarts = static_cast<int32_t>(use.ReadInt());
  row->exit_code = static_cast<int32_t>(use.ReadInt());
  row->oom_killed = use.ReadBool();
  QS_RETURN_IF_ERROR(FromColumn(use.ReadView(), &row->ports));
  row->since = use.ReadTime();
  row->log_tail = use.ReadText();
  return absl::OkStatus();
}

// ---- request ----
std::vector<std::string> RequestShape::Columns() {
  return {"id", "at_ns", "method", "body_digest", "result"};
}
void RequestShape::BindKey(Use& use, const Key& key) { use.Text(key.value); }
void RequestShape::BindRow(Use& use, const Key& key, const Row& row) {
  use.Text(key.value).Time(row.at).Text(row.method).Text(row.body_digest).Blob(row.result);
}
absl::Status RequestShape::ReadRow(Use& use, Key* key, Row* row) {
  key->value = use.ReadText();
  row->at = use.ReadTime();
  row->method = use.ReadText();
  row->body_digest = use.ReadText();
  row->result = use.ReadBlob();
  return absl::OkStatus();
}

// ---- event ----
std::vector<std::string> EventShape::Columns() {
  return {"id", "at_ns", "kind", "app", "host", "instance", "revision", "message"};
}
void EventShape::BindKey(Use& use, const Key& key) { use.Int(key); }
void EventShape::BindRow(Use& use, const Key& key, const Row& row) {
  use.Int(key).Time(row.at).Text(row.kind).Text(row.app.value).Text(row.host);
  use.Text(row.instance.value).Int(row.revision).Text(row.message);
}
absl::Status EventShape::ReadRow(Use& use, Key* key, Row* row) {
  row->id = use.ReadInt();
  *key = row->id;
  row->at = use.ReadTime();
  row->kind = use.ReadText();
  row->app.value = use.ReadText();
  row->host = use.ReadText();
  row->instance.value = use.ReadText();
  row->revision = use.ReadInt();
  row->message = use.ReadText();
  return absl::OkStatus();
}

}  // namespace quayside::controller
