#include "common/wire/app_codec.h"

#include "common/wire/spec_codec.h"

namespace quayside::wire {
// The private ones are static and not in a nameless namespace, where they would hide the public
// overloads.

// More replicas of one service than this is a slip of the keyboard (the fleet ends at 100,000
// instances).
constexpr int64_t kMaxReplicas = 100'000;

static pb::ServiceMode EncodeEnum(ServiceMode mode) {
  switch (mode) {
    case ServiceMode::kReplicated:
      return pb::SERVICE_MODE_REPLICATED;
    case ServiceMode::kGlobal:
      return pb::SERVICE_MODE_GLOBAL;
  }
  return pb::SERVICE_MODE_UNSPECIFIED;
}

static absl::StatusOr<ServiceMode> DecodeEnum(pb::ServiceMode mode) {
  switch (mode) {
    case pb::SERVICE_MODE_REPLICATED:
      return ServiceMode::kReplicated;
    case pb::SERVICE_MODE_GLOBAL:
      return ServiceMode::kGlobal;
    default:
      return UnknownEnum("mode", mode);
  }
}

static pb::UpdateOrder EncodeEnum(UpdateOrder order) {
  switch (order) {
    case UpdateOrder::kAuto:
      return pb::UPDATE_ORDER_AUTO;
    case UpdateOrder::kStopFirst:
      return pb::UPDATE_ORDER_STOP_FIRST;
    case UpdateOrder::kStartFirst:
      return pb::UPDATE_ORDER_START_FIRST;
  }
  return pb::UPDATE_ORDER_UNSPECIFIED;
}

static absl::StatusOr<UpdateOrder> DecodeEnum(pb::UpdateOrder order) {
  switch (order) {
    case pb::UPDATE_ORDER_AUTO:
      return UpdateOrder::kAuto;
    case pb::UPDATE_ORDER_STOP_FIRST:
      return UpdateOrder::kStopFirst;
    case pb::UPDATE_ORDER_START_FIRST:
      return UpdateOrder::kStartFirst;
    default:
      return UnknownEnum("update_config.order", order);
  }
}

static pb::FailureAction EncodeEnum(FailureAction action) {
  switch (action) {
    case FailureAction::kRollback:
      return pb::FAILURE_ACTION_ROLLBACK;
    case FailureAction::kPause:
      return pb::FAILURE_ACTION_PAUSE;
    case FailureAction::kContinue:
      return pb::FAILURE_ACTION_CONTINUE;
  }
  return pb::FAILURE_ACTION_UNSPECIFIED;
}

static absl::StatusOr<FailureAction> DecodeEnum(pb::FailureAction action) {
  switch (action) {
    case pb::FAILURE_ACTION_ROLLBACK:
      return FailureAction::kRollback;
    case pb::FAILURE_ACTION_PAUSE:
      return FailureAction::kPause;
    case pb::FAILURE_ACTION_CONTINUE:
      return FailureAction::kContinue;
    default:
      return UnknownEnum("update_config.failure_action", action);
  }
}

static void ToProto(const PlacementSpec& placement, pb::Placement* out) {
  for (const Constraint& constraint : placement.constraints) {
    pb::Constraint* item = out->add_constraints();
    item->set_key(constraint.key);
    item->set_equal(constraint.equal);
    item->set_value(constraint.value);
  }
  PutList(placement.spread_over, out->mutable_spread_over());
  out->set_max_replicas_per_node(placement.max_replicas_per_node);
  out->set_together(placement.together);
}

static absl::StatusOr<PlacementSpec> FromProto(const pb::Placement& in) {
  QS_RETURN_IF_ERROR(CheckLength(in.constraints_size(), "placement.constraints"));
  QS_RETURN_IF_ERROR(CheckLength(in.spread_over_size(), "placement.preferences"));
  QS_RETURN_IF_ERROR(
      CheckRange(in.max_replicas_per_node(), 0, kMaxReplicas, "placement.max_replicas_per_node"));
  PlacementSpec placement;
  for (const pb::Constraint& item : in.constraints()) {
    placement.constraints.push_back(
        {.key = item.key(), .equal = item.equal(), .value = item.value()});
  }
  placement.spread_over = TakeList(in.spread_over());
  placement.max_replicas_per_node = in.max_replicas_per_node();
  placement.together = in.together();
  return placement;
}

static void ToProto(const UpdateConfig& update, pb::UpdateConfig* out) {
  out->set_parallelism(update.parallelism);
  PutDuration(update.delay, out, &pb::UpdateConfig::mutable_delay);
  PutDuration(update.monitor, out, &pb::UpdateConfig::mutable_monitor);
  out->set_order(EncodeEnum(update.order));
  out->set_failure_action(EncodeEnum(update.failure_action));
  out->set_max_failure_ratio(update.max_failure_ratio);
}

static absl::StatusOr<UpdateConfig> FromProto(const pb::UpdateConfig& in) {
  UpdateConfig update{.parallelism = in.parallelism()};
  QS_RETURN_IF_ERROR(CheckRange(in.parallelism(), 0, kMaxReplicas, "update_config.parallelism"));
  QS_RETURN_IF_ERROR(TakeDuration(in.delay(), "update_config.delay", &update.delay));
  QS_RETURN_IF_ERROR(TakeDuration(in.monitor(), "update_config.monitor", &update.monitor));
  QS_ASSIGN_OR_RETURN(update.order, DecodeEnum(in.order()));
  QS_ASSIGN_OR_RETURN(update.failure_action, DecodeEnum(in.failure_action()));
  // Written so that a NaN is refused as well.
  if (!(in.max_failure_ratio() >= 0 && in.max_failure_ratio() <= 1)) {
    return InvalidArgument("update_config.max_failure_ratio must be between 0 and 1");
  }
  update.max_failure_ratio = in.max_failure_ratio();
  return update;
}

static void ToProto(const RolloutSettings& rollout, pb::RolloutSettings* out) {
  PutDuration(rollout.min_healthy, out, &pb::RolloutSettings::mutable_min_healthy);
  PutDuration(rollout.deadline, out, &pb::RolloutSettings::mutable_deadline);
  out->set_canary(rollout.canary);
  out->set_batch(rollout.batch);
  PutDuration(rollout.soak, out, &pb::RolloutSettings::mutable_soak);
  out->set_max_failures(rollout.max_failures);
  out->set_by(rollout.by);
  out->set_window(rollout.window);
  PutDuration(rollout.drain, out, &pb::RolloutSettings::mutable_drain);
}

static absl::StatusOr<RolloutSettings> FromProto(const pb::RolloutSettings& in) {
  RolloutSettings rollout;
  QS_RETURN_IF_ERROR(TakeDuration(in.min_healthy(), "rollout.min_healthy", &rollout.min_healthy));
  QS_RETURN_IF_ERROR(TakeDuration(in.deadline(), "rollout.deadline", &rollout.deadline));
  rollout.canary = in.canary();
  rollout.batch = in.batch();
  QS_RETURN_IF_ERROR(TakeDuration(in.soak(), "rollout.soak", &rollout.soak));
  rollout.max_failures = in.max_failures();
  rollout.by = in.by();
  rollout.window = in.window();
  QS_RETURN_IF_ERROR(TakeDuration(in.drain(), "rollout.drain", &rollout.drain));
  return rollout;
}

static void ToProto(const ServiceSpec& service, pb::Service* out) {
  out->set_name(service.name.value);
  ToProto(service.container, out->mutable_container());
  out->set_mode(EncodeEnum(service.mode));
  out->set_replicas(service.replicas);
  ToProto(service.placement, out->mutable_placement());
  out->set_reserved_nano_cpus(service.reservations.nano_cpus);
  out->set_reserved_memory_bytes(service.reservations.memory_bytes);
  ToProto(service.update, out->mutable_update());
  ToProto(service.rollback, out->mutable_rollback());
  ToProto(service.rollout, out->mutable_rollout());
  PutMap(service.deploy_labels, out->mutable_deploy_labels());
  out->set_stopped(service.stopped);
  PutMap(service.host_images, out->mutable_host_images());
  out->set_replicas_in_file(service.replicas_in_file);
  out->set_pull_policy(service.pull_policy);
}

static absl::StatusOr<ServiceSpec> FromProto(const pb::Service& in) {
  ServiceSpec service;
  service.name = ServiceName(in.name());
  QS_ASSIGN_OR_RETURN(service.container, FromProto(in.container()));
  QS_ASSIGN_OR_RETURN(service.mode, DecodeEnum(in.mode()));
  QS_RETURN_IF_ERROR(CheckRange(in.replicas(), 0, kMaxReplicas, "replicas"));
  service.replicas = in.replicas();
  QS_ASSIGN_OR_RETURN(service.placement, FromProto(in.placement()));
  service.reservations.nano_cpus = in.reserved_nano_cpus();
  service.reservations.memory_bytes = in.reserved_memory_bytes();
  QS_ASSIGN_OR_RETURN(service.update, FromProto(in.update()));
  QS_ASSIGN_OR_RETURN(service.rollback, FromProto(in.rollback()));
  QS_ASSIGN_OR_RETURN(service.rollout, FromProto(in.rollout()));
  QS_RETURN_IF_ERROR(TakeMap(in.deploy_labels(), "deploy.labels", &service.deploy_labels));
  service.stopped = in.stopped();
  QS_RETURN_IF_ERROR(TakeMap(in.host_images(), "host_images", &service.host_images));
  service.replicas_in_file = in.replicas_in_file();
  service.pull_policy = in.pull_policy();
  return service;
}

void ToProto(const AppSpec& app, pb::AppSpec* out) {
  out->set_name(app.name.value);
  for (const ServiceSpec& service : app.services) ToProto(service, out->add_services());
}

absl::StatusOr<AppSpec> FromProto(const pb::AppSpec& in) {
  AppSpec app{.name = AppName(in.name())};
  QS_RETURN_IF_ERROR(CheckLength(in.services_size(), "services"));
  for (const pb::Service& item : in.services()) {
    absl::StatusOr<ServiceSpec> service = FromProto(item);
    if (!service.ok()) return WithContext(service.status(), "service " + item.name());
    app.services.push_back(*std::move(service));
  }
  return app;
}

}  // namespace quayside::wire
