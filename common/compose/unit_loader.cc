#include "common/compose/unit_loader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "common/compose/interpolate.h"
#include "common/compose/merge.h"
#include "common/compose/project.h"
#include "common/compose/quayside_keys.h"

namespace quayside::compose {
namespace {

// Makes the env_file paths of a service independent of the directory that they are seen from.
void ResolveEnvFiles(Node& service, const std::string& directory) {
  Node* env_file = Find(service, "env_file");
  if (env_file == nullptr) return;
  const auto resolve = [&](Node& node) {
    if (node.IsScalar() && !node.text.empty()) node.text = Resolve(directory, node.text);
    if (Node* path = Find(node, "path");
        path != nullptr && path->IsScalar() && !path->text.empty()) {
      path->text = Resolve(directory, path->text);
    }
  };
  resolve(*env_file);
  for (Node& item : env_file->items) resolve(item);
}

// Gives the variables that stand without a value in `environment` the value of this unit's.
void FillEnvironment(Node& service, const Lookup& lookup) {
  Node* environment = Find(service, "environment");
  if (environment == nullptr) return;
  *environment = KeyValueMap(*environment);
  for (Entry& entry : environment->entries) {
    if (!entry.value.IsNull() || !entry.value.tag.empty()) continue;
    if (const auto value = lookup(entry.key)) {
      entry.value = MakeScalar(*value, true, entry.key_mark);
    }
  }
}

void PrepareServices(Node& root, const std::string& directory, const Lookup& lookup) {
  Node* services = Find(root, "services");
  if (services == nullptr) return;
  for (Entry& entry : services->entries) {
    ResolveEnvFiles(entry.value, directory);
    FillEnvironment(entry.value, lookup);
  }
}

}  // namespace

Node UnitLoader::Load(std::vector<SourceDocument> documents, const std::string& directory,
                      const Lookup& lookup) {
  Node merged = MakeMap();
  for (SourceDocument& document : documents) {
    Node& root = document.root;
    InterpolateTree(root, "", lookup, problems_);
    PrepareServices(root, directory, lookup);
    if (Node* services = Find(root, "services"); services != nullptr && services->IsMap()) {
      for (size_t i = 0; i < services->entries.size(); ++i) {
        Extend(*services, services->entries[i].key, document.path, directory, lookup);
      }
    }
    Include(root, directory, lookup);
    merged = Merge(std::move(merged), root, {});
  }
  return merged;
}

void UnitLoader::Extend(Node& services, const std::string& name, const std::string& path,
                        const std::string& directory, const Lookup& lookup) {
  Node* service = Find(services, name);
  if (service == nullptr || !service->IsMap()) return;
  const Entry* found = FindEntry(*service, "extends");
  if (found == nullptr) return;
  const Entry extends = *found;
  const std::string key = "services." + name + ".extends";
  const ServiceId id{path, name};
  if (std::find(extending_.begin(), extending_.end(), id) != extending_.end()) {
    problems_.Error(extends.key_mark, key, "the services extend each other in a circle");
    Remove(*service, "extends");
    return;
  }
  extending_.push_back(id);
  const Node* base = Base(extends.value, name, services, path, directory, lookup);
  extending_.pop_back();
  Remove(*service, "extends");
  if (base == nullptr) return;
  nodes_copied_ += CountNodes(*base);
  if (nodes_copied_ > kMaxProjectNodes) {
    problems_.Error(extends.key_mark, key,
                    "more than " + std::to_string(kMaxProjectNodes) + " values through extends");
    return;
  }
  *service = Merge(*base, *service, {"services", name});
}

const Node* UnitLoader::Base(const Node& extends, const std::string& name, Node& services,
                             const std::string& path, const std::string& directory,
                             const Lookup& lookup) {
  const std::string key = "services." + name + ".extends";
  Node service_name = extends;
  const Node* file = nullptr;
  if (extends.IsMap()) {
    Reader reader(problems_);
    const Reader::Below below(reader, key);
    for (const Entry& entry : extends.entries) {
      const Reader::Below inside(reader, entry.key);
      if (entry.key != "service" && entry.key != "file") {
        reader.UnknownKey(entry, {"service", "file"});
      }
    }
    const Node* wanted = Find(extends, "service");
    service_name = wanted != nullptr ? *wanted : Node{};
    file = Find(extends, "file");
  }
  const bool file_wrong = file != nullptr && (!file->IsScalar() || file->text.empty());
  if (!service_name.IsScalar() || service_name.text.empty() || file_wrong) {
    problems_.Error(extends.mark, key, "a service name, or a map of service and file, is expected");
    return nullptr;
  }
  Node* others = &services;
  std::string other_path = path;
  std::string other_directory = directory;
  if (file != nullptr) {
    other_path = Resolve(directory, file->text);
    other_directory = DirectoryOf(other_path);
    others = ServicesOf(other_path, {file->mark, key + ".file"}, lookup);
    if (others == nullptr) return nullptr;
  }
  if (Find(*others, service_name.text) == nullptr) {
    problems_.Error(
        service_name.mark, key,
        "there is no service " + service_name.text.substr(0, 100) + " in " + other_path);
    return nullptr;
  }
  Extend(*others, service_name.text, other_path, other_directory, lookup);
  return Find(*others, service_name.text);
}

Node* UnitLoader::ServicesOf(const std::string& path, const ProjectFiles::NamedAt& at,
                             const Lookup& lookup) {
  auto found = extended_files_.find(path);
  if (found == extended_files_.end()) {
    std::optional<std::vector<Node>> documents = files_.ReadCompose(path, at);
    if (!documents.has_value()) return nullptr;
    Node root = MakeMap();
    for (Node& document : *documents) {
      InterpolateTree(document, "", lookup, problems_);
      PrepareServices(document, DirectoryOf(path), lookup);
      root = Merge(std::move(root), document, {});
    }
    found = extended_files_.emplace(path, std::move(root)).first;
  }
  Node* services = Find(found->second, "services");
  if (services == nullptr || !services->IsMap()) {
    problems_.Error(at.mark, at.key, path + " has no services");
    return nullptr;
  }
  return services;
}

void UnitLoader::Include(Node& root, const std::string& directory, const Lookup& lookup) {
  const Entry* found = FindEntry(root, "include");
  if (found == nullptr) return;
  const Entry include = *found;
  Remove(root, "include");
  if (include.value.IsNull()) return;
  if (!include.value.IsSequence()) {
    problems_.Error(include.key_mark, "include", "a list of files is expected");
    return;
  }
  for (const Node& item : include.value.items) IncludeOne(item, root, directory, lookup);
}

namespace {

// What one entry of `include` says.
struct IncludeEntry {
  std::vector<std::string> paths;
  std::string project_directory;
  std::vector<std::string> env_files;
};

constexpr std::array kIncludeKeys = {
    Honoured<IncludeEntry>("path", "a file, or several that are merged",
                           [](Reader& reader, const Node& node, IncludeEntry& entry) {
                             reader.Texts(node, entry.paths);
                           }),
    Honoured<IncludeEntry>("project_directory",
                           "relative paths are seen from it; the directory of the file unless set",
                           [](Reader& reader, const Node& node, IncludeEntry& entry) {
                             reader.Text(node, entry.project_directory);
                           }),
    Honoured<IncludeEntry>("env_file",
                           "variables for its interpolation; .env in its directory unless set",
                           [](Reader& reader, const Node& node, IncludeEntry& entry) {
                             reader.Texts(node, entry.env_files);
                           }),
};

}  // namespace

void UnitLoader::IncludeOne(const Node& item, Node& root, const std::string& directory,
                            const Lookup& lookup) {
  Reader reader(problems_);
  const Reader::Below below(reader, "include");
  IncludeEntry entry;
  if (item.IsMap()) {
    ReadKeys<IncludeEntry>(reader, item, kIncludeKeys, entry);
  } else {
    std::string path;
    if (!reader.Text(item, path)) return;
    entry.paths = {path};
  }
  if (entry.paths.empty() || entry.paths.front().empty()) {
    return reader.Error(item.mark, "a path is expected");
  }
  const std::string first = Resolve(directory, entry.paths.front());
  if (std::find(including_.begin(), including_.end(), first) != including_.end()) {
    return reader.Error(item.mark, "the files include each other in a circle");
  }
  const std::string project_directory = entry.project_directory.empty()
                                            ? DirectoryOf(first)
                                            : Resolve(directory, entry.project_directory);
  std::vector<std::string> env_files;
  for (const std::string& path : entry.env_files) env_files.push_back(Resolve(directory, path));
  const std::string default_env = Resolve(project_directory, ".env");
  if (env_files.empty() && project_directory != directory && FileExists(default_env)) {
    env_files.push_back(default_env);
  }
  std::map<std::string, std::string> variables;
  // The including project's variables win, as in Compose.
  const Lookup inner = [&](std::string_view name) -> std::optional<std::string> {
    if (auto value = lookup(name)) return value;
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  for (const std::string& path : env_files) {
    if (auto read = files_.ReadEnv(path, false, inner, {item.mark, "include.env_file"})) {
      read->merge(variables);
      variables = *std::move(read);
    }
  }
  std::vector<SourceDocument> documents;
  for (const std::string& path : entry.paths) {
    const std::string resolved = Resolve(directory, path);
    auto read = files_.ReadCompose(resolved, {item.mark, "include"});
    if (!read.has_value()) return;
    for (Node& document : *read) documents.push_back({resolved, std::move(document)});
  }
  including_.push_back(first);
  std::map<std::string, Node> extended = std::exchange(extended_files_, {});  // other variables
  Node included = Load(std::move(documents), project_directory, inner);
  extended_files_ = std::move(extended);
  including_.pop_back();
  Reader top(problems_);
  FoldDefaults(top, included);
  Import(included, item.mark, root);
}

void UnitLoader::Import(const Node& included, const Mark& mark, Node& root) {
  for (const Entry& section : included.entries) {
    if (section.key == "name" || section.key == "version" || section.key.starts_with("x-"))
      continue;
    if (section.value.IsNull()) continue;
    Node* mine = Find(root, section.key);
    if (mine == nullptr || mine->IsNull()) {
      Remove(root, section.key);
      root.entries.push_back(section);
      continue;
    }
    if (!mine->IsMap() || !section.value.IsMap()) continue;  // said when the section is read
    for (const Entry& entry : section.value.entries) {
      const Node* existing = Find(*mine, entry.key);
      if (existing == nullptr) {
        mine->entries.push_back(entry);
      } else if (!SameContent(*existing, entry.value)) {
        problems_.Error(mark, "include",
                        "it brings " + section.key + "." + entry.key.substr(0, 100) +
                            ", which is there already and differs; rename one, or override it in "
                            "a further -f file");
      }
    }
  }
}

void AppendIncludeKeys(std::vector<KeyDoc>& docs) {
  AppendDocs<IncludeEntry>("include[].", kIncludeKeys, docs);
}

}  // namespace quayside::compose
