#include "common/compose/project.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/base/status.h"
#include "common/compose/interpolate.h"
#include "common/compose/merge.h"
#include "common/compose/unit_loader.h"

namespace quayside::compose {
namespace {

Lookup LookupIn(const std::map<std::string, std::string>& variables) {
  return [&variables](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

// The caller's environment over the env files, a later file over an earlier one.
std::map<std::string, std::string> ReadVariables(const LoadOptions& options,
                                                 const std::string& directory,
                                                 ProjectFiles& files) {
  std::vector<std::string> paths = options.env_files;
  const std::string usual = Resolve(directory, ".env");
  if (paths.empty() && FileExists(usual)) paths.push_back(usual);
  std::map<std::string, std::string> variables = options.environment;
  std::map<std::string, std::string> from_files;
  const Lookup lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (auto value = LookupIn(options.environment)(name)) return value;
    return LookupIn(from_files)(name);
  };
  for (const std::string& path : paths) {
    if (auto read = files.ReadEnv(path, false, lookup, {})) {
      read->merge(from_files);
      from_files = *std::move(read);
    }
  }
  variables.merge(from_files);
  return variables;
}

std::string DirectoryName(const std::string& directory) {
  std::error_code error;
  std::filesystem::path path =
      std::filesystem::canonical(directory.empty() ? "." : directory, error);
  return error ? std::string() : path.filename().string();
}

// `name:` of the last file that has one.
std::string NameInFiles(const std::vector<SourceDocument>& documents, const Lookup& lookup,
                        Problems& problems) {
  std::string name;
  for (const SourceDocument& document : documents) {
    const Node* found = Find(document.root, "name");
    if (found == nullptr || found->IsNull()) continue;
    Node copy = *found;
    InterpolateTree(copy, "name", lookup, problems);
    if (!IsProjectName(copy.text)) {
      problems.Error(copy.mark, "name",
                     "\"" + copy.text.substr(0, 100) +
                         "\" is not a project name: lower-case letters, digits, _ and -, the first "
                         "a letter or digit");
    }
    name = copy.text;
  }
  return name;
}

std::string ProjectName(const LoadOptions& options, const std::vector<SourceDocument>& documents,
                        const std::string& directory, const Lookup& lookup, Problems& problems) {
  const std::string in_files = NameInFiles(documents, lookup, problems);
  std::string name = options.project_name;
  std::string source = "-p";
  if (name.empty()) {
    name = lookup("COMPOSE_PROJECT_NAME").value_or("");
    source = "COMPOSE_PROJECT_NAME";
  }
  if (!name.empty()) {
    if (!IsProjectName(name)) {
      problems.Error({}, source,
                     "\"" + name.substr(0, 100) +
                         "\" is not a project name: lower-case letters, digits, _ and -, the first "
                         "a letter or digit");
    }
    return name;
  }
  if (!in_files.empty()) return in_files;
  name = NormalizeProjectName(DirectoryName(directory));
  if (name.empty()) {
    problems.Error(
        {}, "name",
        "no project name can be made of the directory's name; say name: in the file, or -p");
  }
  return name;
}

}  // namespace

bool IsProjectName(std::string_view text) {
  return !text.empty() && NormalizeProjectName(text) == text;
}

std::string NormalizeProjectName(std::string_view text) {
  std::string name;
  for (const char each : text) {
    const char c = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (alphanumeric || (!name.empty() && (c == '_' || c == '-'))) name.push_back(c);
  }
  return name;
}

Project LoadProject(const LoadOptions& options, ProjectFiles& files, Problems& problems) {
  Project project;
  const std::string& first = options.files.front();
  const std::string directory = first == "-" ? "" : DirectoryOf(first);
  project.variables = ReadVariables(options, directory, files);
  std::vector<SourceDocument> documents;
  for (const std::string& path : options.files) {
    auto read = files.ReadCompose(path, {});
    if (!read.has_value()) {
      project.complete = false;
      continue;
    }
    for (Node& document : *read) documents.push_back({path, std::move(document)});
  }
  if (!project.complete) return project;
  const Lookup lookup = LookupIn(project.variables);
  project.name = ProjectName(options, documents, directory, lookup, problems);
  project.variables["COMPOSE_PROJECT_NAME"] = project.name;
  project.root = UnitLoader(files, problems).Load(std::move(documents), directory, lookup);
  DropResets(project.root);
  return project;
}

}  // namespace quayside::compose
