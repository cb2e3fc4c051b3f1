// What is wrong with a project, collected: a person sees every problem of a file at once, each with
// its place. Owned by one Load, one thread. Limits: kMaxProblems are kept, the rest are counted.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace quayside::compose {

// A place in a file of the project: `file` indexes Problems::FileName; line and column count from
// 1, 0 = the file as a whole; a column is a byte of the line.
struct Mark {
  int file = -1;
  int line = 0;
  int column = 0;
};

class Problems {
 public:
  static constexpr size_t kMaxProblems =
      200;  // more than anyone reads, less than floods a terminal

  explicit Problems(bool ignore_unsupported) : ignore_unsupported_(ignore_unsupported) {}

  // Registers a file under the name that messages show; gives the index for Mark::file.
  int AddFile(std::string name);
  const std::string& FileName(int file) const;
  size_t file_count() const { return files_.size(); }

  // `key` is the path of the key ("services.web.ports"), "" when there is none.
  void Error(const Mark& mark, std::string_view key, std::string_view what);
  // A key or form that Compose knows and Quayside does not honour: an error, or a warning when
  // unsupported things are to be ignored.
  void Unsupported(const Mark& mark, std::string_view key, std::string_view what);
  // A file that is not there.
  void Missing(const Mark& mark, std::string_view key, std::string_view what);
  // The same warning twice is one.
  void Warn(const Mark& mark, std::string_view key, std::string_view what);

  bool ok() const { return errors_.empty(); }
  // One line per problem, in the order of the files and lines. kNotFound when only files are
  // missing, else kInvalidArgument; ok when there is none.
  absl::Status ToStatus() const;
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Problem {
    Mark mark;
    std::string line;
  };
  std::string Line(const Mark& mark, std::string_view key, std::string_view what) const;

  const bool ignore_unsupported_;
  bool only_missing_ = true;
  size_t left_off_ = 0;
  std::vector<std::string> files_;
  std::vector<Problem> errors_;
  std::set<std::string> seen_;
  std::vector<std::string> warnings_;
};

}  // namespace quayside::compose
