// Small files that must survive a power cut, behind one seam so that tests can make them fail.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quayside {

// A directory of small files, one owner thread. Names are relative ("slots/ab12"), made of IsOwnId
// parts, `.` and `/`.
class FileStore {
 public:
  virtual ~FileStore() = default;

  // kNotFound when there is no such file.
  virtual absl::StatusOr<std::string> Read(std::string_view name) = 0;
  // Durable and atomic: when it returns ok the new content survives a power cut; until then the old
  // content does. kResourceExhausted when the disk is full.
  virtual absl::Status Write(std::string_view name, std::string_view content) = 0;
  // Ok also when there is no such file.
  virtual absl::Status Remove(std::string_view name) = 0;
  // Names of the files in `directory`, sorted, with the directory in front; empty when there is
  // none.
  virtual absl::StatusOr<std::vector<std::string>> List(std::string_view directory) = 0;
};

// Files below `root` (made with mode 0700 when absent; files are 0600). Write = temporary file,
// fsync, rename, fsync of the directory.
class DiskFileStore final : public FileStore {
 public:
  static absl::StatusOr<DiskFileStore> Open(std::string root);

  absl::StatusOr<std::string> Read(std::string_view name) override;
  absl::Status Write(std::string_view name, std::string_view content) override;
  absl::Status Remove(std::string_view name) override;
  absl::StatusOr<std::vector<std::string>> List(std::string_view directory) override;

 private:
  explicit DiskFileStore(std::string root) : root_(std::move(root)) {}
  std::string root_;
  std::set<std::string> durable_directories_;  // whose own entries have been synced
};

// Files in memory, for tests and the simulator: what was written survives the agent that wrote it.
class MemoryFileStore final : public FileStore {
 public:
  absl::StatusOr<std::string> Read(std::string_view name) override;
  absl::Status Write(std::string_view name, std::string_view content) override;
  absl::Status Remove(std::string_view name) override;
  absl::StatusOr<std::vector<std::string>> List(std::string_view directory) override;

  // While set, every Write returns it and changes nothing.
  absl::Status write_error;

 private:
  std::map<std::string, std::string, std::less<>> files_;
};

// Holds a directory for one process: the file `lock` in it is locked until the object or the
// process ends, however it ends.
class DirectoryLock {
 public:
  // kFailedPrecondition when another process holds it. REQUIRES: the directory exists.
  static absl::StatusOr<DirectoryLock> Acquire(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

// Reads a whole file of at most `max_bytes`. kNotFound, kPermissionDenied, kResourceExhausted when
// larger.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

}  // namespace quayside
