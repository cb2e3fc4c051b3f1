#include "agent/docker/parse.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "agent/docker/create_body.h"
#include "agent/labels.h"
#include "agent/log_tail.h"
#include "agent/network_settings.h"
#include "common/base/status.h"
#include "common/net/json_view.h"

namespace quayside::agent::docker {
namespace {

using net::JsonView;

absl::StatusOr<JsonView> Read(std::string_view json, const char* what) {
  absl::StatusOr<JsonView> view = JsonView::Parse(json);
  if (view.ok()) return view;
  return Unavailable("the engine's answer about " + std::string(what) +
                     " cannot be read: " + Message(view.status()));
}

int32_t ToInt32(int64_t value) {
  return static_cast<int32_t>(std::clamp<int64_t>(value, std::numeric_limits<int32_t>::min(),
                                                  std::numeric_limits<int32_t>::max()));
}

int ToNumber(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string WithoutSlash(std::string name) { return name.starts_with('/') ? name.substr(1) : name; }

ContainerState ToState(const std::string& word) {
  if (word == "running") return ContainerState::kRunning;
  if (word == "paused") return ContainerState::kPaused;
  if (word == "restarting") return ContainerState::kRestarting;
  if (word == "removing") return ContainerState::kRemoving;
  if (word == "exited") return ContainerState::kExited;
  if (word == "dead") return ContainerState::kDead;
  return ContainerState::kCreated;
}

HealthState ToHealth(const std::string& word) {
  if (word == "starting") return HealthState::kStarting;
  if (word == "healthy") return HealthState::kHealthy;
  if (word == "unhealthy") return HealthState::kUnhealthy;
  return HealthState::kNone;
}

// A list tells health only in its sentence for people: "Up 3 minutes (healthy)".
HealthState HealthOfSentence(const std::string& status) {
  if (status.ends_with("(healthy)")) return HealthState::kHealthy;
  if (status.ends_with("(unhealthy)")) return HealthState::kUnhealthy;
  if (status.ends_with("(health: starting)")) return HealthState::kStarting;
  return HealthState::kNone;
}

ArmedPolicy ToPolicy(const std::string& name) {
  if (name.empty() || name == "no") return ArmedPolicy::kNo;
  return name == "unless-stopped" ? ArmedPolicy::kUnlessStopped : ArmedPolicy::kOther;
}

// "0001-01-01T00:00:00Z" is the engine's never.
absl::Time ToTime(const std::string& text) {
  absl::Time time;
  if (text.starts_with("0001-") || !absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    return absl::InfinitePast();
  }
  return time;
}

// "<none>:<none>" and "<none>@<none>" stand for "no name".
std::vector<std::string> WithoutNone(std::vector<std::string> names) {
  std::erase_if(names, [](const std::string& name) { return name.find("<none>") != name.npos; });
  return names;
}

// "80/tcp": [{"HostIp": …, "HostPort": "8080"}], null while not published.
std::vector<PublishedPort> ToPorts(const JsonView& ports) {
  std::vector<PublishedPort> published;
  for (const auto& [key, bindings] : ports.Members()) {
    const size_t slash = key.find('/');
    for (const JsonView& binding : bindings.Items()) {
      PublishedPort port;
      port.host_ip = binding["HostIp"].String();
      port.host_port = static_cast<uint32_t>(std::max(0, ToNumber(binding["HostPort"].String())));
      port.container_port = static_cast<uint32_t>(std::max(0, ToNumber(key)));
      port.protocol = slash == key.npos ? "tcp" : key.substr(slash + 1);
      if (std::find(published.begin(), published.end(), port) == published.end()) {
        published.push_back(std::move(port));
      }
    }
  }
  return published;
}

// "exit code 1: wget: can't connect": the last of the checks that the engine keeps, when it did not
// pass. Its output is a program's own, so that only its end is kept.
std::string FailedCheck(const JsonView& health) {
  constexpr int kLines = 3;
  constexpr size_t kBytes = 400;
  const std::vector<JsonView> checks = health["Log"].Items();
  if (checks.empty()) return "";
  const int64_t code = checks.back()["ExitCode"].Int();
  if (code == 0) return "";
  std::string output(absl::StripAsciiWhitespace(checks.back()["Output"].String()));
  output = absl::StrReplaceAll(Tail(output, kLines, kBytes), {{"\r", ""}, {"\n", " "}});
  if (code < 0) return output;  // the engine's own words: there was no exit
  return "exit code " + std::to_string(code) + (output.empty() ? "" : ": " + output);
}

std::vector<std::string> Keys(const JsonView& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.Members()) keys.push_back(key);
  return keys;
}

// Lists and inspections have them in the same place.
std::set<std::string> NetworksOf(const JsonView& container) {
  const std::vector<std::string> names = Keys(container["NetworkSettings"]["Networks"]);
  return {names.begin(), names.end()};
}

}  // namespace

absl::StatusOr<std::vector<ContainerRow>> ParseContainerList(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView list, Read(json, "its containers"));
  if (!list.is_array()) return Unavailable("the engine's list of containers is no list");
  std::vector<ContainerRow> rows;
  for (const JsonView& item : list.Items()) {
    ContainerRow row;
    row.id = item["Id"].String();
    if (row.id.empty()) continue;
    const std::vector<std::string> names = item["Names"].Strings();
    // A container that others link to has further names, with a slash inside.
    for (const std::string& name : names) {
      if (WithoutSlash(name).find('/') == name.npos) row.name = WithoutSlash(name);
    }
    row.labels = item["Labels"].StringMap();
    row.state = ToState(item["State"].String());
    row.health = HealthOfSentence(item["Status"].String());
    row.networks = NetworksOf(item);
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::StatusOr<ContainerDetail> ParseContainer(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, Read(json, "a container"));
  ContainerDetail detail;
  const JsonView config = view["Config"], state = view["State"], host = view["HostConfig"];
  detail.row.id = view["Id"].String();
  if (detail.row.id.empty()) return Unavailable("the engine's answer about a container has no id");
  detail.row.name = WithoutSlash(view["Name"].String());
  detail.row.labels = config["Labels"].StringMap();
  detail.row.state = ToState(state["Status"].String());
  detail.row.health = ToHealth(state["Health"]["Status"].String());
  detail.image_id = view["Image"].String();
  detail.image = config["Image"].String();
  detail.policy = ToPolicy(host["RestartPolicy"]["Name"].String());
  detail.restart_count = ToInt32(view["RestartCount"].Int());
  detail.exit_code = ToInt32(state["ExitCode"].Int());
  detail.oom_killed = state["OOMKilled"].Bool();
  detail.error = state["Error"].String();
  detail.failed_check = FailedCheck(state["Health"]);
  detail.started_at = ToTime(state["StartedAt"].String());
  detail.finished_at = ToTime(state["FinishedAt"].String());
  detail.ports = ToPorts(view["NetworkSettings"]["Ports"]);
  detail.row.networks = NetworksOf(view);
  for (const auto& [name, endpoint] : view["NetworkSettings"]["Networks"].Members()) {
    detail.addresses[name] = endpoint["IPAddress"].String();
  }
  detail.memory_bytes = host["Memory"].Int();
  detail.nano_cpus = host["NanoCpus"].Int();
  detail.host_network = host["NetworkMode"].String() == "host";
  detail.pid = ToInt32(state["Pid"].Int());
  for (const JsonView& mount : view["Mounts"].Items()) {
    if (mount["Type"].String() == "volume") detail.volume_names.push_back(mount["Name"].String());
  }
  return detail;
}

absl::StatusOr<ImageDetail> ParseImage(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, Read(json, "an image"));
  ImageDetail image;
  image.id = view["Id"].String();
  if (image.id.empty()) return Unavailable("the engine's answer about an image has no id");
  image.repo_digests = WithoutNone(view["RepoDigests"].Strings());
  image.repo_tags = WithoutNone(view["RepoTags"].Strings());
  image.os = view["Os"].String();
  image.arch = view["Architecture"].String();
  image.variant = view["Variant"].String();
  image.size_bytes = view["Size"].Int();
  image.created_at = ToTime(view["Created"].String());
  const JsonView config = view["Config"];
  image.volumes = Keys(config["Volumes"]);
  image.stop_signal = config["StopSignal"].String();
  const std::vector<std::string> test = config["Healthcheck"]["Test"].Strings();
  image.has_health_check = !test.empty() && test.front() != "NONE";
  return image;
}

