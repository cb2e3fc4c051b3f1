#include "common/compose/service_values.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <arpa/inet.h>

#include "common/base/status.h"
#include "common/compose/merge.h"
#include "common/compose/ports.h"
#include "common/compose/scalar.h"
#include "common/compose/shell_words.h"

namespace quayside::compose {
namespace {

void ReadWords(Reader& reader, const Node& node, std::optional<std::vector<std::string>>& into) {
  std::vector<std::string> words;
  if (node.IsScalar()) {
    absl::StatusOr<std::vector<std::string>> split = ShellWords(node.text);
    if (!split.ok()) return reader.Error(node.mark, Message(split.status()));
    words = *std::move(split);
  } else if (!reader.Texts(node, words)) {
    return;
  }
  into = std::move(words);
}

// ---- env_file ----

constexpr std::array kEnvFileKeys = {
    Honoured<EnvFileEntry>("path", "relative to the file that names it",
                           [](Reader& reader, const Node& node, EnvFileEntry& entry) {
                             reader.Text(node, entry.path);
                           }),
    Honoured<EnvFileEntry>("required", "true unless set; false: a missing file is no error",
                           [](Reader& reader, const Node& node, EnvFileEntry& entry) {
                             reader.Flag(node, entry.required);
                           }),
    Honoured<EnvFileEntry>("format", "raw: nothing in a value is special",
                           [](Reader& reader, const Node& node, EnvFileEntry& entry) {
                             std::string text;
                             entry.raw = reader.Choice(node, {"raw"}, text);
                           }),
};

// ---- healthcheck ----

void ReadTest(Reader& reader, const Node& node, HealthCheck& check) {
  if (node.IsScalar()) {
    check.test = {"CMD-SHELL", node.text};
    if (node.text.empty()) reader.Error(node.mark, "the test is empty");
    return;
  }
  std::vector<std::string> test;
  if (!reader.Texts(node, test)) return;
  const std::string kind = test.empty() ? "" : test.front();
  if (kind == "NONE" && test.size() == 1) {
    check.disable = true;
  } else if ((kind == "CMD" && test.size() > 1) || (kind == "CMD-SHELL" && test.size() == 2)) {
    check.test = std::move(test);
  } else {
    reader.Error(node.mark,
                 "the list begins with CMD and an argument vector, or is [CMD-SHELL, \"command\"] "
                 "or [NONE]");
  }
}

template <absl::Duration HealthCheck::*member>
void CheckDuration(Reader& reader, const Node& node, HealthCheck& check) {
  reader.Duration(node, check.*member);
}

constexpr std::array kHealthKeys = {
    Honoured<HealthCheck>("test",
                          "a text runs in the image's shell; a list begins with CMD, "
                          "CMD-SHELL or NONE",
                          ReadTest),
    Honoured<HealthCheck>("interval", "the engine's default (30s) unless set",
                          CheckDuration<&HealthCheck::interval>),
    Honoured<HealthCheck>("timeout", "the engine's default (30s) unless set",
                          CheckDuration<&HealthCheck::timeout>),
    Honoured<HealthCheck>("retries", "the engine's default (3) unless set",
                          [](Reader& reader, const Node& node, HealthCheck& check) {
                            reader.Integer(node, 0, 10'000, check.retries);
                          }),
    Honoured<HealthCheck>("start_period", "failures in it do not count",
                          CheckDuration<&HealthCheck::start_period>),
    Honoured<HealthCheck>("start_interval", "the interval in start_period; engines from API 1.44",
                          CheckDuration<&HealthCheck::start_interval>),
    Honoured<HealthCheck>("disable", "no check, also not the image's own",
                          [](Reader& reader, const Node& node, HealthCheck& check) {
                            bool disable = false;
                            if (reader.Flag(node, disable)) check.disable = disable;
                          }),
};

// ---- depends_on ----

constexpr std::array kDependencyKeys = {
    Honoured<Dependency>(
        "condition",
        "service_started, service_healthy or service_completed_successfully, on "
        "the same host",
        [](Reader& reader, const Node& node, Dependency& dependency) {
          std::string text;
          if (!reader.Choice(
                  node, {"service_started", "service_healthy", "service_completed_successfully"},
                  text)) {
            return;
          }
          dependency.condition = text == "service_started" ? DependencyCondition::kStarted
                                 : text == "service_healthy"
                                     ? DependencyCondition::kHealthy
                                     : DependencyCondition::kCompletedSuccessfully;
        }),
    Honoured<Dependency>("required", "false: a service that is absent does not block",
                         [](Reader& reader, const Node& node, Dependency& dependency) {
                           reader.Flag(node, dependency.required);
                         }),
    Honoured<Dependency>("restart", "replaced together with the service it depends on",
                         [](Reader& reader, const Node& node, Dependency& dependency) {
                           reader.Flag(node, dependency.restart);
                         }),
};

// ---- ulimits, devices, logging ----

constexpr std::array kUlimitKeys = {
    Honoured<Ulimit>("soft", "-1 = unlimited",
                     [](Reader& reader, const Node& node, Ulimit& limit) {
                       reader.Integer(node, -1, INT64_MAX, limit.soft);
                     }),
    Honoured<Ulimit>("hard", "-1 = unlimited",
                     [](Reader& reader, const Node& node, Ulimit& limit) {
                       reader.Integer(node, -1, INT64_MAX, limit.hard);
                     }),
};

template <std::string DeviceSpec::*member>
void DeviceText(Reader& reader, const Node& node, DeviceSpec& device) {
  reader.Text(node, device.*member);
}

constexpr std::array kDeviceKeys = {
    Honoured<DeviceSpec>("source", "the device file on the host",
                         DeviceText<&DeviceSpec::host_path>),
    Honoured<DeviceSpec>("target", "in the container; the same path unless set",
                         DeviceText<&DeviceSpec::container_path>),
    Honoured<DeviceSpec>("permissions", "of r, w, m; rwm unless set",
                         DeviceText<&DeviceSpec::permissions>),
};

constexpr std::array kLoggingKeys = {
    Honoured<ContainerSpec>("driver", "the engine's default unless set",
                            [](Reader& reader, const Node& node, ContainerSpec& container) {
                              reader.Text(node, container.log_driver);
                            }),
    Honoured<ContainerSpec>("options", "handed to the driver",
                            [](Reader& reader, const Node& node, ContainerSpec& container) {
                              reader.TextMap(node, container.log_options);
                            }),
};

// "HOST[:CONTAINER[:PERMISSIONS]]"
DeviceSpec ShortDevice(const std::string& text) {
  DeviceSpec device;
  const size_t first = text.find(':');
  device.host_path = text.substr(0, first);
  if (first == std::string::npos) return device;
  const size_t second = text.find(':', first + 1);
  device.container_path = text.substr(first + 1, second - first - 1);
  if (second != std::string::npos) {
    device.permissions = text.substr(second + 1);
  } else if (!device.container_path.starts_with('/')) {
    device.permissions = std::exchange(device.container_path, "");
  }
  return device;
}

void CheckDevice(Reader& reader, const Mark& mark, DeviceSpec& device) {
  if (device.container_path.empty()) device.container_path = device.host_path;
  if (!device.host_path.starts_with('/')) {
    reader.Unsupported(mark, "\"" + device.host_path.substr(0, 60) +
                                 "\" is not a device file; name one like /dev/ttyUSB0");
  } else if (!device.container_path.starts_with('/')) {
    reader.Error(mark, "the device's place in the container must be an absolute path");
  } else if (device.permissions.empty() ||
             device.permissions.find_first_not_of("rwm") != std::string::npos) {
    reader.Error(mark, "the device's permissions are letters of rwm");
  }
}

}  // namespace

void ReadCommand(Reader& reader, const Node& node, ServiceDraft& draft) {
  ReadWords(reader, node, draft.spec.container.command);
}

void ReadEntrypoint(Reader& reader, const Node& node, ServiceDraft& draft) {
  ReadWords(reader, node, draft.spec.container.entrypoint);
}

void ReadEnvironment(Reader& reader, const Node& node, ServiceDraft& draft) {
  const Node map = KeyValueMap(node);
  if (!reader.ExpectMap(map)) return;
  draft.marks["environment"] = node.mark;
  for (const Entry& entry : map.entries) {
    const Reader::Below below(reader, entry.key);
    std::string value;
    if (entry.key.empty() || entry.key.find('=') != std::string::npos) {
      reader.Error(entry.key_mark, "the name of a variable is not empty and has no =");
    } else if (entry.value.IsNull()) {
      draft.environment[entry.key] = std::nullopt;
    } else if (reader.Text(entry.value, value)) {
      draft.environment[entry.key] = std::move(value);
    }
  }
}

void ReadEnvFile(Reader& reader, const Node& node, ServiceDraft& draft) {
  Node list = node;
  if (!node.IsSequence()) {
    list = MakeSequence(node.mark);
    list.items.push_back(node);
  }
  for (const Node& item : list.items) {
    EnvFileEntry entry;
    entry.mark = item.mark;
    if (item.IsMap()) {
      ReadKeys<EnvFileEntry>(reader, item, kEnvFileKeys, entry);
    } else if (!reader.Text(item, entry.path)) {
      continue;
    }
    if (entry.path.empty()) {
      reader.Error(item.mark, "the path is empty");
    } else {
      draft.env_files.push_back(std::move(entry));
    }
  }
}

void ReadHealthCheck(Reader& reader, const Node& node, ServiceDraft& draft) {
  HealthCheck check;
  ReadKeys<HealthCheck>(reader, node, kHealthKeys, check);
  if (check.disable) {
    // A check that is switched off has no other settings.
    check = HealthCheck{};
    check.disable = true;
  }
  draft.marks["healthcheck"] = node.mark;
  draft.spec.container.health_check = std::move(check);
}

void ReadRestart(Reader& reader, const Node& node, ServiceDraft& draft) {
  std::string text;
  if (!reader.Text(node, text)) return;
  RestartSpec restart;
  const size_t colon = text.find(':');
  const std::string_view word = std::string_view(text).substr(0, colon);
  if (word == "on-failure") {
    restart.condition = RestartSpec::Condition::kOnFailure;
    if (colon != std::string::npos) {
      const absl::StatusOr<int64_t> attempts =
          ParseInteger(std::string_view(text).substr(colon + 1), 0, 1'000'000);
      if (!attempts.ok()) return reader.Error(node.mark, Message(attempts.status()));
      restart.max_attempts = static_cast<int32_t>(*attempts);
    }
  } else if (text == "no" || text == "false") {
    restart.condition = RestartSpec::Condition::kNone;
  } else if (text != "always" && text != "unless-stopped") {
    return reader.Error(node.mark, "\"" + text.substr(0, 60) +
                                       "\" is not no, always, unless-stopped or on-failure[:N]");
  }
  draft.spec.container.restart = restart;
}

void ReadDependsOn(Reader& reader, const Node& node, ServiceDraft& draft) {
  const Node map = NameMap(node);
  if (!reader.ExpectMap(map)) return;
  for (const Entry& entry : map.entries) {
    const Reader::Below below(reader, entry.key);
    Dependency dependency;
    dependency.service = ServiceName(entry.key);
    if (!entry.value.IsNull()) {
      ReadKeys<Dependency>(reader, entry.value, kDependencyKeys, dependency);
    }
    draft.marks["depends_on." + entry.key] = entry.key_mark;
    draft.spec.container.depends_on.push_back(std::move(dependency));
  }
}

void ReadExpose(Reader& reader, const Node& node, ServiceDraft& draft) {
  std::vector<std::string> texts;
  if (!reader.ExpectSequence(node) || !reader.Texts(node, texts)) return;
  std::vector<std::string>& expose = draft.spec.container.expose;
  for (size_t i = 0; i < texts.size(); ++i) {
    const absl::StatusOr<std::vector<std::string>> ports = ParseExpose(texts[i]);
    if (!ports.ok()) {
      reader.Error(node.items[i].mark, Message(ports.status()));
      continue;
    }
    for (const std::string& port : *ports) {
      if (std::find(expose.begin(), expose.end(), port) == expose.end()) expose.push_back(port);
    }
  }
}

void ReadExtraHosts(Reader& reader, const Node& node, ServiceDraft& draft) {
  const auto add = [&](const Mark& mark, const std::string& name, std::string address) {
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
      address = address.substr(1, address.size() - 2);
    }
    unsigned char buffer[sizeof(in6_addr)];
    const bool good = address == "host-gateway" ||
                      inet_pton(AF_INET, address.c_str(), buffer) == 1 ||
                      inet_pton(AF_INET6, address.c_str(), buffer) == 1;
    if (name.empty() || !good) {
      reader.Error(mark,
                   "an extra host is NAME:ADDRESS, the address an IP address or host-gateway");
      return;
    }
    draft.spec.container.extra_hosts.push_back(name + ":" + address);
  };
  if (node.IsMap()) {
    for (const Entry& entry : node.entries) {
      std::vector<std::string> addresses;
      if (!reader.Texts(entry.value, addresses)) continue;
      for (const std::string& address : addresses) add(entry.value.mark, entry.key, address);
    }
    return;
  }
  std::vector<std::string> texts;
  if (!reader.ExpectSequence(node) || !reader.Texts(node, texts)) return;
  for (size_t i = 0; i < texts.size(); ++i) {
    const size_t separator = std::min(texts[i].find('='), texts[i].find(':'));
    const std::string address =
        separator == std::string::npos ? std::string() : texts[i].substr(separator + 1);
    add(node.items[i].mark, texts[i].substr(0, separator), address);
  }
}

void ReadUlimits(Reader& reader, const Node& node, ServiceDraft& draft) {
  if (!reader.ExpectMap(node)) return;
  for (const Entry& entry : node.entries) {
    const Reader::Below below(reader, entry.key);
    Ulimit limit;
    limit.name = entry.key;
    if (entry.value.IsMap()) {
      ReadKeys<Ulimit>(reader, entry.value, kUlimitKeys, limit);
      if (Find(entry.value, "soft") == nullptr || Find(entry.value, "hard") == nullptr) {
        reader.Error(entry.key_mark, "a limit is a number, or has soft and hard");
      }
    } else if (reader.Integer(entry.value, -1, INT64_MAX, limit.soft)) {
      limit.hard = limit.soft;
    }
    draft.spec.container.ulimits.push_back(std::move(limit));
  }
  std::sort(draft.spec.container.ulimits.begin(), draft.spec.container.ulimits.end(),
            [](const Ulimit& a, const Ulimit& b) { return a.name < b.name; });
}

void ReadDevices(Reader& reader, const Node& node, ServiceDraft& draft) {
  if (!reader.ExpectSequence(node)) return;
  for (const Node& item : node.items) {
    DeviceSpec device;
    std::string text;
    if (item.IsMap()) {
      ReadKeys<DeviceSpec>(reader, item, kDeviceKeys, device);
    } else if (reader.Text(item, text)) {
      device = ShortDevice(text);
    } else {
      continue;
    }
    CheckDevice(reader, item.mark, device);
    draft.spec.container.devices.push_back(std::move(device));
  }
}

void ReadLogging(Reader& reader, const Node& node, ServiceDraft& draft) {
  ReadKeys<ContainerSpec>(reader, node, kLoggingKeys, draft.spec.container);
}

void ReadSwapLimit(Reader& reader, const Node& node, ServiceDraft& draft) {
  int64_t& into = draft.spec.container.resources.memory_swap_bytes;
  if (node.IsScalar() && node.text == "-1") {
    into = -1;
  } else {
    reader.Bytes(node, into);
  }
}

void ReadPullPolicy(Reader& reader, const Node& node, ServiceDraft& draft) {
  std::string text;
  if (!reader.Text(node, text)) return;
  if (text == "build") {
    reader.Unsupported(node.mark,
                       "not supported with build; build and push the image, then name it "
                       "under image");
    return;
  }
  if (text.starts_with("every_")) {
    const absl::StatusOr<absl::Duration> period = ParseDuration(text.substr(6));
    if (!period.ok()) return reader.Error(node.mark, Message(period.status()));
  } else if (text != "daily" && text != "weekly" &&
             !reader.Choice(node, {"always", "never", "missing", "if_not_present"}, text)) {
    return;
  }
  draft.spec.pull_policy = text;
  reader.Warn(node.mark,
              "accepted, and changes nothing: a revision names its images by digest, so a "
              "pull cannot change what runs");
}

void ReadNamespace(Reader& reader, const Node& node, const std::vector<std::string_view>& words,
                   bool service, std::string& into) {
  std::string text;
  if (!reader.Text(node, text)) return;
  if (text.starts_with("container:")) {
    reader.Unsupported(node.mark,
                       "joining a container that is not of the app is not supported; make "
                       "it a service and say service:NAME");
    return;
  }
  if (service && text.starts_with("service:") && text.size() > 8) {
    into = text;
    return;
  }
  if (std::find(words.begin(), words.end(), text) != words.end()) {
    into = text;
    return;
  }
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  if (service) list += ", service:NAME";
  reader.Error(node.mark, "\"" + text.substr(0, 60) + "\" is not one of " + list);
}

void AppendServiceValueKeys(std::vector<KeyDoc>& docs) {
  AppendDocs<EnvFileEntry>("services.*.env_file[].", kEnvFileKeys, docs);
  AppendDocs<HealthCheck>("services.*.healthcheck.", kHealthKeys, docs);
  AppendDocs<Dependency>("services.*.depends_on.*.", kDependencyKeys, docs);
  AppendDocs<Ulimit>("services.*.ulimits.*.", kUlimitKeys, docs);
  AppendDocs<DeviceSpec>("services.*.devices[].", kDeviceKeys, docs);
  AppendDocs<ContainerSpec>("services.*.logging.", kLoggingKeys, docs);
}

}  // namespace quayside::compose
