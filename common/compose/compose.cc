#include "common/compose/compose.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "common/base/nearest.h"
#include "common/base/status.h"
#include "common/compose/key_rule.h"
#include "common/compose/keys.h"
#include "common/compose/networks.h"
#include "common/compose/problems.h"
#include "common/compose/project.h"
#include "common/compose/project_files.h"
#include "common/compose/quayside_keys.h"
#include "common/compose/service_finish.h"
#include "common/compose/service_keys.h"
#include "common/compose/unit_loader.h"
#include "common/model/validate.h"

namespace quayside::compose {
namespace {

// The top of a file while it is read.
struct AppDraft {
  const LoadOptions* options = nullptr;
  std::string project;
  std::set<std::string> profiles;
  Drafts services;
  std::map<std::string, Mark> disabled;
  Declarations declared;
};

bool IsServiceName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

// A service that names profiles is there when one of them is chosen.
bool IsEnabled(const Node& service, const std::set<std::string>& chosen) {
  const Node* profiles = Find(service, "profiles");
  if (profiles == nullptr || profiles->items.empty() || chosen.contains("*")) return true;
  return std::any_of(profiles->items.begin(), profiles->items.end(),
                     [&](const Node& profile) { return chosen.contains(profile.text); });
}

void ReadServices(Reader& reader, const Node& node, AppDraft& app) {
  if (!reader.ExpectMap(node)) return;
  for (const Entry& entry : node.entries) {
    if (entry.key.starts_with("x-")) continue;
    const Reader::Below below(reader, entry.key);
    if (!IsServiceName(entry.key)) {
      reader.Error(entry.key_mark, "a service's name has letters, digits, ., _ and - only");
      continue;
    }
    // What is not enabled is not looked into: a file may hold services for development only.
    if (!IsEnabled(entry.value, app.profiles)) {
      app.disabled.emplace(entry.key, entry.key_mark);
      continue;
    }
    ServiceDraft draft;
    draft.mark = entry.key_mark;
    draft.spec.name = ServiceName(entry.key);
    draft.spec.rollback.failure_action = FailureAction::kPause;  // going back is never rolled back
    if (entry.value.IsNull()) {
      reader.Error(entry.key_mark, "the service is empty; it needs an image");
      continue;
    }
    ReadService(reader, entry.value, draft);
    app.services.emplace(entry.key, std::move(draft));
  }
}

constexpr std::array kTopKeys = {
    Honoured<AppDraft>("name", "the app's name; -p and COMPOSE_PROJECT_NAME win",
                       // Settled before anything is interpolated (project.h).
                       [](Reader&, const Node&, AppDraft&) {}),
    Accepted<AppDraft>("version", "obsolete in Compose too"),
    Honoured<AppDraft>("services", "see below", ReadServices),
    Honoured<AppDraft>("networks", "made on each host where a service needs them; see below",
                       [](Reader& reader, const Node& node, AppDraft& app) {
                         app.declared.networks = ReadNetworks(reader, node, app.project);
                       }),
    Honoured<AppDraft>("volumes", "made on each host where a service needs them; see below",
                       [](Reader& reader, const Node& node, AppDraft& app) {
                         app.declared.volumes = ReadNamedVolumes(reader, node, app.project);
                       }),
    Honoured<AppDraft>("include",
                       "other files, short and long form; a name that both have must "
                       "have the same content",
                       // Resolved while the files are merged (unit_loader.h).
                       [](Reader&, const Node&, AppDraft&) {}),
    Honoured<AppDraft>("x-quayside", "defaults for every service; see below",
                       // Handed down to the services first (quayside_keys.h).
                       [](Reader&, const Node&, AppDraft&) {}),
    Refused<AppDraft>("secrets",
                      "this version has no secrets; use env_file or a bind of a file on "
                      "the host"),
    Refused<AppDraft>("configs",
                      "put the files into the image, or bind absolute paths of the host"),
    Refused<AppDraft>("models", "run the model as a service"),
};

void SetImages(Reader& reader, AppDraft& app) {
  for (const auto& [name, image] : app.options->set_images) {
    const auto found = app.services.find(name);
    if (found == app.services.end()) {
      std::vector<std::string_view> names;
      for (const auto& [each, draft] : app.services) names.push_back(each);
      const std::string_view nearest = NearWord(name, names);
      reader.problems().Error(
          {}, "--set-image",
          "there is no service " + name.substr(0, 100) +
              (nearest.empty() ? std::string() : "; did you mean " + std::string(nearest) + "?"));
      continue;
    }
    found->second.spec.container.image = image;
  }
}

void FinishServices(Reader& reader, const Project& project, ProjectFiles& files, AppDraft& app) {
  const Lookup lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = project.variables.find(std::string(name));
    if (found == project.variables.end()) return std::nullopt;
    return found->second;
  };
  DeclaredNetwork usual;
  usual.spec.name = app.project + "_default";
  app.declared.networks.try_emplace("default", std::move(usual));
  for (auto& [name, draft] : app.services) {
    const Reader::Below below(reader, "services." + name);
    if (draft.spec.container.image.empty()) {
      reader.Error(draft.mark, "the service has no image; name one under image");
    }
    FinishService(reader, files, lookup, app.declared, draft);
  }
  CheckDependencies(reader, app.disabled, app.services);
}

void WarnOfUnused(Reader& reader, const AppDraft& app) {
  // With a profile left out, what only its services use is unused on purpose.
  if (!app.disabled.empty()) return;
  for (const auto& [key, network] : app.declared.networks) {
    if (network.used || network.mark.file < 0) continue;
    const Reader::Below below(reader, "networks." + key);
    reader.Warn(network.mark, "no service uses it, so it is not made");
  }
  for (const auto& [key, volume] : app.declared.volumes) {
    if (volume.used) continue;
    const Reader::Below below(reader, "volumes." + key);
    reader.Warn(volume.mark, "no service uses it, so it is not made");
  }
}

std::set<std::string> Profiles(const LoadOptions& options, const Project& project) {
  std::set<std::string> profiles(options.profiles.begin(), options.profiles.end());
  const auto found = project.variables.find("COMPOSE_PROFILES");
  if (!profiles.empty() || found == project.variables.end()) return profiles;
  std::string_view rest = found->second;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    if (comma != 0) profiles.emplace(rest.substr(0, comma));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return profiles;
}

AppSpec ReadApp(const LoadOptions& options, ProjectFiles& files, Project& project,
                Problems& problems) {
  Reader reader(problems);
  AppDraft app;
  app.options = &options;
  app.project = project.name;
  app.profiles = Profiles(options, project);
  FoldDefaults(reader, project.root);
  if (const Entry* version = FindEntry(project.root, "version")) {
    problems.Warn(version->key_mark, "version", "obsolete and without effect; take it out");
  }
  ReadKeys<AppDraft>(reader, project.root, kTopKeys, app);
  SetImages(reader, app);
  FinishServices(reader, project, files, app);
  WarnOfUnused(reader, app);
  if (problems.ok() && app.services.empty()) {
    problems.Error({}, project.name,
                   app.disabled.empty()
                       ? "there is no service; the file needs services with at least one"
                       : "no service is enabled; choose a profile with --profile");
  }
  AppSpec spec;
  spec.name = AppName(project.name);
  for (auto& [name, draft] : app.services) spec.services.push_back(std::move(draft.spec));
  return spec;
}

}  // namespace

