// A live copy of the database, made a few pages at a time while commits go on: SQLite carries along
// what the same connection writes meanwhile. The copy is a plain file without a log of its own.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/store/sqlite.h"

struct sqlite3_backup;

namespace quayside::controller {

class Backup {
 public:
  // Replaces `path` when there is such a file. `source` must outlive the backup.
  static absl::StatusOr<std::unique_ptr<Backup>> Begin(Database& source, const std::string& path);
  // Unless it is complete, the copy is deleted.
  ~Backup();

  // Copies up to `pages` pages (-1 = all). True when the copy is complete and synced.
  // kResourceExhausted: the copy's disk is full.
  absl::StatusOr<bool> Step(int pages);

 private:
  Backup(Database target, std::string path) : target_(std::move(target)), path_(std::move(path)) {}
  Database target_;
  const std::string path_;
  sqlite3_backup* handle_ = nullptr;
  bool complete_ = false;
};

}  // namespace quayside::controller
