#include "common/compose/project_files.h"

#include <utility>

#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/status.h"
#include "common/compose/yaml_reader.h"

namespace quayside::compose {

const ProjectFiles::File* ProjectFiles::Read(const std::string& path, const NamedAt& at) {
  const auto found = read_.find(path);
  if (found != read_.end()) return &found->second;
  if (read_.size() >= kMaxProjectFiles) {
    problems_.Error(at.mark, at.key,
                    "a project of more than " + std::to_string(kMaxProjectFiles) + " files");
    return nullptr;
  }
  struct stat status = {};
  if (path != "-" && stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    problems_.Error(at.mark, at.key, path + " is a directory; name a file");
    return nullptr;
  }
  absl::StatusOr<std::string> text = ReadFile(path == "-" ? "/dev/stdin" : path, kMaxFileBytes);
  if (!text.ok()) {
    if (text.status().code() == absl::StatusCode::kNotFound) {
      problems_.Missing(at.mark, at.key, Message(text.status()));
    } else {
      problems_.Error(at.mark, at.key, Message(text.status()));
    }
    return nullptr;
  }
  File file;
  file.index = problems_.AddFile(path);
  file.text = *std::move(text);
  return &read_.emplace(path, std::move(file)).first->second;
}

std::optional<std::vector<Node>> ProjectFiles::ReadCompose(const std::string& path,
                                                           const NamedAt& at) {
  const File* file = Read(path, at);
  if (file == nullptr) return std::nullopt;
  std::vector<Node> documents = ParseYaml(file->text, file->index, problems_);
  std::erase_if(documents, [&](const Node& document) {
    if (document.IsMap()) return false;
    problems_.Error(
        document.mark, "",
        "a compose file is a map with services, and this is " + std::string(KindName(document)));
    return true;
  });
  return documents;
}

std::optional<std::map<std::string, std::string>> ProjectFiles::ReadEnv(const std::string& path,
                                                                        bool raw,
                                                                        const Lookup& lookup,
                                                                        const NamedAt& at) {
  const File* file = Read(path, at);
  if (file == nullptr) return std::nullopt;
  return raw ? ParseRawEnvFile(file->text, file->index, lookup, problems_)
             : ParseEnvFile(file->text, file->index, lookup, problems_);
}

std::string Resolve(const std::string& directory, const std::string& path) {
  if (path.starts_with('/') || directory.empty()) return path;
  return directory.ends_with('/') ? directory + path : directory + "/" + path;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool FileExists(const std::string& path) {
  struct stat status = {};
  return stat(path.c_str(), &status) == 0;
}

}  // namespace quayside::compose