absl::StatusOr<LoadedApp> Load(const LoadOptions& options) {
  if (options.files.empty()) {
    return InvalidArgument("No compose file was named; name one with -f compose.yaml");
  }
  if (options.files.size() > kMaxProjectFiles) {
    return InvalidArgument("More than " + std::to_string(kMaxProjectFiles) +
                           " compose files were named");
  }
  Problems problems(options.ignore_unsupported);
  ProjectFiles files(problems);
  Project project = LoadProject(options, files, problems);
  LoadedApp loaded;
  if (!project.complete) return problems.ToStatus();
  loaded.spec = ReadApp(options, files, project, problems);
  QS_RETURN_IF_ERROR(problems.ToStatus());
  QS_RETURN_IF_ERROR(ValidateAppSpec(loaded.spec));
  loaded.warnings = problems.warnings();
  return loaded;
}

std::string_view StatusName(KeyStatus status) {
  switch (status) {
    case KeyStatus::kHonoured:
      return "honoured";
    case KeyStatus::kAccepted:
      return "accepted";
    case KeyStatus::kRefused:
      return "refused";
  }
  return "";
}

std::vector<KeyDoc> AllKeys() {
  std::vector<KeyDoc> docs;
  AppendDocs<AppDraft>("", kTopKeys, docs);
  AppendIncludeKeys(docs);
  AppendServiceKeys(docs);
  AppendNetworkKeys(docs);
  AppendQuaysideKeys(docs);
  return docs;
}

}  // namespace quayside::compose
