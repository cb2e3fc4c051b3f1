// Putting a backup in the place of the database (R3, R30).
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "common/base/status.h"
#include "controller/store/backup.h"
#include "controller/store/migrate.h"
#include "controller/store/open.h"
#include "controller/store/store.h"

namespace quayside::controller {
namespace {

absl::Status SystemError(const std::string& doing) {
  const int error = errno;
  const std::string sentence = "cannot " + doing + ": " + std::strerror(error);
  return error == ENOSPC ? ResourceExhausted(sentence) : Unavailable(sentence);
}

// Copies `backup` to `target`, whole and synced; what it must be is checked on the way.
absl::Status CopyChecked(const std::string& backup, const std::string& target) {
  if (access(backup.c_str(), F_OK) != 0) {
    return NotFound("cannot restore " + backup + ": there is no such file");
  }
  QS_ASSIGN_OR_RETURN(Database source, Database::Open(backup, Database::Mode::kReadOnly));
  QS_ASSIGN_OR_RETURN(const int version, CheckVersion(source, Migrations()));
  if (version == 0) return DataLoss("cannot restore " + backup + ": it is empty");
  QS_RETURN_IF_ERROR(CheckIntact(source, "integrity_check"));
  QS_ASSIGN_OR_RETURN(auto copy, Backup::Begin(source, target));
  return copy->Step(-1).status();
}

// Gives the copy its new epoch and what makes the controller enter recovery.
absl::Status BeginRecovery(const std::string& path, const std::string& backup,
                           const StoreEpoch& epoch, absl::Time now) {
  QS_ASSIGN_OR_RETURN(Database database, Database::Open(path, Database::Mode::kReadWrite));
  QS_RETURN_IF_ERROR(Migrate(database, Migrations()));
  QS_ASSIGN_OR_RETURN(Statement statement,
                      Statement::Prepare(database,
                                         "UPDATE fleet SET epoch = ?, recovery_reason = ?, "
                                         "recovery_since_ns = ? RETURNING id"));
  Statement::Use use(statement);
  use.Text(epoch.value).Text("restored from the backup " + backup).Time(now);
  QS_ASSIGN_OR_RETURN(const bool found, use.Step());
  if (!found) return DataLoss("cannot restore " + backup + ": it holds no fleet");
  return use.Step().status();
}

// Takes the lock of the database at `path` and gives it back, which empties its log into it.
// kFailedPrecondition when another process holds it.
absl::Status CheckUnused(const std::string& path) {
  QS_ASSIGN_OR_RETURN(Database database, Database::Open(path, Database::Mode::kReadWrite));
  QS_RETURN_IF_ERROR(database.Execute("PRAGMA locking_mode = EXCLUSIVE"));
  QS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  return transaction.Commit();
}

// Keeps the database at `path` under the name `aside`; it stays where it is, too.
absl::Status KeepAs(const std::string& path, const std::string& aside) {
  if (access(path.c_str(), F_OK) != 0) return absl::OkStatus();
  const absl::Status unused = CheckUnused(path);
  // One that is in use may not be replaced; one that is damaged may.
  if (unused.code() == absl::StatusCode::kFailedPrecondition) return unused;
  if (link(path.c_str(), aside.c_str()) != 0) return SystemError("keep " + path + " as " + aside);
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    const std::string log = path + suffix;
    if (access(log.c_str(), F_OK) == 0 && rename(log.c_str(), (aside + suffix).c_str()) != 0) {
      return SystemError("keep " + log);
    }
  }
  return absl::OkStatus();
}

absl::Status SyncDirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return SystemError("open " + directory);
  const bool synced = fsync(file) == 0;
  const absl::Status status = synced ? absl::OkStatus() : SystemError("sync " + directory);
  close(file);
  return status;
}

}  // namespace

absl::Status RestoreDatabase(const std::string& backup, const std::string& path,
                             const StoreEpoch& epoch, absl::Time now) {
  const std::string fresh = path + ".restoring";
  QS_RETURN_IF_ERROR(CopyChecked(backup, fresh));
  const absl::Status prepared = BeginRecovery(fresh, backup, epoch, now);
  if (!prepared.ok()) {
    unlink(fresh.c_str());
    return prepared;
  }
  const std::string aside =
      path + ".replaced-" + absl::FormatTime("%Y%m%dT%H%M%E6SZ", now, absl::UTCTimeZone());
  const absl::Status kept = KeepAs(path, aside);
  if (!kept.ok()) {
    unlink(fresh.c_str());
    return kept;
  }
  // At once: at every instant there is a whole database at `path`.
  if (rename(fresh.c_str(), path.c_str()) != 0) return SystemError("put " + fresh + " in place");
  return SyncDirectoryOf(path);
}

}  // namespace quayside::controller
