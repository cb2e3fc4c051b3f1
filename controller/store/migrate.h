// The version of a database is its `user_version`; migration N is numbered SQL (migrations/) that
// makes version N out of N-1, in one transaction with the version itself (R30).
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/store/sqlite.h"

namespace quayside::controller {

struct Migration {
  int version = 0;
  const char* sql = "";
};

// All there are, from 1 up, none left out (compiled in from migrations/*.sql).
const std::vector<Migration>& Migrations();

// The version of `database`; 0 when it is new and empty. kDataLoss: it is a database of something
// else. kFailedPrecondition: it is newer than the last of `migrations`.
absl::StatusOr<int> CheckVersion(Database& database, const std::vector<Migration>& migrations);

// Brings `database` to the last of `migrations`. Unless it is new or in memory, a copy is put
// beside it first, named PATH.before-version-N. On error the database is at a version that one of
// the migrations made, whole.
absl::Status Migrate(Database& database, const std::vector<Migration>& migrations);

}  // namespace quayside::controller
