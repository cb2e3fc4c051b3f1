#include "common/base/file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/status.h"

namespace quayside {
namespace {

constexpr size_t kMaxStateFileBytes = 16 << 20;  // far above the largest Assignment (2 MiB)

absl::Status ErrnoStatus(int error, const std::string& attempt) {
  const std::string message = attempt + ": " + std::generic_category().message(error);
  switch (error) {
    case ENOENT:
      return NotFound(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return PermissionDenied(message);
    case ENOSPC:
    case EDQUOT:
      return ResourceExhausted(message);
    default:
      return Unavailable(message);
  }
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "Cannot write " + path);
    content.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

absl::Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, "Cannot make the directory " + path);
  }
  return absl::OkStatus();
}

absl::Status SyncDirectory(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return ErrnoStatus(errno, "Cannot open the directory " + path);
  if (fsync(fd.get()) != 0) return ErrnoStatus(errno, "Cannot sync the directory " + path);
  return absl::OkStatus();
}

std::string Parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return ErrnoStatus(errno, "Cannot read " + path);
  std::string content;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "Cannot read " + path);
    if (n == 0) return content;
    content.append(buffer, static_cast<size_t>(n));
    if (content.size() > max_bytes) {
      return ResourceExhausted("Cannot read " + path + ": it is larger than " +
                               std::to_string(max_bytes) + " bytes");
    }
  }
}

absl::StatusOr<DirectoryLock> DirectoryLock::Acquire(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoStatus(errno, "Cannot open " + path);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return DirectoryLock(fd);
  const int error = errno;
  close(fd);
  if (error != EWOULDBLOCK) return ErrnoStatus(error, "Cannot lock " + path);
  return FailedPrecondition("Cannot use " + directory +
                            ": another process works in it; end that one, or give this one " +
                            "another --data-dir");
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<DiskFileStore> DiskFileStore::Open(std::string root) {
  for (size_t slash = root.find('/', 1); slash != std::string::npos;
       slash = root.find('/', slash + 1)) {
    const std::string part = root.substr(0, slash);
    if (access(part.c_str(), F_OK) != 0) QS_RETURN_IF_ERROR(MakeDirectory(part));
  }
  QS_RETURN_IF_ERROR(MakeDirectory(root));
  return DiskFileStore(std::move(root));
}

absl::StatusOr<std::string> DiskFileStore::Read(std::string_view name) {
  return ReadFile(root_ + "/" + std::string(name), kMaxStateFileBytes);
}

absl::Status DiskFileStore::Write(std::string_view name, std::string_view content) {
  const std::string path = root_ + "/" + std::string(name);
  const std::string directory = Parent(path);
  if (directory != root_) {
    // The directory's own entry must be durable too, or the file in it is lost with it. Once is
    // enough, also for one that an earlier process made: nobody knows whether that one came so far.
    const bool there = access(directory.c_str(), F_OK) == 0;
    if (!there) QS_RETURN_IF_ERROR(MakeDirectory(directory));
    if (!there || !durable_directories_.contains(directory)) {
      QS_RETURN_IF_ERROR(SyncDirectory(Parent(directory)));
      durable_directories_.insert(directory);
    }
  }
  const std::string temporary = path + ".tmp";
  {
    const Fd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (fd.get() < 0) return ErrnoStatus(errno, "Cannot create " + temporary);
    absl::Status status = WriteAll(fd.get(), content, temporary);
    if (status.ok() && fsync(fd.get()) != 0)
      status = ErrnoStatus(errno, "Cannot sync " + temporary);
    if (!status.ok()) {
      unlink(temporary.c_str());
      return status;
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0)
    return ErrnoStatus(errno, "Cannot replace " + path);
  return SyncDirectory(directory);
}

absl::Status DiskFileStore::Remove(std::string_view name) {
  const std::string path = root_ + "/" + std::string(name);
  if (unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return ErrnoStatus(errno, "Cannot remove " + path);
  }
  return SyncDirectory(Parent(path));
}

absl::StatusOr<std::vector<std::string>> DiskFileStore::List(std::string_view directory) {
  const std::string path = root_ + "/" + std::string(directory);
  DIR* dir = opendir(path.c_str());
  if (dir == nullptr) {
    if (errno == ENOENT) return std::vector<std::string>();
    return ErrnoStatus(errno, "Cannot list " + path);
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || name.ends_with(".tmp")) continue;
    names.push_back(std::string(directory) + "/" + std::string(name));
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> MemoryFileStore::Read(std::string_view name) {
  const auto it = files_.find(name);
  if (it == files_.end()) return NotFound("Cannot read " + std::string(name) + ": no such file");
  return it->second;
}

absl::Status MemoryFileStore::Write(std::string_view name, std::string_view content) {
  if (!write_error.ok()) return write_error;
  files_.insert_or_assign(std::string(name), std::string(content));
  return absl::OkStatus();
}

absl::Status MemoryFileStore::Remove(std::string_view name) {
  if (const auto it = files_.find(name); it != files_.end()) files_.erase(it);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MemoryFileStore::List(std::string_view directory) {
  std::vector<std::string> names;
  const std::string prefix = std::string(directory) + "/";
  for (const auto& [name, content] : files_) {
    if (name.starts_with(prefix)) names.push_back(name);
  }
  return names;
}

}  // namespace quayside
