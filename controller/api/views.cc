#include "controller/api/views.h"

#include "common/base/version.h"
#include "common/wire/convert.h"
#include "common/wire/wire.h"

namespace quayside::controller {

void Fill(const HostView& view, v1::Host* out) {
  const HostRow& row = view.row;
  out->set_id(row.id.value);
  out->set_name(row.name);
  out->set_state(view.state);
  out->set_availability(view.availability);
  out->set_engine_state(view.engine_state);
  wire::PutMap(row.labels, out->mutable_labels());
  if (!row.engine.os.empty() && !row.engine.arch.empty()) {
    out->set_platform(row.engine.os + "/" + row.engine.arch);
  }
  out->set_agent_version(row.agent_version);
  out->set_instances(view.instances);
  out->set_generation(row.generation);
  out->set_applied_generation(row.applied_generation);
  if (view.last_seen) *out->mutable_last_seen() = wire::EncodeDuration(*view.last_seen);
  wire::ToProto(row.engine, out->mutable_engine());
  wire::PutList(row.strays, out->mutable_strays());
  wire::PutIds(row.unnamed_apps, out->mutable_unnamed_apps());
  for (const Rejection& rejection : row.rejections) {
    out->add_rejections(rejection.app.value + ": " + rejection.reason);
  }
  wire::PutTime(row.joined_at, out, &v1::Host::mutable_joined_at);
}

void Fill(const InstanceView& view, v1::InstanceRow* out) {
  wire::ToProto(view.status, out->mutable_status());
  out->set_host(view.host);
  out->set_desired(view.desired);
  out->set_host_known(view.host_known);
}

static void Fill(const ServiceView& view, v1::ServiceStatus* out) {
  out->set_name(view.name.value);
  out->set_desired(view.desired);
  out->set_updated(view.updated);
  out->set_healthy(view.healthy);
  out->set_image(view.image);
  out->set_stopped(view.stopped);
}

void Fill(const AppStatusView& view, v1::AppStatus* out) {
  out->set_app(view.app.value);
  out->set_revision(view.revision);
  out->set_converged(view.converged);
  if (view.rollout) Fill(*view.rollout, out->mutable_rollout());
  for (const ServiceView& service : view.services) Fill(service, out->add_services());
  wire::PutList(view.pending, out->mutable_pending());
  out->set_removed(view.removed);
}

static void Fill(const TargetView& view, v1::RolloutTarget* out) {
  const RolloutTarget& target = view.target;
  out->set_service(target.slot.service.value);
  out->set_slot(target.slot.slot);
  out->set_host(view.host);
  out->set_instance(target.instance.value);
  out->set_action(std::string(ToString(target.action)));
  out->set_state(std::string(ToString(target.state)));
  out->set_reason(target.reason);
  if (view.observed) wire::ToProto(*view.observed, out->mutable_observed());
}

// Targets that have nothing left to say are counted as done.
static bool IsDone(TargetState state) {
  switch (state) {
    case TargetState::kProven:
    case TargetState::kFailed:
    case TargetState::kDeferred:
    case TargetState::kBack:
      return true;
    case TargetState::kWaiting:
    case TargetState::kWorking:
    case TargetState::kGoingBack:
      return false;
  }
  return false;
}

void Fill(const RolloutView& view, v1::Rollout* out) {
  const RolloutRow& row = view.row;
  out->set_id(row.id.value);
  out->set_from(row.from);
  out->set_to(row.to);
  out->set_state(std::string(ToString(row.state)));
  out->set_reason(row.reason);
  wire::PutTime(row.deadline, out, &v1::Rollout::mutable_deadline);
  wire::PutTime(row.started_at, out, &v1::Rollout::mutable_started_at);
  wire::PutTime(row.ended_at, out, &v1::Rollout::mutable_ended_at);
  int done = 0;
  for (const RolloutTarget& target : row.targets) done += IsDone(target.state) ? 1 : 0;
  out->set_done(done);
  out->set_total(static_cast<int32_t>(row.targets.size()));
  for (const TargetView& target : view.targets) Fill(target, out->add_targets());
}

void Fill(const RevisionView& view, v1::Revision* out) {
  const RevisionRow& row = view.row;
  out->set_revision(row.key.number);
  out->set_cause(row.cause);
  out->set_by(row.by);
  wire::PutTime(row.created_at, out, &v1::Revision::mutable_created_at);
  for (const ServiceSpec& service : row.spec.services) {
    v1::StringEntry* image = out->add_images();
    image->set_key(service.name.value);
    image->set_value(service.container.image);
  }
  out->set_outcome(view.outcome);
  out->set_reason(view.reason);
}

void Fill(const EventRow& row, v1::Event* out) {
  out->set_id(row.id);
  wire::PutTime(row.at, out, &v1::Event::mutable_at);
  out->set_kind(row.kind);
  out->set_app(row.app.value);
  out->set_host(row.host);
  out->set_instance(row.instance.value);
  out->set_revision(row.revision);
  out->set_message(row.message);
}

// ---- replies ----

absl::Status Fill(const VersionView& view, v1::GetVersionReply* reply) {
  reply->set_version(VersionText());
  reply->set_fleet_id(view.fleet.value);
  reply->set_store_epoch(view.epoch.value);
  reply->set_read_only(view.read_only);
  reply->set_read_only_reason(view.read_only_reason);
  reply->set_recovering(view.recovering);
  return absl::OkStatus();
}

absl::Status Fill(const std::vector<HostView>& hosts, v1::ListHostsReply* reply) {
  for (const HostView& host : hosts) Fill(host, reply->add_hosts());
  return absl::OkStatus();
}

static void Fill(const AppSummaryView& view, v1::AppSummary* out) {
  const AppStatusView& status = view.status;
  out->set_app(status.app.value);
  out->set_revision(status.revision);
  out->set_converged(status.converged);
  out->set_services(static_cast<int32_t>(status.services.size()));
  int32_t desired = 0, healthy = 0;
  for (const ServiceView& service : status.services) {
    if (service.stopped) continue;  // it is to run nothing
    desired += service.desired;
    healthy += service.healthy;
  }
  out->set_desired(desired);
  out->set_healthy(healthy);
  if (status.rollout) out->set_rollout_state(std::string(ToString(status.rollout->row.state)));
  out->set_stopped(view.stopped);
  out->set_removing(view.removing);
}

absl::Status Fill(const std::vector<AppSummaryView>& apps, v1::ListAppsReply* reply) {
  for (const AppSummaryView& app : apps) Fill(app, reply->add_apps());
  return absl::OkStatus();
}

absl::Status Fill(const InstancePage& page, v1::ListInstancesReply* reply) {
  for (const InstanceView& instance : page.instances) Fill(instance, reply->add_instances());
  reply->set_next_page_token(page.next_page_token);
  return absl::OkStatus();
}

absl::Status Fill(const AppStatusView& view, v1::GetStatusReply* reply) {
  Fill(view, reply->mutable_status());
  return absl::OkStatus();
}

absl::Status Fill(const std::vector<RevisionView>& revisions, v1::GetHistoryReply* reply) {
  for (const RevisionView& revision : revisions) Fill(revision, reply->add_revisions());
  return absl::OkStatus();
}

absl::Status Fill(const RevisionView& revision, v1::InspectAppReply* reply) {
  Fill(revision, reply->mutable_revision());
  wire::ToProto(revision.row.spec, reply->mutable_spec());
  return absl::OkStatus();
}

absl::Status Fill(const InstanceDetails& details, v1::InspectInstanceReply* reply) {
  Fill(details.view, reply->mutable_row());
  QS_ASSIGN_OR_RETURN(const ContainerSpec spec, wire::DecodeSpec(details.spec_bytes));
  wire::ToProto(spec, reply->mutable_spec());
  for (const EventRow& event : details.events) Fill(event, reply->add_events());
  return absl::OkStatus();
}

absl::Status Fill(const std::vector<ExplainLine>& lines, v1::ExplainReply* reply) {
  for (const ExplainLine& line : lines) {
    v1::ExplainReply::Line* out = reply->add_lines();
    out->set_service(line.service.value);
    out->set_slot(line.slot);
    out->set_host(line.host);
    out->set_text(line.text);
  }
  return absl::OkStatus();
}

absl::Status Fill(const std::vector<EventRow>& events, v1::ListEventsReply* reply) {
  for (const EventRow& event : events) Fill(event, reply->add_events());
  return absl::OkStatus();
}

absl::Status Fill(const RecoveryView& view, v1::GetRecoveryReply* reply) {
  reply->set_recovering(view.recovering);
  reply->set_reason(view.reason);
  wire::PutTime(view.since, reply, &v1::GetRecoveryReply::mutable_since);
  wire::PutList(view.held, reply->mutable_held());
  return absl::OkStatus();
}

absl::Status Fill(const std::vector<Finding>& findings, v1::DoctorReply* reply) {
  for (const Finding& finding : findings) {
    v1::DoctorReply::Finding* out = reply->add_findings();
    out->set_severity(finding.severity);
    out->set_subject(finding.subject);
    out->set_text(finding.text);
  }
  return absl::OkStatus();
}

absl::Status Fill(const PlanView& plan, v1::PlanReply* reply) {
  for (const PlanChange& change : plan.changes) {
    v1::PlanReply::Change* out = reply->add_changes();
    out->set_host(change.host);
    out->set_app(change.slot.app.value);
    out->set_service(change.slot.service.value);
    out->set_slot(change.slot.slot);
    out->set_action(std::string(ToString(change.action)));
    out->set_downtime(change.downtime);
    out->set_why(change.why);
  }
  wire::PutList(plan.warnings, reply->mutable_warnings());
  wire::PutList(plan.undone, reply->mutable_undone());
  return absl::OkStatus();
}

absl::Status Fill(const ChangeResult& result, v1::ChangeReply* reply) {
  reply->set_revision(result.revision);
  reply->set_rollout_id(result.rollout.value);
  reply->set_nothing_to_do(result.nothing_to_do);
  wire::PutList(result.warnings, reply->mutable_warnings());
  return absl::OkStatus();
}

absl::Status Fill(const HostView& host, v1::LabelHostReply* reply) {
  Fill(host, reply->mutable_host());
  return absl::OkStatus();
}

absl::Status Fill(const std::monostate&, v1::RemoveHostReply*) { return absl::OkStatus(); }

absl::Status Fill(const std::vector<std::string>& released, v1::ConfirmHostReply* reply) {
  wire::PutList(released, reply->mutable_released());
  return absl::OkStatus();
}

absl::Status Fill(const HostId& host, v1::AdoptHostReply* reply) {
  reply->set_host_id(host.value);
  return absl::OkStatus();
}

absl::Status Fill(const std::vector<std::string>& accepted, v1::AcceptRecoveryReply* reply) {
  wire::PutList(accepted, reply->mutable_accepted());
  return absl::OkStatus();
}

absl::Status Fill(const std::vector<GcHostResult>& results, v1::CollectGarbageReply* reply) {
  for (const GcHostResult& result : results) {
    v1::CollectGarbageReply::HostResult* out = reply->add_hosts();
    out->set_host(result.host);
    out->set_error(result.error);
    wire::PutList(result.lines, out->mutable_lines());
  }
  return absl::OkStatus();
}

}  // namespace quayside::controller
