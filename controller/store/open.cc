#include "controller/store/open.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "common/base/status.h"
#include "controller/store/migrate.h"

namespace quayside::controller {
namespace {

// Sets a pragma and reads it back: SQLite ignores in silence what it cannot obey.
absl::Status Set(Database& database, const std::string& pragma, const std::string& value,
                 const std::string& read_back) {
  QS_RETURN_IF_ERROR(database.Execute("PRAGMA " + pragma + " = " + value));
  QS_ASSIGN_OR_RETURN(const std::string now, database.Ask("PRAGMA " + pragma));
  if (now != read_back) {
    return Internal("cannot set " + pragma + " to " + value + " on " + database.path() +
                    ": it stays " + now);
  }
  return absl::OkStatus();
}

absl::Status Configure(Database& database) {
  // Before the first access to the log, so that its index lives in this process and needs no shared
  // memory.
  QS_RETURN_IF_ERROR(Set(database, "locking_mode", "EXCLUSIVE", "exclusive"));
  const bool in_memory = database.path() == ":memory:";
  QS_RETURN_IF_ERROR(Set(database, "journal_mode", "WAL", in_memory ? "memory" : "wal"));
  QS_RETURN_IF_ERROR(Set(database, "synchronous", "FULL", "2"));
  QS_RETURN_IF_ERROR(Set(database, "foreign_keys", "ON", "1"));
  QS_RETURN_IF_ERROR(database.Execute("PRAGMA temp_store = MEMORY"));
  // 16 MiB: the inner pages of 100,000 rows and what a turn touches.
  QS_RETURN_IF_ERROR(database.Execute("PRAGMA cache_size = -16384"));
  // A log that one large change made long is cut back at its next start over.
  return database.Execute("PRAGMA journal_size_limit = 67108864");
}

}  // namespace

absl::Status CreatePrivate(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    const int error = errno;
    // A file that can only be read is reported better by the caller's next step.
    if (error == EACCES && access(path.c_str(), F_OK) == 0) return absl::OkStatus();
    const std::string sentence = "cannot create " + path + ": " + std::strerror(error);
    if (error == ENOSPC || error == EDQUOT) return ResourceExhausted(sentence);
    return PermissionDenied(sentence + "; check its directory");
  }
  close(file);
  return absl::OkStatus();
}

absl::Status CheckIntact(Database& database, const std::string& pragma) {
  QS_ASSIGN_OR_RETURN(const std::string found, database.Ask("PRAGMA " + pragma + "(1)"));
  if (found == "ok") return absl::OkStatus();
  return DataLoss("the database " + database.path() + " is damaged: " + found +
                  "; put a backup in place with `quayside-controller restore FILE`");
}

absl::StatusOr<std::unique_ptr<Database>> OpenLocked(const std::string& path) {
  if (path != ":memory:") QS_RETURN_IF_ERROR(CreatePrivate(path));
  QS_ASSIGN_OR_RETURN(Database opened, Database::Open(path, Database::Mode::kReadWrite));
  auto database = std::make_unique<Database>(std::move(opened));
  QS_RETURN_IF_ERROR(Configure(*database));
  {
    // Takes the lock for good: in this mode it is not given back.
    QS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database));
    QS_RETURN_IF_ERROR(transaction.Commit());
  }
  QS_RETURN_IF_ERROR(CheckVersion(*database, Migrations()).status());
  QS_RETURN_IF_ERROR(CheckIntact(*database, "quick_check"));
  QS_RETURN_IF_ERROR(Migrate(*database, Migrations()));
  QS_RETURN_IF_ERROR(Set(*database, "foreign_keys", "ON", "1"));
  return database;
}

}  // namespace quayside::controller
