#include "common/compose/service_keys.h"

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>

#include "common/compose/deploy_keys.h"
#include "common/compose/labels.h"
#include "common/compose/mounts.h"
#include "common/compose/networks.h"
#include "common/compose/ports.h"
#include "common/compose/quayside_keys.h"
#include "common/compose/service_values.h"

namespace quayside::compose {
namespace {

template <typename Owner, typename Value>
Owner OwnerOf(Value Owner::*);

// The field that a member pointer of ServiceSpec, ContainerSpec or ResourceLimits means in a draft.
template <auto member>
auto& FieldOf(ServiceDraft& draft) {
  using Owner = decltype(OwnerOf(member));
  if constexpr (std::is_same_v<Owner, ContainerSpec>) {
    return draft.spec.container.*member;
  } else {
    static_assert(std::is_same_v<Owner, ResourceLimits>);
    return draft.spec.container.resources.*member;
  }
}

template <auto member>
void Text(Reader& reader, const Node& node, ServiceDraft& draft) {
  reader.Text(node, FieldOf<member>(draft));
}
template <auto member>
void Texts(Reader& reader, const Node& node, ServiceDraft& draft) {
  reader.Texts(node, FieldOf<member>(draft));
}
template <auto member>
void Flag(Reader& reader, const Node& node, ServiceDraft& draft) {
  reader.Flag(node, FieldOf<member>(draft));
}
template <auto member, int64_t min, int64_t max>
void Integer(Reader& reader, const Node& node, ServiceDraft& draft) {
  int64_t value = 0;
  if (reader.Integer(node, min, max, value))
    SetAgreeing(reader, node, value, FieldOf<member>(draft));
}
template <auto member>
void Bytes(Reader& reader, const Node& node, ServiceDraft& draft) {
  int64_t value = 0;
  if (reader.Bytes(node, value)) SetAgreeing(reader, node, value, FieldOf<member>(draft));
}
// Microseconds: a number of them, or a duration.
template <auto member>
void Microseconds(Reader& reader, const Node& node, ServiceDraft& draft) {
  const bool number = node.IsScalar() && !node.text.empty() &&
                      node.text.find_first_not_of("-0123456789") == std::string::npos;
  absl::Duration duration;
  if (number) {
    reader.Integer(node, -1, INT64_MAX, FieldOf<member>(draft));
  } else if (reader.Duration(node, duration)) {
    FieldOf<member>(draft) = absl::ToInt64Microseconds(duration);
  }
}

using Draft = ServiceDraft;
using C = ContainerSpec;
using R = ResourceLimits;

constexpr std::array kServiceKeys = {
    Honoured<Draft>("image", "what runs; a tag becomes a digest when it is applied",
                    Text<&C::image>),
    Honoured<Draft>("command", "a list, or a text split into words", ReadCommand),
    Honoured<Draft>("entrypoint",
                    "a list, or a text split into words; empty takes the image's away",
                    ReadEntrypoint),
    Honoured<Draft>("environment", "a map or a list; a name alone takes the caller's value",
                    ReadEnvironment),
    Honoured<Draft>("env_file", "read when the file is applied; environment wins", ReadEnvFile),
    Honoured<Draft>("ports", "short and long form, ranges; see below",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      draft.marks["ports"] = node.mark;
                      ReadPorts(reader, node, draft.spec.container.ports);
                    }),
    Honoured<Draft>("expose", "ports and ranges", ReadExpose),
    Honoured<Draft>("volumes", "short and long form; a relative bind source is refused; see below",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      draft.marks["volumes"] = node.mark;
                      ReadVolumes(reader, node, draft.spec.container.mounts);
                    }),
    Honoured<Draft>("tmpfs", "paths, each with size and mode after a colon",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      ReadTmpfs(reader, node, draft.spec.container.mounts);
                    }),
    Honoured<Draft>("networks", "a list or a map; `default` unless set; see below",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      draft.marks["networks"] = node.mark;
                      ReadAttachments(reader, node, draft.spec.container.network_attachments);
                    }),
    Honoured<Draft>("labels",
                    "labels of the containers; dev.quayside.* and com.docker.compose.* are "
                    "Quayside's own",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      ReadLabels(reader, node, draft.spec.container.labels);
                    }),
    Honoured<Draft>("healthcheck", "run by the engine; see below", ReadHealthCheck),
    Honoured<Draft>("x-quayside", "what Compose has no word for; see below",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      draft.marks["x-quayside"] = node.mark;
                      ReadQuayside(reader, node, draft);
                    }),
    Honoured<Draft>("restart",
                    "always and unless-stopped (the default here) restart in any case, "
                    "on-failure[:N], no",
                    ReadRestart),
    Honoured<Draft>("user", "name or id, with :group", Text<&C::user>),
    Honoured<Draft>("group_add", "more groups", Texts<&C::group_add>),
    Honoured<Draft>("working_dir", "an absolute path", Text<&C::working_dir>),
    Honoured<Draft>("hostname", "the container's host name", Text<&C::hostname>),
    Honoured<Draft>("domainname", "the container's domain name", Text<&C::domainname>),
    Honoured<Draft>("container_name", "becomes a network alias: container names are Quayside's",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      draft.marks["container_name"] = node.mark;
                      reader.Text(node, draft.container_name);
                    }),
    Honoured<Draft>("init", "an init process forwards signals and reaps",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      bool init = false;
                      if (reader.Flag(node, init)) draft.spec.container.init = init;
                    }),
    Honoured<Draft>("tty", "a terminal", Flag<&C::tty>),
    Honoured<Draft>("stdin_open", "standard input stays open", Flag<&C::stdin_open>),
    Honoured<Draft>("read_only", "the root file system is read-only", Flag<&C::read_only>),
    Honoured<Draft>("cap_add", "capabilities; a host's policy may refuse them", Texts<&C::cap_add>),
    Honoured<Draft>("cap_drop", "capabilities", Texts<&C::cap_drop>),
    Honoured<Draft>("ulimits", "a number, or soft and hard", ReadUlimits),
    Honoured<Draft>("sysctls", "a map or a list",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      reader.TextMap(node, draft.spec.container.sysctls);
                    }),
    Honoured<Draft>("extra_hosts", "NAME:ADDRESS, a list or a map", ReadExtraHosts),
    Honoured<Draft>("dns", "name servers", Texts<&C::dns>),
    Honoured<Draft>("dns_search", "search domains", Texts<&C::dns_search>),
    Honoured<Draft>("dns_opt", "resolver options", Texts<&C::dns_opt>),
    Honoured<Draft>("stop_signal", "sent first at a stop", Text<&C::stop_signal>),
    Honoured<Draft>("stop_grace_period", "then SIGKILL; 10s unless set",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      absl::Duration grace;
                      if (reader.Duration(node, grace))
                        draft.spec.container.stop_grace_period = grace;
                    }),
    Honoured<Draft>("shm_size", "size of /dev/shm", Bytes<&R::shm_size_bytes>),
    Honoured<Draft>("mem_limit", "hard limit", Bytes<&R::memory_bytes>),
    Honoured<Draft>("mem_reservation", "soft limit, and kept free on the host for each instance",
                    Bytes<&R::memory_reservation_bytes>),
    Honoured<Draft>("memswap_limit", "memory and swap together; -1 = unlimited", ReadSwapLimit),
    Honoured<Draft>("mem_swappiness", "0 to 100",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      int64_t value = 0;
                      if (!reader.Integer(node, 0, 100, value)) return;
                      draft.spec.container.resources.memory_swappiness = value;
                    }),
    Honoured<Draft>("cpus", "like 0.5",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      int64_t value = 0;
                      if (!reader.NanoCpus(node, value)) return;
                      SetAgreeing(reader, node, value, draft.spec.container.resources.nano_cpus);
                    }),
    Honoured<Draft>("cpu_shares", "relative weight", Integer<&R::cpu_shares, 0, INT32_MAX>),
    Honoured<Draft>("cpu_quota", "microseconds per period, or a duration",
                    Microseconds<&R::cpu_quota>),
    Honoured<Draft>("cpu_period", "microseconds, or a duration", Microseconds<&R::cpu_period>),
    Honoured<Draft>("cpu_rt_runtime", "microseconds, or a duration",
                    Microseconds<&R::cpu_rt_runtime>),
    Honoured<Draft>("cpu_rt_period", "microseconds, or a duration",
                    Microseconds<&R::cpu_rt_period>),
    Honoured<Draft>("cpu_count", "for Windows engines", Integer<&R::cpu_count, 0, 100'000>),
    Honoured<Draft>("cpu_percent", "for Windows engines", Integer<&R::cpu_percent, 0, 100>),
    Honoured<Draft>("cpuset", "like 0-3,5", Text<&R::cpuset_cpus>),
    Honoured<Draft>("pids_limit", "-1 = unlimited", Integer<&R::pids_limit, -1, INT32_MAX>),
    Honoured<Draft>("oom_kill_disable", "never killed for want of memory",
                    Flag<&R::oom_kill_disable>),
    Honoured<Draft>("oom_score_adj", "-1000 to 1000", Integer<&R::oom_score_adj, -1000, 1000>),
    Honoured<Draft>("logging", "driver and options", ReadLogging),
    Honoured<Draft>("pid", "host, or service:NAME",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      draft.marks["pid"] = node.mark;
                      ReadNamespace(reader, node, {"host"}, true, draft.spec.container.pid_mode);
                    }),
    Honoured<Draft>("ipc", "host, private, shareable, none, or service:NAME",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      draft.marks["ipc"] = node.mark;
                      ReadNamespace(reader, node, {"host", "private", "shareable", "none"}, true,
                                    draft.spec.container.ipc_mode);
                    }),
    Honoured<Draft>("uts", "host",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      ReadNamespace(reader, node, {"host"}, false, draft.spec.container.uts_mode);
                    }),
    Honoured<Draft>("userns_mode", "host; a host's policy may refuse it",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      ReadNamespace(reader, node, {"host"}, false,
                                    draft.spec.container.userns_mode);
                    }),
    Honoured<Draft>("cgroup", "host or private",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      ReadNamespace(reader, node, {"host", "private"}, false,
                                    draft.spec.container.cgroup_mode);
                    }),
    Honoured<Draft>("cgroup_parent", "the parent cgroup", Text<&C::cgroup_parent>),
    Honoured<Draft>("network_mode",
                    "host, none, bridge, or service:NAME (replaced together with it)",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      draft.marks["network_mode"] = node.mark;
                      ReadNamespace(reader, node, {"host", "none", "bridge"}, true,
                                    draft.spec.container.network_mode);
                    }),
    Honoured<Draft>("privileged", "a host's policy may refuse it", Flag<&C::privileged>),
    Honoured<Draft>("devices", "HOST[:CONTAINER[:PERMISSIONS]] or the long form", ReadDevices),
    Honoured<Draft>("device_cgroup_rules", "handed to the engine", Texts<&C::device_cgroup_rules>),
    Honoured<Draft>("security_opt", "handed to the engine", Texts<&C::security_opt>),
    Honoured<Draft>("runtime", "an OCI runtime that the engine knows", Text<&C::runtime>),
    Honoured<Draft>("pull_policy",
                    "kept and shown; images are pinned, so it changes nothing that runs",
                    ReadPullPolicy),
    Honoured<Draft>("platform", "like linux/amd64", Text<&C::platform>),
    Honoured<Draft>("depends_on", "order and condition on one host; see below", ReadDependsOn),
    Honoured<Draft>("deploy", "with Swarm's meanings; see below",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      draft.marks["deploy"] = node.mark;
                      ReadDeploy(reader, node, draft);
                    }),
    Honoured<Draft>("scale", "as deploy.replicas",
                    [](Reader& reader, const Node& node, Draft& draft) {
                      int64_t value = 0;
                      if (!reader.Integer(node, 0, 10'000, value)) return;
                      draft.scale = value;
                      draft.marks["scale"] = node.mark;
                    }),
    Honoured<Draft>("profiles", "the service is there when one of them is chosen, or it names none",
                    [](Reader& reader, const Node& node, Draft&) {
                      std::vector<std::string> names;
                      reader.Texts(node, names);
                    }),
    Honoured<Draft>("extends", "another service, also of another file",
                    // Resolved while the files are merged (project.h): what is left of it is wrong.
                    [](Reader& reader, const Node& node, Draft&) {
                      reader.Error(node.mark, "a service name, or service and file, is expected");
                    }),

    Refused<Draft>("build", "build and push the image, then name it under image"),
    Refused<Draft>("secrets",
                   "this version has no secrets; use env_file or a bind of a file on the "
                   "host"),
    Refused<Draft>("configs", "put the file into the image, or bind an absolute path of the host"),
    Refused<Draft>("develop", "take it out, or keep it in a file of its own for development"),
    Refused<Draft>("provider", "run the dependency as a service, or outside of the app"),
    Refused<Draft>("models", "run the model as a service"),
    Refused<Draft>("gpus", "list the device files under devices, and choose hosts by a label"),
    Refused<Draft>("credential_spec", "it is for Windows containers only"),
    Refused<Draft>("isolation", "it is for Windows containers only"),
    Refused<Draft>("links", "services of an app find each other by name; take it out"),
    Refused<Draft>("external_links", "join an external network that the other container is on"),
    Refused<Draft>("volumes_from", "name the volumes under volumes in both services"),
    Refused<Draft>("volume_driver", "set driver at the top-level volume"),
    Refused<Draft>("annotations", "use labels"),
    Refused<Draft>("attach", "it is for `docker compose up`; take it out"),
    Refused<Draft>("storage_opt", "set the size limit in the engine's own configuration"),
    Refused<Draft>("blkio_config", "limit input and output on the host"),
    Refused<Draft>("label_file", "write the labels under labels"),
    Refused<Draft>("mac_address", "set mac_address under networks, at the network it is for"),
    Refused<Draft>("post_start", "do it in the container's command or entrypoint"),
    Refused<Draft>("pre_stop", "handle the stop signal in the container"),
    Refused<Draft>("pre_start",
                   "use a service that ends, and depends_on with "
                   "service_completed_successfully"),
    Refused<Draft>("use_api_socket", "Quayside gives no container the engine's socket"),
};

}  // namespace

void ReadService(Reader& reader, const Node& node, ServiceDraft& draft) {
  if (!reader.ExpectMap(node)) return;
  // x-quayside refers to what deploy says, wherever it stands in the file.
  Node ordered = node;
  std::stable_partition(ordered.entries.begin(), ordered.entries.end(),
                        [](const Entry& entry) { return entry.key != "x-quayside"; });
  ReadKeys<ServiceDraft>(reader, ordered, kServiceKeys, draft);
}

void AppendServiceKeys(std::vector<KeyDoc>& docs) {
  AppendDocs<ServiceDraft>("services.*.", kServiceKeys, docs);
  AppendServiceValueKeys(docs);
  AppendPortKeys(docs);
  AppendMountKeys(docs);
  AppendDeployKeys(docs);
}

}  // namespace quayside::compose
