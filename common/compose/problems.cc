#include "common/compose/problems.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"

namespace quayside::compose {

int Problems::AddFile(std::string name) {
  files_.push_back(std::move(name));
  return static_cast<int>(files_.size()) - 1;
}

const std::string& Problems::FileName(int file) const {
  QS_CHECK(file >= 0 && static_cast<size_t>(file) < files_.size());
  return files_[static_cast<size_t>(file)];
}

std::string Problems::Line(const Mark& mark, std::string_view key, std::string_view what) const {
  std::string line;
  if (mark.file >= 0) {
    line = FileName(mark.file);
    if (mark.line > 0) {
      line += ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
    }
    line += ": ";
  }
  if (!key.empty()) line.append(key).append(": ");
  return line.append(what);
}

void Problems::Error(const Mark& mark, std::string_view key, std::string_view what) {
  only_missing_ = false;
  std::string line = Line(mark, key, what);
  if (!seen_.insert(line).second) return;
  if (errors_.size() == kMaxProblems) {
    ++left_off_;
    return;
  }
  errors_.push_back({mark, std::move(line)});
}

void Problems::Unsupported(const Mark& mark, std::string_view key, std::string_view what) {
  if (ignore_unsupported_) {
    Warn(mark, key, std::string(what) + " (ignored)");
  } else {
    Error(mark, key, what);
  }
}

void Problems::Missing(const Mark& mark, std::string_view key, std::string_view what) {
  const bool only_missing = only_missing_;
  Error(mark, key, what);
  only_missing_ = only_missing;
}

void Problems::Warn(const Mark& mark, std::string_view key, std::string_view what) {
  std::string line = Line(mark, key, what);
  if (warnings_.size() < kMaxProblems && seen_.insert(line).second) {
    warnings_.push_back(std::move(line));
  }
}

absl::Status Problems::ToStatus() const {
  if (errors_.empty()) return absl::OkStatus();
  std::vector<Problem> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.mark.file, a.mark.line, a.mark.column) <
           std::tie(b.mark.file, b.mark.line, b.mark.column);
  });
  std::string message;
  for (const Problem& problem : sorted) {
    if (!message.empty()) message += "\n";
    message += problem.line;
  }
  if (left_off_ > 0) message += "\nand " + std::to_string(left_off_) + " more problems";
  return only_missing_ ? NotFound(message) : InvalidArgument(message);
}

}  // namespace quayside::compose
