#include "common/wire/status_codec.h"

namespace quayside::wire {
// The private ones are static and not in a nameless namespace, where they would hide the public
// overloads.

constexpr size_t kMaxNameBytes = 1 << 10;  // image references, container ids, versions, paths

static pb::FailureKind EncodeEnum(FailureKind kind) {
  switch (kind) {
    case FailureKind::kNone:
      return pb::FAILURE_KIND_UNSPECIFIED;
    case FailureKind::kApplication:
      return pb::FAILURE_KIND_APPLICATION;
    case FailureKind::kInfrastructure:
      return pb::FAILURE_KIND_INFRASTRUCTURE;
  }
  return pb::FAILURE_KIND_UNSPECIFIED;
}

static FailureKind DecodeEnum(pb::FailureKind kind) {
  switch (kind) {
    case pb::FAILURE_KIND_UNSPECIFIED:
      return FailureKind::kNone;
    case pb::FAILURE_KIND_APPLICATION:
      return FailureKind::kApplication;
    default:
      return FailureKind::kInfrastructure;
  }
}

static void ToProto(const PublishedPort& port, pb::Port* out) {
  out->set_host_ip(port.host_ip);
  out->set_host_port(port.host_port);
  out->set_container_port(port.container_port);
  out->set_protocol(port.protocol);
}

static absl::StatusOr<PublishedPort> PublishedPortFromProto(const pb::Port& in) {
  QS_RETURN_IF_ERROR(CheckRange(in.host_port(), 0, kMaxPort, "port.host_port"));
  QS_RETURN_IF_ERROR(CheckRange(in.container_port(), 0, kMaxPort, "port.container_port"));
  return PublishedPort{.host_ip = in.host_ip(),
                       .host_port = in.host_port(),
                       .container_port = in.container_port(),
                       .protocol = in.protocol()};
}

pb::InstanceState EncodeEnum(InstanceState state) {
  switch (state) {
    case InstanceState::kUnknown:
      return pb::INSTANCE_STATE_UNSPECIFIED;
    case InstanceState::kPending:
      return pb::INSTANCE_STATE_PENDING;
    case InstanceState::kPulling:
      return pb::INSTANCE_STATE_PULLING;
    case InstanceState::kCreating:
      return pb::INSTANCE_STATE_CREATING;
    case InstanceState::kStarting:
      return pb::INSTANCE_STATE_STARTING;
    case InstanceState::kRunning:
      return pb::INSTANCE_STATE_RUNNING;
    case InstanceState::kHealthy:
      return pb::INSTANCE_STATE_HEALTHY;
    case InstanceState::kUnhealthy:
      return pb::INSTANCE_STATE_UNHEALTHY;
    case InstanceState::kStopping:
      return pb::INSTANCE_STATE_STOPPING;
    case InstanceState::kStopped:
      return pb::INSTANCE_STATE_STOPPED;
    case InstanceState::kCompleted:
      return pb::INSTANCE_STATE_COMPLETED;
    case InstanceState::kExited:
      return pb::INSTANCE_STATE_EXITED;
    case InstanceState::kFailed:
      return pb::INSTANCE_STATE_FAILED;
  }
  return pb::INSTANCE_STATE_UNSPECIFIED;
}

InstanceState DecodeEnum(pb::InstanceState state) {
  switch (state) {
    case pb::INSTANCE_STATE_PENDING:
      return InstanceState::kPending;
    case pb::INSTANCE_STATE_PULLING:
      return InstanceState::kPulling;
    case pb::INSTANCE_STATE_CREATING:
      return InstanceState::kCreating;
    case pb::INSTANCE_STATE_STARTING:
      return InstanceState::kStarting;
    case pb::INSTANCE_STATE_RUNNING:
      return InstanceState::kRunning;
    case pb::INSTANCE_STATE_HEALTHY:
      return InstanceState::kHealthy;
    case pb::INSTANCE_STATE_UNHEALTHY:
      return InstanceState::kUnhealthy;
    case pb::INSTANCE_STATE_STOPPING:
      return InstanceState::kStopping;
    case pb::INSTANCE_STATE_STOPPED:
      return InstanceState::kStopped;
    case pb::INSTANCE_STATE_COMPLETED:
      return InstanceState::kCompleted;
    case pb::INSTANCE_STATE_EXITED:
      return InstanceState::kExited;
    case pb::INSTANCE_STATE_FAILED:
      return InstanceState::kFailed;
    default:
      return InstanceState::kUnknown;
  }
}

void ToProto(const InstanceStatus& status, pb::InstanceStatus* out) {
  out->set_instance(status.id.value);
  out->set_app(status.slot.app.value);
  out->set_service(status.slot.service.value);
  out->set_slot(status.slot.slot);
  out->set_revision(status.revision);
  out->set_spec_digest(status.spec.value);
  out->set_state(EncodeEnum(status.state));
  out->set_proven(status.proven);
  out->set_uptime_only(status.uptime_only);
  out->set_retired(status.retired);
  out->set_failure(EncodeEnum(status.failure));
  out->set_verdict(status.verdict);
  out->set_reason(CleanText(status.reason, kMaxReasonBytes));
  out->set_image(CleanText(status.image, kMaxNameBytes));
  out->set_container(CleanText(status.container, kMaxNameBytes));
  out->set_restarts(status.restarts);
  out->set_exit_code(status.exit_code);
  out->set_oom_killed(status.oom_killed);
  PutAll(status.ports, out->mutable_ports(), ToProto);
  PutTime(status.since, out, &pb::InstanceStatus::mutable_since);
  out->set_log_tail(CleanText(status.log_tail, kMaxLogTailBytes, Cut::kBeginning));
}

absl::StatusOr<InstanceStatus> FromProto(const pb::InstanceStatus& in) {
  InstanceStatus status{
      .id = InstanceId(in.instance()),
      .slot = {AppName(in.app()), ServiceName(in.service()), in.slot()},
      .revision = in.revision(),
      .spec = SpecDigest(in.spec_digest()),
      .state = DecodeEnum(in.state()),
      .proven = in.proven(),
      .uptime_only = in.uptime_only(),
      .retired = in.retired(),
      .failure = DecodeEnum(in.failure()),
      .verdict = in.verdict(),
      .reason = in.reason(),
      .image = in.image(),
      .container = in.container(),
      .restarts = in.restarts(),
      .exit_code = in.exit_code(),
      .oom_killed = in.oom_killed(),
  };
  QS_RETURN_IF_ERROR(TakeAll(in.ports(), "instance.ports", &status.ports, PublishedPortFromProto));
  QS_RETURN_IF_ERROR(TakeTime(in.since(), "instance.since", &status.since));
  if (in.log_tail().size() > kMaxLogTailBytes) {
    return InvalidArgument("instance.log_tail is longer than 64 KiB");
  }
  status.log_tail = in.log_tail();
  return status;
}

void ToProto(const EngineFacts& facts, pb::EngineFacts* out) {
  out->set_reachable(facts.reachable);
  out->set_unreachable_reason(CleanText(facts.unreachable_reason, kMaxReasonBytes));
  out->set_version(CleanText(facts.version, kMaxNameBytes));
  out->set_api_version(CleanText(facts.api_version, kMaxNameBytes));
  out->set_os(CleanText(facts.os, kMaxNameBytes));
  out->set_arch(CleanText(facts.arch, kMaxNameBytes));
  out->set_cpus(facts.cpus);
  out->set_memory_bytes(facts.memory_bytes);
  out->set_data_root(CleanText(facts.data_root, kMaxNameBytes));
  out->set_disk_total_bytes(facts.disk_total_bytes);
  out->set_disk_free_bytes(facts.disk_free_bytes);
  for (const std::string& warning : facts.warnings) {
    out->add_warnings(CleanText(warning, kMaxReasonBytes));
  }
}

absl::StatusOr<EngineFacts> FromProto(const pb::EngineFacts& in) {
  QS_RETURN_IF_ERROR(CheckLength(in.warnings_size(), "engine.warnings"));
  return EngineFacts{.reachable = in.reachable(),
                     .unreachable_reason = in.unreachable_reason(),
                     .version = in.version(),
                     .api_version = in.api_version(),
                     .os = in.os(),
                     .arch = in.arch(),
                     .cpus = in.cpus(),
                     .memory_bytes = in.memory_bytes(),
                     .data_root = in.data_root(),
                     .disk_total_bytes = in.disk_total_bytes(),
                     .disk_free_bytes = in.disk_free_bytes(),
                     .warnings = TakeList(in.warnings())};
}

}  // namespace quayside::wire
