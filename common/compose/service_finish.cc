#include "common/compose/service_finish.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/compose/scalar.h"

namespace quayside::compose {
namespace {

const Mark& MarkOf(const ServiceDraft& draft, const std::string& key) {
  const auto found = draft.marks.find(key);
  return found == draft.marks.end() ? draft.mark : found->second;
}

void FillEnvironment(Reader& reader, ProjectFiles& files, const Lookup& lookup,
                     ServiceDraft& draft) {
  std::map<std::string, std::string>& environment = draft.spec.container.environment;
  for (const EnvFileEntry& entry : draft.env_files) {
    if (!entry.required && !FileExists(entry.path)) continue;
    const std::string key = reader.path() + ".env_file";
    const Lookup with_earlier = [&](std::string_view name) -> std::optional<std::string> {
      if (auto value = lookup(name)) return value;
      const auto found = environment.find(std::string(name));
      if (found == environment.end()) return std::nullopt;
      return found->second;
    };
    if (auto read = files.ReadEnv(entry.path, entry.raw, with_earlier, {entry.mark, key})) {
      read->merge(environment);
      environment = *std::move(read);
    }
  }
  for (auto& [name, value] : draft.environment) {
    if (value.has_value()) {
      environment[name] = *value;
    } else {
      environment.erase(name);
    }
  }
}

void SettleReplicas(Reader& reader, ServiceDraft& draft) {
  ServiceSpec& spec = draft.spec;
  if (draft.scale.has_value() && draft.replicas.has_value() && *draft.scale != *draft.replicas) {
    reader.Error(MarkOf(draft, "scale"), "scale and deploy.replicas differ; keep one of them");
  }
  const std::optional<int64_t> count = draft.replicas.has_value() ? draft.replicas : draft.scale;
  if (count.has_value() && spec.mode == ServiceMode::kGlobal) {
    reader.Error(MarkOf(draft, draft.replicas.has_value() ? "deploy.replicas" : "scale"),
                 "a global service has no number of replicas; take it out or say mode: replicated");
  }
  if (count.has_value()) spec.replicas = static_cast<int32_t>(*count);
  spec.replicas_in_file = count.has_value();
  const bool says_where = count.has_value() || draft.mode_said || draft.placement_said;
  if (draft.together == true && says_where) {
    reader.Error(MarkOf(draft, "x-quayside"),
                 "placement: together means one host, and the service says replicas, mode or "
                 "placement of its own; take one of them out");
  }
  spec.placement.together = draft.together.value_or(!says_where);
  spec.reservations.memory_bytes = spec.container.resources.memory_reservation_bytes;
}

void SettleNetworks(Reader& reader, Declarations& declared, ServiceDraft& draft) {
  ContainerSpec& container = draft.spec.container;
  if (!container.network_mode.empty()) {
    const Mark& mark = MarkOf(draft, "network_mode");
    if (!container.network_attachments.empty()) {
      reader.Error(mark, "network_mode and networks exclude each other; keep one of them");
    }
    if (!container.ports.empty() && container.network_mode != "bridge") {
      const Reader::Below below(reader, "ports");
      reader.Unsupported(MarkOf(draft, "ports"), "ports cannot be published with network_mode " +
                                                     container.network_mode + "; take them out");
      container.ports.clear();
    }
    if (!draft.container_name.empty()) {
      const Reader::Below below(reader, "container_name");
      reader.Warn(MarkOf(draft, "container_name"), "without a network of the app it names nothing");
    }
    return;
  }
  if (container.network_attachments.empty()) {
    NetworkAttachment usual;
    usual.network = "default";
    container.network_attachments.push_back(std::move(usual));
  }
  for (NetworkAttachment& attachment : container.network_attachments) {
    const auto found = declared.networks.find(attachment.network);
    if (found == declared.networks.end()) {
      const Reader::Below below(reader, "networks");
      reader.Error(MarkOf(draft, "networks"), "the network " + attachment.network.substr(0, 100) +
                                                  " is not declared under the top-level networks");
      continue;
    }
    found->second.used = true;
    container.networks[attachment.network] = found->second.spec;
    std::vector<std::string>& aliases = attachment.aliases;
    if (!draft.container_name.empty() &&
        std::find(aliases.begin(), aliases.end(), draft.container_name) == aliases.end()) {
      aliases.push_back(draft.container_name);
    }
  }
}

void SettleVolumes(Reader& reader, Declarations& declared, ServiceDraft& draft) {
  ContainerSpec& container = draft.spec.container;
  for (const MountSpec& mount : container.mounts) {
    if (mount.type != MountType::kVolume || mount.source.empty()) continue;
    const auto found = declared.volumes.find(mount.source);
    if (found == declared.volumes.end()) {
      const Reader::Below below(reader, "volumes");
      reader.Error(MarkOf(draft, "volumes"), "the volume " + mount.source.substr(0, 100) +
                                                 " is not declared under the top-level volumes");
      continue;
    }
    found->second.used = true;
    container.volumes[mount.source] = found->second.spec;
  }
}

// A check that needs longer than the deadline would fail every rollout.
void CheckDeadline(Reader& reader, const ServiceDraft& draft) {
  const std::optional<HealthCheck>& check = draft.spec.container.health_check;
  if (!check.has_value() || check->disable) return;
  const auto or_default = [](absl::Duration value) {
    return value > absl::ZeroDuration() ? value : absl::Seconds(30);
  };
  const int retries = check->retries > 0 ? check->retries : 3;
  const absl::Duration needed =
      check->start_period + retries * (or_default(check->interval) + or_default(check->timeout));
  const absl::Duration deadline = draft.spec.rollout.deadline;
  if (deadline >= needed) return;
  const Reader::Below below(reader, "healthcheck");
  reader.Error(MarkOf(draft, "healthcheck"),
               "start_period + retries × (interval + timeout) is " + DurationText(needed) +
                   ", longer than the " + DurationText(deadline) +
                   " that an instance has to become healthy; raise x-quayside.rollout.deadline or "
                   "shorten the check");
}

// The service that a namespace is shared with, "" when none.
std::string SharedWith(const std::string& mode) {
  return mode.starts_with("service:") ? mode.substr(8) : std::string();
}

// A shared namespace is a dependency: the two are replaced together.
void AddSharedDependencies(ServiceDraft& draft) {
  ContainerSpec& container = draft.spec.container;
  const std::pair<const char*, const std::string*> modes[] = {
      {"network_mode", &container.network_mode},
      {"ipc", &container.ipc_mode},
      {"pid", &container.pid_mode}};
  for (const auto& [key, mode] : modes) {
    const std::string name = SharedWith(*mode);
    if (name.empty()) continue;
    const bool there =
        std::any_of(container.depends_on.begin(), container.depends_on.end(),
                    [&](const Dependency& each) { return each.service.value == name; });
    if (there) continue;
    container.depends_on.push_back({.service = ServiceName(name), .restart = true});
    draft.marks["depends_on." + name] = MarkOf(draft, key);
  }
}

// Two services that share a namespace must land on one host.
void WarnOfParting(Reader& reader, const Drafts& drafts, const ServiceDraft& draft) {
  const ContainerSpec& container = draft.spec.container;
  for (const std::string* mode :
       {&container.network_mode, &container.ipc_mode, &container.pid_mode}) {
    const auto other = drafts.find(SharedWith(*mode));
    if (other == drafts.end()) continue;
    const bool both_together =
        draft.spec.placement.together && other->second.spec.placement.together;
    const bool both_global =
        draft.spec.mode == ServiceMode::kGlobal && other->second.spec.mode == ServiceMode::kGlobal;
    if (both_together || both_global) continue;
    const Reader::Below below(reader, "services." + draft.spec.name.value);
    reader.Warn(draft.mark, "it shares a namespace with " + other->first +
                                ", and nothing keeps the two on one host; take replicas, mode and "
                                "placement out of both");
  }
}

// Finds a circle of dependencies by depth-first search; each service is entered once.
class CircleSearch {
 public:
  CircleSearch(Reader& reader, const Drafts& drafts) : reader_(reader), drafts_(drafts) {}

