// Writes compose files into a directory of the test and loads them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/compose/compose.h"

namespace quayside::compose {

// A directory called `project` below a fresh temporary one; everything goes with the object.
class ProjectDirectory {
 public:
  explicit ProjectDirectory(const std::string& project = "app") {
    std::string path = testing::TempDir() + "quayside-compose-XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    top_ = path;
    path_ = path + "/" + project;
    std::filesystem::create_directories(path_);
  }
  ~ProjectDirectory() { std::filesystem::remove_all(top_); }
  ProjectDirectory(const ProjectDirectory&) = delete;
  ProjectDirectory& operator=(const ProjectDirectory&) = delete;

  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  const std::string& path() const { return path_; }

  // `text` without this directory, so that messages can be compared.
  std::string Relative(std::string text) const {
    const std::string prefix = path_ + "/";
    for (size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
    return text;
  }

 private:
  std::string top_;
  std::string path_;
};

// Loads one file called compose.yaml in a directory called app.
inline absl::StatusOr<LoadedApp> LoadText(std::string_view text, LoadOptions options = {}) {
  ProjectDirectory directory;
  options.files = {directory.Write("compose.yaml", text)};
  absl::StatusOr<LoadedApp> loaded = Load(options);
  if (!loaded.ok()) {
    return MakeStatus(loaded.status().code(), directory.Relative(Message(loaded.status())));
  }
  for (std::string& warning : loaded->warnings) warning = directory.Relative(warning);
  return loaded;
}

// The error that `text` gives, "" when it is accepted.
inline std::string ErrorOf(std::string_view text, LoadOptions options = {}) {
  const absl::StatusOr<LoadedApp> loaded = LoadText(text, std::move(options));
  return loaded.ok() ? std::string() : Message(loaded.status());
}

// A file with one service `web` of image `i` and these further lines, each indented by four.
inline std::string WebWith(std::string_view lines) {
  return "services:\n  web:\n    image: i\n" + std::string(lines);
}

// The only service of a file that must be accepted.
inline ServiceSpec OneService(std::string_view text, LoadOptions options = {}) {
  const absl::StatusOr<LoadedApp> loaded = LoadText(text, std::move(options));
  EXPECT_TRUE(loaded.ok()) << loaded.status() << "\n" << text;
  if (!loaded.ok() || loaded->spec.services.size() != 1) {
    ADD_FAILURE() << "not one service";
    return {};
  }
  return loaded->spec.services.front();
}

inline ContainerSpec Container(std::string_view lines) {
  return OneService(WebWith(lines)).container;
}

}  // namespace quayside::compose
