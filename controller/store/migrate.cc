#include "controller/store/migrate.h"

#include <cstdlib>
#include <string>

#include <unistd.h>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace quayside::controller {
namespace {

// "QSDY", which the first migration sets: SQLite files of other programs are told apart by it.
constexpr char kApplicationId[] = "1364411481";

absl::Status CopyBeside(Database& database, int version) {
  const std::string copy = database.path() + ".before-version-" + std::to_string(version);
  unlink(copy.c_str());  // of a migration that did not get further
  QS_ASSIGN_OR_RETURN(Statement statement, Statement::Prepare(database, "VACUUM INTO ?"));
  Statement::Use use(statement);
  return WithContext(use.Text(copy).Run(), "cannot copy the database before its migration");
}

absl::Status Apply(Database& database, const Migration& migration) {
  QS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  QS_RETURN_IF_ERROR(database.Execute(migration.sql));
  QS_ASSIGN_OR_RETURN(const std::string broken, database.Ask("PRAGMA foreign_key_check"));
  if (!broken.empty()) return Internal("rows of table " + broken + " refer to rows that are gone");
  QS_RETURN_IF_ERROR(
      database.Execute("PRAGMA user_version = " + std::to_string(migration.version)));
  return transaction.Commit();
}

}  // namespace

absl::StatusOr<int> CheckVersion(Database& database, const std::vector<Migration>& migrations) {
  QS_ASSIGN_OR_RETURN(const std::string text, database.Ask("PRAGMA user_version"));
  const int version = std::atoi(text.c_str());
  QS_ASSIGN_OR_RETURN(const std::string application, database.Ask("PRAGMA application_id"));
  QS_ASSIGN_OR_RETURN(const std::string table, database.Ask("SELECT name FROM sqlite_schema"));
  const bool is_new = version == 0 && table.empty();
  if (!is_new && application != kApplicationId) {
    return DataLoss("cannot use " + database.path() +
                    ": it is a database, but not one of quayside-controller; name another "
                    "--data-dir");
  }
  const int newest = migrations.back().version;
  if (version > newest) {
    return FailedPrecondition("cannot use " + database.path() + ": its version " +
                              std::to_string(version) + " is newer than this program's " +
                              std::to_string(newest) +
                              "; install the quayside-controller that wrote it");
  }
  return version;
}

absl::Status Migrate(Database& database, const std::vector<Migration>& migrations) {
  QS_ASSIGN_OR_RETURN(const int version, CheckVersion(database, migrations));
  if (version == migrations.back().version) return absl::OkStatus();
  if (version > 0 && database.path() != ":memory:") {
    QS_RETURN_IF_ERROR(CopyBeside(database, version));
  }
  // A migration may rebuild tables that others refer to. Ignored inside a transaction, so it is set
  // here.
  QS_RETURN_IF_ERROR(database.Execute("PRAGMA foreign_keys = OFF"));
  for (const Migration& migration : migrations) {
    if (migration.version <= version) continue;
    QS_RETURN_IF_ERROR(
        WithContext(Apply(database, migration),
                    "cannot migrate the database to version " + std::to_string(migration.version)));
    Log(LogLevel::kInfo, "database_migrated", {{"version", migration.version}});
  }
  return database.Execute("PRAGMA foreign_keys = ON");
}

}  // namespace quayside::controller