  void Run() {
    for (const auto& [name, draft] : drafts_) Visit(name);
  }

 private:
  struct Step {
    const ServiceDraft* draft;
    size_t next = 0;
  };

  // A stack of our own: a chain may be as long as there are services.
  void Visit(const std::string& start) {
    if (!done_.insert(start).second) return;
    std::vector<Step> stack = {{&drafts_.at(start)}};
    std::set<std::string> on_stack = {start};
    while (!stack.empty()) {
      Step& step = stack.back();
      const std::vector<Dependency>& needs = step.draft->spec.container.depends_on;
      if (step.next == needs.size()) {
        on_stack.erase(step.draft->spec.name.value);
        stack.pop_back();
        continue;
      }
      const std::string& name = needs[step.next++].service.value;
      if (on_stack.contains(name)) {
        const Reader::Below below(reader_,
                                  "services." + step.draft->spec.name.value + ".depends_on");
        reader_.Error(MarkOf(*step.draft, "depends_on." + name),
                      "the services depend on each other in a circle through " + name);
        continue;
      }
      const auto found = drafts_.find(name);
      if (found == drafts_.end() || !done_.insert(name).second) continue;
      on_stack.insert(name);
      stack.push_back({&found->second});
    }
  }

  Reader& reader_;
  const Drafts& drafts_;
  std::set<std::string> done_;
};

}  // namespace

void FinishService(Reader& reader, ProjectFiles& files, const Lookup& lookup,
                   Declarations& declared, ServiceDraft& draft) {
  FillEnvironment(reader, files, lookup, draft);
  if (draft.restart_policy.has_value()) draft.spec.container.restart = *draft.restart_policy;
  SettleReplicas(reader, draft);
  SettleNetworks(reader, declared, draft);
  SettleVolumes(reader, declared, draft);
  CheckDeadline(reader, draft);
  AddSharedDependencies(draft);
}

void CheckDependencies(Reader& reader, const std::map<std::string, Mark>& disabled,
                       Drafts& drafts) {
  for (auto& [name, draft] : drafts) {
    const Reader::Below below(reader, "services." + name + ".depends_on");
    std::vector<Dependency> kept;
    for (const Dependency& dependency : draft.spec.container.depends_on) {
      const std::string& other = dependency.service.value;
      if (drafts.contains(other)) {
        kept.push_back(dependency);
      } else if (dependency.required) {
        reader.Error(MarkOf(draft, "depends_on." + other),
                     disabled.contains(other)
                         ? "the service " + other +
                               " is of a profile that is not chosen; choose it with --profile, or "
                               "say required: false"
                         : "there is no service " + other.substr(0, 100));
      }
    }
    std::sort(kept.begin(), kept.end(),
              [](const Dependency& a, const Dependency& b) { return a.service < b.service; });
    draft.spec.container.depends_on = std::move(kept);
  }
  for (const auto& [name, draft] : drafts) WarnOfParting(reader, drafts, draft);
  CircleSearch(reader, drafts).Run();
}

}  // namespace quayside::compose