absl::StatusOr<std::vector<std::string>> ParseImageEntrypoint(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, Read(json, "an image"));
  return view["Config"]["Entrypoint"].Strings();
}

absl::StatusOr<std::vector<ImageDetail>> ParseImageList(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView list, Read(json, "its images"));
  if (!list.is_array()) return Unavailable("the engine's list of images is no list");
  std::vector<ImageDetail> images;
  for (const JsonView& item : list.Items()) {
    ImageDetail image;
    image.id = item["Id"].String();
    if (image.id.empty()) continue;
    image.repo_digests = WithoutNone(item["RepoDigests"].Strings());
    image.repo_tags = WithoutNone(item["RepoTags"].Strings());
    image.size_bytes = item["Size"].Int();
    image.created_at = absl::FromUnixSeconds(item["Created"].Int());
    images.push_back(std::move(image));
  }
  return images;
}

absl::StatusOr<std::string> ParseCreatedId(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, Read(json, "what it created"));
  std::string id = view["Id"].String();
  if (id.empty()) id = view["Name"].String();
  if (id.empty()) return Unavailable("the engine did not say the id of what it created");
  return id;
}

absl::StatusOr<bool> ParseContainerTty(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, Read(json, "a container"));
  return view["Config"]["Tty"].Bool();
}

