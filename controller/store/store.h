// Store keeps the Model in SQLite: one connection in the whole process, owned by the core thread
// (R27). Schema and migrations are numbered SQL files in migrations/, compiled in. A commit writes
// the model's dirty rows and new events in one IMMEDIATE transaction with synchronous=FULL; when it
// returns ok they survive a power cut.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/core/model.h"

namespace quayside::controller {

class Store {
 public:
  // Opens or creates `path` (":memory:" for tests), takes the exclusive lock, checks it and
  // migrates it; a copy is put beside it before a migration. kFailedPrecondition: another process
  // holds it, or it is newer than this program (the sentence says so); kDataLoss: not a database or
  // damaged; kPermissionDenied: read-only.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path);
  ~Store();

  // Reads all tables (not the events). The model must be empty.
  absl::Status Load(Model* model);

  // Writes what is dirty in `model` and clears it; all or nothing. On error the database is
  // unchanged and the dirty marks stay: the core loads again. kResourceExhausted: disk full.
  // kUnavailable: another I/O error.
  absl::Status Commit(Model* model);

  // How many rows were inserted, changed or deleted since it was opened: what a turn costs (R28).
  int64_t rows_written() const;

  // Events with id > after, that match (empty = any), the newest `limit`, oldest first.
  absl::StatusOr<std::vector<EventRow>> Events(const std::string& app, const std::string& host,
                                               const InstanceId& instance, int64_t after,
                                               int32_t limit);
  // Deletes at most `limit` events that are older than `before` or beyond `max_events`; returns how
  // many.
  absl::StatusOr<int> PruneEvents(absl::Time before, int64_t max_events, int limit);

  // A live backup in slices (sqlite3_backup_step): Begin opens a copy at `path`, Step copies
  // `pages` and says whether it is complete; writes in between are carried along.
  absl::Status BeginBackup(const std::string& path);
  absl::StatusOr<bool> StepBackup(int pages);
  void AbortBackup();

  // Can the database be written again (a probe while read-only)?
  absl::Status ProbeWrite();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  absl::Status Write(const Model& model);  // one transaction
  std::unique_ptr<Impl> impl_;
};

// `quayside-controller restore FILE --data-dir D`: checks the file (integrity, version), puts it in
// place of the database (the old one is kept beside it) and gives it a new epoch and recovery (R3,
// R30).
absl::Status RestoreDatabase(const std::string& backup, const std::string& path,
                             const StoreEpoch& epoch, absl::Time now);

}  // namespace quayside::controller
