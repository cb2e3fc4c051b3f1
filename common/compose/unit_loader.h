// A unit is a set of compose files that share a directory and variables: the project itself, or one
// `include` of it. The loader merges a unit's files into one tree, with `extends` and further
// `include`s resolved. Owned by one Load, one thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/compose/env_file.h"
#include "common/compose/key_rule.h"
#include "common/compose/problems.h"
#include "common/compose/project_files.h"
#include "common/compose/tree.h"

namespace quayside::compose {

// One document of a compose file.
struct SourceDocument {
  std::string path;  // of its file
  Node root;
};

class UnitLoader {
 public:
  UnitLoader(ProjectFiles& files, Problems& problems) : files_(files), problems_(problems) {}

  // Merges `documents` in order. Relative paths in them are seen from `directory`; `lookup` gives
  // the variables.
  Node Load(std::vector<SourceDocument> documents, const std::string& directory,
            const Lookup& lookup);

 private:
  using ServiceId = std::pair<std::string, std::string>;  // file, service

  // Resolves `extends` of the service called `name` in place. `path` is the file it stands in.
  void Extend(Node& services, const std::string& name, const std::string& path,
              const std::string& directory, const Lookup& lookup);
  // The service that `extends` means, itself extended; nullptr when there is none.
  const Node* Base(const Node& extends, const std::string& name, Node& services,
                   const std::string& path, const std::string& directory, const Lookup& lookup);
  // The services of another file that `extends` names, read once.
  Node* ServicesOf(const std::string& path, const ProjectFiles::NamedAt& at, const Lookup& lookup);

  // Brings what `include` names into `root`.
  void Include(Node& root, const std::string& directory, const Lookup& lookup);
  void IncludeOne(const Node& item, Node& root, const std::string& directory, const Lookup& lookup);
  void Import(const Node& included, const Mark& mark, Node& root);

  ProjectFiles& files_;
  Problems& problems_;
  std::map<std::string, Node> extended_files_;
  std::vector<ServiceId> extending_;    // for cycles
  std::vector<std::string> including_;  // for cycles
  size_t nodes_copied_ = 0;
};

void AppendIncludeKeys(std::vector<KeyDoc>& docs);

}  // namespace quayside::compose