absl::StatusOr<std::vector<std::string>> ParseNames(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, Read(json, "its names"));
  std::vector<std::string> names;
  for (const JsonView& item : (view.is_array() ? view : view["Volumes"]).Items()) {
    if (std::string name = item["Name"].String(); !name.empty()) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<NetworkInspect> ParseNetwork(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, Read(json, "a network"));
  NetworkInspect network;
  network.id = view["Id"].String();
  if (network.id.empty()) return Unavailable("the engine's answer about a network has no id");
  network.spec.name = view["Name"].String();
  network.spec.driver = view["Driver"].String();
  network.spec.driver_opts = view["Options"].StringMap();
  network.spec.labels = view["Labels"].StringMap();
  network.spec.internal = view["Internal"].Bool();
  network.spec.attachable = view["Attachable"].Bool();
  network.spec.enable_ipv6 = view["EnableIPv6"].Bool();
  network.spec.ipam_driver = view["IPAM"]["Driver"].String();
  for (const JsonView& pool : view["IPAM"]["Config"].Items()) {
    network.spec.ipam_pools.push_back({pool["Subnet"].String(), pool["Gateway"].String(),
                                       pool["IPRange"].String(),
                                       pool["AuxiliaryAddresses"].StringMap()});
  }
  const auto label = network.spec.labels.find(kSettingsLabel);
  if (label != network.spec.labels.end()) network.settings_label = label->second;
  return network;
}

bool HasSettingsOf(const NetworkInspect& existing, const NetworkSpec& wanted) {
  if (!existing.settings_label.empty()) return existing.settings_label == SettingsDigest(wanted);
  const NetworkSpec& is = existing.spec;
  const std::string driver = wanted.driver.empty() ? "bridge" : wanted.driver;
  if (is.driver != driver || is.internal != wanted.internal ||
      is.enable_ipv6 != wanted.enable_ipv6) {
    return false;
  }
  for (const auto& [key, value] : wanted.driver_opts) {
    const auto found = is.driver_opts.find(key);
    if (found == is.driver_opts.end() || found->second != value) return false;
  }
  for (const IpamPool& pool : wanted.ipam_pools) {
    const bool found =
        std::any_of(is.ipam_pools.begin(), is.ipam_pools.end(), [&pool](const IpamPool& candidate) {
          return candidate.subnet == pool.subnet && candidate.ip_range == pool.ip_range &&
                 (pool.gateway.empty() || candidate.gateway == pool.gateway);
        });
    if (!found) return false;
  }
  return true;
}

absl::StatusOr<VolumeInspect> ParseVolume(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, Read(json, "a volume"));
  VolumeInspect volume;
  volume.spec.name = view["Name"].String();
  volume.spec.driver = view["Driver"].String();
  volume.spec.driver_opts = view["Options"].StringMap();
  volume.spec.labels = view["Labels"].StringMap();
  const auto label = volume.spec.labels.find(kSettingsLabel);
  if (label != volume.spec.labels.end()) volume.settings_label = label->second;
  return volume;
}

bool HasSettingsOf(const VolumeInspect& existing, const VolumeSpec& wanted) {
  if (!existing.settings_label.empty()) return existing.settings_label == SettingsDigest(wanted);
  return existing.spec.driver == (wanted.driver.empty() ? "local" : wanted.driver) &&
         existing.spec.driver_opts == wanted.driver_opts;
}

absl::StatusOr<ExecState> ParseExec(std::string_view json) {
  QS_ASSIGN_OR_RETURN(const JsonView view, Read(json, "a command"));
  return ExecState{view["Running"].Bool(), ToInt32(view["ExitCode"].Int()),
                   ToInt32(view["Pid"].Int())};
}

std::optional<EngineEvent> ParseEvent(std::string_view line) {
  const absl::StatusOr<JsonView> view = JsonView::Parse(line);
  if (!view.ok()) return std::nullopt;
  // `status`, `id` and `from` are gone since API 1.52: Type, Action and Actor are in all versions.
  EngineEvent event;
  event.kind = EngineEvent::Kind::kContainer;
  event.container = (*view)["Actor"]["ID"].String();
  event.action = (*view)["Action"].String();
  event.labels = (*view)["Actor"]["Attributes"].StringMap();
  const std::string type = (*view)["Type"].String();
  if (type == "network") {
    // Its actor is the network; of interest is the container that joined or left it.
    if (event.action != "connect" && event.action != "disconnect") return std::nullopt;
    event.action = "network_" + event.action;
    event.container = event.labels["container"];
    event.labels.clear();
  } else if (type != "container") {
    return std::nullopt;
  }
  if (event.container.empty()) return std::nullopt;
  if (const auto code = event.labels.find("exitCode"); code != event.labels.end()) {
    event.exit_code = ToNumber(code->second);
  }
  return event;
}

std::string ParseMultiplexed(std::string_view bytes) {
  constexpr size_t kHeader = 8;
  std::string text;
  while (bytes.size() >= kHeader) {
    const auto byte = [&bytes](size_t i) { return static_cast<unsigned char>(bytes[i]); };
    if (byte(0) > 2 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) break;
    const size_t length =
        size_t{byte(4)} << 24 | size_t{byte(5)} << 16 | size_t{byte(6)} << 8 | byte(7);
    text.append(bytes.substr(kHeader, length));
    bytes.remove_prefix(std::min(bytes.size(), kHeader + length));
  }
  return text;
}

}  // namespace quayside::agent::docker
