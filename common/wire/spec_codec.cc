#include "common/wire/spec_codec.h"

#include "common/wire/spec_parts_codec.h"

namespace quayside::wire {
namespace {

void PutLists(const ContainerSpec& spec, pb::ContainerSpec* out) {
  if (spec.command) PutList(*spec.command, out->mutable_command()->mutable_values());
  if (spec.entrypoint) PutList(*spec.entrypoint, out->mutable_entrypoint()->mutable_values());
  PutMap(spec.environment, out->mutable_environment());
  PutAll(spec.ports, out->mutable_ports(), ToProto);
  PutList(spec.expose, out->mutable_expose());
  PutAll(spec.mounts, out->mutable_mounts(), ToProto);
  PutAll(spec.network_attachments, out->mutable_network_attachments(), ToProto);
  PutMap(spec.labels, out->mutable_labels());
  PutList(spec.group_add, out->mutable_group_add());
  PutList(spec.cap_add, out->mutable_cap_add());
  PutList(spec.cap_drop, out->mutable_cap_drop());
  PutAll(spec.ulimits, out->mutable_ulimits(), ToProto);
  PutMap(spec.sysctls, out->mutable_sysctls());
  PutList(spec.extra_hosts, out->mutable_extra_hosts());
  PutList(spec.dns, out->mutable_dns());
  PutList(spec.dns_search, out->mutable_dns_search());
  PutList(spec.dns_opt, out->mutable_dns_opt());
  PutMap(spec.log_options, out->mutable_log_options());
  PutAll(spec.devices, out->mutable_devices(), ToProto);
  PutList(spec.device_cgroup_rules, out->mutable_device_cgroup_rules());
  PutList(spec.security_opt, out->mutable_security_opt());
  PutAll(spec.depends_on, out->mutable_depends_on(), ToProto);
  PutNetworks(spec.networks, out->mutable_networks());
  PutVolumes(spec.volumes, out->mutable_volumes());
}

absl::Status CheckLists(const pb::ContainerSpec& in) {
  const struct {
    int length;
    const char* name;
  } lists[] = {{in.command().values_size(), "command"},
               {in.entrypoint().values_size(), "entrypoint"},
               {in.expose_size(), "expose"},
               {in.group_add_size(), "group_add"},
               {in.cap_add_size(), "cap_add"},
               {in.cap_drop_size(), "cap_drop"},
               {in.extra_hosts_size(), "extra_hosts"},
               {in.dns_size(), "dns"},
               {in.dns_search_size(), "dns_search"},
               {in.dns_opt_size(), "dns_opt"},
               {in.device_cgroup_rules_size(), "device_cgroup_rules"},
               {in.security_opt_size(), "security_opt"}};
  for (const auto& list : lists) QS_RETURN_IF_ERROR(CheckLength(list.length, list.name));
  return absl::OkStatus();
}

absl::Status TakeLists(const pb::ContainerSpec& in, ContainerSpec* spec) {
  QS_RETURN_IF_ERROR(CheckLists(in));
  if (in.has_command()) spec->command = TakeList(in.command().values());
  if (in.has_entrypoint()) spec->entrypoint = TakeList(in.entrypoint().values());
  QS_RETURN_IF_ERROR(TakeMap(in.environment(), "environment", &spec->environment));
  QS_RETURN_IF_ERROR(TakeAll(in.ports(), "ports", &spec->ports, FromProto));
  spec->expose = TakeList(in.expose());
  QS_RETURN_IF_ERROR(TakeAll(in.mounts(), "mounts", &spec->mounts, FromProto));
  QS_RETURN_IF_ERROR(
      TakeAll(in.network_attachments(), "networks", &spec->network_attachments, FromProto));
  QS_RETURN_IF_ERROR(TakeMap(in.labels(), "labels", &spec->labels));
  spec->group_add = TakeList(in.group_add());
  spec->cap_add = TakeList(in.cap_add());
  spec->cap_drop = TakeList(in.cap_drop());
  QS_RETURN_IF_ERROR(TakeAll(in.ulimits(), "ulimits", &spec->ulimits, FromProto));
  QS_RETURN_IF_ERROR(TakeMap(in.sysctls(), "sysctls", &spec->sysctls));
  spec->extra_hosts = TakeList(in.extra_hosts());
  spec->dns = TakeList(in.dns());
  spec->dns_search = TakeList(in.dns_search());
  spec->dns_opt = TakeList(in.dns_opt());
  QS_RETURN_IF_ERROR(TakeMap(in.log_options(), "logging.options", &spec->log_options));
  QS_RETURN_IF_ERROR(TakeAll(in.devices(), "devices", &spec->devices, FromProto));
  spec->device_cgroup_rules = TakeList(in.device_cgroup_rules());
  spec->security_opt = TakeList(in.security_opt());
  QS_RETURN_IF_ERROR(TakeAll(in.depends_on(), "depends_on", &spec->depends_on, FromProto));
  QS_RETURN_IF_ERROR(TakeNetworks(in.networks(), &spec->networks));
  return TakeVolumes(in.volumes(), &spec->volumes);
}

// The parts that are single messages.
absl::Status TakeParts(const pb::ContainerSpec& in, ContainerSpec* spec) {
  if (in.has_health_check()) {
    QS_ASSIGN_OR_RETURN(spec->health_check, FromProto(in.health_check()));
  }
  if (in.has_probe()) {
    QS_ASSIGN_OR_RETURN(spec->probe, FromProto(in.probe()));
  }
  if (in.has_restart()) {
    QS_ASSIGN_OR_RETURN(spec->restart, FromProto(in.restart()));
  }
  if (in.has_stop_grace_period()) {
    absl::Duration grace;
    QS_RETURN_IF_ERROR(TakeDuration(in.stop_grace_period(), "stop_grace_period", &grace));
    spec->stop_grace_period = grace;
  }
  spec->resources = FromProto(in.resources());
  return absl::OkStatus();
}

}  // namespace

void ToProto(const ContainerSpec& spec, pb::ContainerSpec* out) {
  out->set_image(spec.image);
  out->set_image_tag(spec.image_tag);
  out->set_platform(spec.platform);
  PutLists(spec, out);
  if (spec.health_check) ToProto(*spec.health_check, out->mutable_health_check());
  if (spec.probe) ToProto(*spec.probe, out->mutable_probe());
  ToProto(spec.restart, out->mutable_restart());
  out->set_user(spec.user);
  out->set_working_dir(spec.working_dir);
  out->set_hostname(spec.hostname);
  out->set_domainname(spec.domainname);
  if (spec.init) out->set_init(*spec.init);
  out->set_tty(spec.tty);
  out->set_stdin_open(spec.stdin_open);
  out->set_read_only(spec.read_only);
  out->set_privileged(spec.privileged);
  out->set_stop_signal(spec.stop_signal);
  if (spec.stop_grace_period) {
    *out->mutable_stop_grace_period() = EncodeDuration(*spec.stop_grace_period);
  }
  if (spec.resources != ResourceLimits{}) ToProto(spec.resources, out->mutable_resources());
  out->set_log_driver(spec.log_driver);
  out->set_network_mode(spec.network_mode);
  out->set_pid_mode(spec.pid_mode);
  out->set_ipc_mode(spec.ipc_mode);
  out->set_uts_mode(spec.uts_mode);
  out->set_userns_mode(spec.userns_mode);
  out->set_cgroup_mode(spec.cgroup_mode);
  out->set_cgroup_parent(spec.cgroup_parent);
  out->set_runtime(spec.runtime);
  out->set_restart_counter(spec.restart_counter);
}

absl::StatusOr<ContainerSpec> FromProto(const pb::ContainerSpec& in) {
  ContainerSpec spec;
  spec.image = in.image();
  spec.image_tag = in.image_tag();
  spec.platform = in.platform();
  QS_RETURN_IF_ERROR(TakeLists(in, &spec));
  QS_RETURN_IF_ERROR(TakeParts(in, &spec));
  spec.user = in.user();
  spec.working_dir = in.working_dir();
  spec.hostname = in.hostname();
  spec.domainname = in.domainname();
  if (in.has_init()) spec.init = in.init();
  spec.tty = in.tty();
  spec.stdin_open = in.stdin_open();
  spec.read_only = in.read_only();
  spec.privileged = in.privileged();
  spec.stop_signal = in.stop_signal();
  spec.log_driver = in.log_driver();
  spec.network_mode = in.network_mode();
  spec.pid_mode = in.pid_mode();
  spec.ipc_mode = in.ipc_mode();
  spec.uts_mode = in.uts_mode();
  spec.userns_mode = in.userns_mode();
  spec.cgroup_mode = in.cgroup_mode();
  spec.cgroup_parent = in.cgroup_parent();
  spec.runtime = in.runtime();
  spec.restart_counter = in.restart_counter();
  return spec;
}

}  // namespace quayside::wire
