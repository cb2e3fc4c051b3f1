// Reads the files of one project and gives each an index for marks. Owned by one Load, one thread.
// Limits: kMaxProjectFiles files, each read once.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/compose/env_file.h"
#include "common/compose/problems.h"
#include "common/compose/tree.h"

namespace quayside::compose {

constexpr size_t kMaxProjectFiles = 64;

class ProjectFiles {
 public:
  explicit ProjectFiles(Problems& problems) : problems_(problems) {}

  // Where a file is named, for the message when it cannot be read.
  struct NamedAt {
    Mark mark;
    std::string key;
  };

  // The documents of a compose file; nothing when it cannot be read (said in the problems).
  // "-" is standard input.
  std::optional<std::vector<Node>> ReadCompose(const std::string& path, const NamedAt& at);

  // The variables of an env file; nothing when it cannot be read.
  std::optional<std::map<std::string, std::string>> ReadEnv(const std::string& path, bool raw,
                                                            const Lookup& lookup,
                                                            const NamedAt& at);

 private:
  struct File {
    int index = -1;
    std::string text;
  };
  // Reads a file once; nullptr when it cannot be read. The text is valid until the next Read.
  const File* Read(const std::string& path, const NamedAt& at);

  Problems& problems_;
  std::map<std::string, File> read_;
};

// `path` seen from `directory`: as it is when absolute, else joined.
std::string Resolve(const std::string& directory, const std::string& path);
// The directory of a file; "" for the working directory.
std::string DirectoryOf(const std::string& path);
bool FileExists(const std::string& path);

}  // namespace quayside::compose
