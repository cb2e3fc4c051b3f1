#include "controller/store/backup.h"

#include <utility>

#include <sqlite3.h>
#include <unistd.h>

#include "common/base/status.h"
#include "controller/store/open.h"

namespace quayside::controller {

absl::StatusOr<std::unique_ptr<Backup>> Backup::Begin(Database& source, const std::string& path) {
  unlink(path.c_str());
  QS_RETURN_IF_ERROR(CreatePrivate(path));
  QS_ASSIGN_OR_RETURN(Database target, Database::Open(path, Database::Mode::kReadWrite));
  // Nobody else has it open, and without others a log needs no shared memory.
  QS_RETURN_IF_ERROR(target.Execute("PRAGMA locking_mode = EXCLUSIVE"));
  std::unique_ptr<Backup> backup(new Backup(std::move(target), path));
  backup->handle_ = sqlite3_backup_init(backup->target_.handle(), "main", source.handle(), "main");
  if (backup->handle_ == nullptr) {
    return backup->target_.Error(sqlite3_errcode(backup->target_.handle()),
                                 "cannot begin a backup");
  }
  return backup;
}

Backup::~Backup() {
  sqlite3_backup_finish(handle_);
  if (!complete_) unlink(path_.c_str());
}

absl::StatusOr<bool> Backup::Step(int pages) {
  const int code = sqlite3_backup_step(handle_, pages);
  if (code == SQLITE_OK) return false;
  if (code != SQLITE_DONE) return target_.Error(code, "cannot write a backup");
  const int finished = sqlite3_backup_finish(std::exchange(handle_, nullptr));
  if (finished != SQLITE_OK) return target_.Error(finished, "cannot finish a backup");
  // The copied header asks for a write-ahead log; a backup is one file.
  QS_RETURN_IF_ERROR(target_.Execute("PRAGMA journal_mode = DELETE"));
  complete_ = true;
  return true;
}

}  // namespace quayside::controller
