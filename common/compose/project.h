// The files of a project become one tree: read, interpolated, `include` and `extends` resolved, and
// merged in order. Reads the files that the options and the files themselves name; nothing else.
// Limits: kMaxProjectFiles files, kMaxProjectNodes values after extends.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "common/compose/compose.h"
#include "common/compose/problems.h"
#include "common/compose/project_files.h"
#include "common/compose/tree.h"

namespace quayside::compose {

constexpr size_t kMaxProjectNodes = 200'000;

struct Project {
  bool complete = true;  // false: a file could not be read, and nothing else was looked at
  std::string name;
  Node root;  // a map; paths in it are relative to the working directory
  // The caller's environment, then the env files, then COMPOSE_PROJECT_NAME.
  std::map<std::string, std::string> variables;
};

// What is wrong goes to `problems`; the project is what could be read in spite of it.
Project LoadProject(const LoadOptions& options, ProjectFiles& files, Problems& problems);

// Compose's name for a directory: lower case, what is not [a-z0-9_-] left out, no _ or - in front.
std::string NormalizeProjectName(std::string_view text);

// [a-z0-9][a-z0-9_-]*
bool IsProjectName(std::string_view text);

}  // namespace quayside::compose
