// Opens the database as the controller needs it (R27): locked for this process alone, write-ahead
// log, synced at every commit, foreign keys on, checked, migrated.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "controller/store/sqlite.h"

namespace quayside::controller {

// As Store::Open says. On the heap, because statements point to it.
absl::StatusOr<std::unique_ptr<Database>> OpenLocked(const std::string& path);

// An empty file that only its owner can read, unless there is one already.
absl::Status CreatePrivate(const std::string& path);

// kDataLoss with what `pragma` ("quick_check", "integrity_check") found.
absl::Status CheckIntact(Database& database, const std::string& pragma);

}  // namespace quayside::controller
