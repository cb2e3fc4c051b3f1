#include "common/wire/session_codec.h"

#include "common/wire/status_codec.h"

namespace quayside::wire {
// The private ones are static and not in a nameless namespace, where they would hide the public
// overloads.

static void ToProto(const Instance& instance, pb::Instance* out) {
  out->set_id(instance.id.value);
  out->set_app(instance.slot.app.value);
  out->set_service(instance.slot.service.value);
  out->set_slot(instance.slot.slot);
  out->set_revision(instance.revision);
  out->set_spec_digest(instance.spec.value);
  out->set_stopped(instance.intent == Intent::kStop);
  out->set_start_first_forced(instance.start_first_forced);
  out->set_stop_first_forced(instance.stop_first_forced);
  PutDuration(instance.min_healthy, out, &pb::Instance::mutable_min_healthy);
  PutDuration(instance.healthy_deadline, out, &pb::Instance::mutable_healthy_deadline);
}

// An instance's host is the Assignment's.
static absl::StatusOr<Instance> FromProto(const pb::Instance& in) {
  Instance instance{
      .id = InstanceId(in.id()),
      .slot = {AppName(in.app()), ServiceName(in.service()), in.slot()},
      .revision = in.revision(),
      .spec = SpecDigest(in.spec_digest()),
      .intent = in.stopped() ? Intent::kStop : Intent::kRun,
      .start_first_forced = in.start_first_forced(),
      .stop_first_forced = in.stop_first_forced(),
  };
  if (!IsOwnId(in.id())) return InvalidArgument("an instance has no acceptable id");
  QS_RETURN_IF_ERROR(TakeDuration(in.min_healthy(), "instance.min_healthy", &instance.min_healthy));
  QS_RETURN_IF_ERROR(
      TakeDuration(in.healthy_deadline(), "instance.healthy_deadline", &instance.healthy_deadline));
  return instance;
}

static void ToProto(const Removal& removal, pb::Removal* out) {
  out->set_app(removal.app.value);
  out->set_service(removal.service.value);
  out->set_slot(removal.slot);
  out->set_volumes(removal.volumes);
  out->set_why(CleanText(removal.why, kMaxReasonBytes));
}

static absl::StatusOr<Removal> FromProto(const pb::Removal& in) {
  return Removal{.app = AppName(in.app()),
                 .service = ServiceName(in.service()),
                 .slot = in.slot(),
                 .volumes = in.volumes(),
                 .why = in.why()};
}

static void ToProto(const SlotKey& slot, pb::SlotName* out) {
  out->set_app(slot.app.value);
  out->set_service(slot.service.value);
  out->set_slot(slot.slot);
}

static absl::StatusOr<SlotKey> FromProto(const pb::SlotName& in) {
  return SlotKey{AppName(in.app()), ServiceName(in.service()), in.slot()};
}

static void ToProto(const HostEvent& event, pb::HostEvent* out) {
  out->set_sequence(event.sequence);
  PutTime(event.at, out, &pb::HostEvent::mutable_at);
  out->set_kind(event.kind);
  ToProto(event.slot, out->mutable_slot());
  out->set_instance(event.instance.value);
  out->set_revision(event.revision);
  out->set_message(CleanText(event.message, kMaxReasonBytes));
}

static absl::StatusOr<HostEvent> FromProto(const pb::HostEvent& in) {
  HostEvent event{.sequence = in.sequence(),
                  .kind = in.kind(),
                  .instance = InstanceId(in.instance()),
                  .revision = in.revision(),
                  .message = in.message()};
  QS_RETURN_IF_ERROR(TakeTime(in.at(), "event.at", &event.at));
  QS_ASSIGN_OR_RETURN(event.slot, FromProto(in.slot()));
  return event;
}

void ToProto(const Assignment& assignment, pb::Assignment* out) {
  out->set_fleet_id(assignment.fleet.value);
  out->set_host_id(assignment.host.value);
  out->mutable_epoch()->set_value(assignment.epoch.value);
  out->set_generation(assignment.generation);
  PutAll(assignment.instances, out->mutable_instances(), ToProto);
  PutAll(assignment.removals, out->mutable_removals(), ToProto);
  PutIds(assignment.keep, out->mutable_keep());
  PutIds(assignment.held_apps, out->mutable_held_apps());
  for (const auto& [digest, spec] : assignment.specs) out->add_spec_digests(digest.value);
}

absl::StatusOr<Assignment> FromProto(const pb::Assignment& in) {
  QS_RETURN_IF_ERROR(CheckLength(in.keep_size(), "assignment.keep"));
  QS_RETURN_IF_ERROR(CheckLength(in.held_apps_size(), "assignment.held_apps"));
  QS_RETURN_IF_ERROR(CheckLength(in.spec_digests_size(), "assignment.spec_digests"));
  Assignment assignment{.fleet = FleetId(in.fleet_id()),
                        .host = HostId(in.host_id()),
                        .epoch = StoreEpoch(in.epoch().value()),
                        .generation = in.generation(),
                        .keep = TakeIds<InstanceId>(in.keep()),
                        .held_apps = TakeIds<AppName>(in.held_apps())};
  QS_RETURN_IF_ERROR(
      TakeAll(in.instances(), "assignment.instances", &assignment.instances, FromProto));
  QS_RETURN_IF_ERROR(
      TakeAll(in.removals(), "assignment.removals", &assignment.removals, FromProto));
  for (Instance& instance : assignment.instances) instance.host = assignment.host;
  return assignment;
}

void ToProto(const Report& report, pb::Report* out) {
  out->mutable_epoch()->set_value(report.epoch.value);
  out->set_generation(report.generation);
  out->set_sequence(report.sequence);
  out->set_settled(report.settled);
  size_t log_bytes = 0;
  for (const InstanceStatus& status : report.instances) {
    pb::InstanceStatus* item = out->add_instances();
    ToProto(status, item);
    log_bytes += item->log_tail().size();
    if (log_bytes > kMaxReportLogBytes) item->clear_log_tail();
  }
  for (const std::string& stray : report.strays) {
    out->add_strays(CleanText(stray, kMaxReasonBytes));
  }
  PutIds(report.unnamed_apps, out->mutable_unnamed_apps());
  PutIds(report.removed_apps, out->mutable_removed_apps());
  PutAll(report.removed_slots, out->mutable_removed_slots(), ToProto);
  PutAll(report.vacated_slots, out->mutable_vacated_slots(), ToProto);
  ToProto(report.engine, out->mutable_engine());
  // The newest ones stay.
  const size_t count = report.events.size();
  const size_t dropped = count > kMaxReportEvents ? count - kMaxReportEvents : 0;
  for (size_t i = dropped; i < count; ++i) ToProto(report.events[i], out->add_events());
  out->set_dropped_events(report.dropped_events + dropped);
}

absl::StatusOr<Report> FromProto(const pb::Report& in) {
  Report report{.epoch = StoreEpoch(in.epoch().value()),
                .generation = in.generation(),
                .sequence = in.sequence(),
                .settled = in.settled()};
  QS_RETURN_IF_ERROR(TakeAll(in.instances(), "report.instances", &report.instances, FromProto));
  QS_RETURN_IF_ERROR(CheckLength(in.strays_size(), "report.strays"));
  QS_RETURN_IF_ERROR(CheckLength(in.unnamed_apps_size(), "report.unnamed_apps"));
  QS_RETURN_IF_ERROR(CheckLength(in.removed_apps_size(), "report.removed_apps"));
  report.strays = TakeList(in.strays());
  report.unnamed_apps = TakeIds<AppName>(in.unnamed_apps());
  report.removed_apps = TakeIds<AppName>(in.removed_apps());
  QS_RETURN_IF_ERROR(
      TakeAll(in.removed_slots(), "report.removed_slots", &report.removed_slots, FromProto));
  QS_RETURN_IF_ERROR(
      TakeAll(in.vacated_slots(), "report.vacated_slots", &report.vacated_slots, FromProto));
  QS_ASSIGN_OR_RETURN(report.engine, FromProto(in.engine()));
  if (in.events_size() > kMaxReportEvents) {
    return InvalidArgument("a report carries more than 256 events");
  }
  QS_RETURN_IF_ERROR(TakeAll(in.events(), "report.events", &report.events, FromProto));
  report.dropped_events = in.dropped_events();
  return report;
}

}  // namespace quayside::wire
