// The two tables of the model whose rows hold lists that are rows of their own: a revision with its
// services' digests, and a rollout with its targets. Each is written and read as one.
#pragma once

#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/core/model.h"
#include "controller/store/shapes.h"
#include "controller/store/table.h"

namespace quayside::controller {

class RevisionTable {
 public:
  static absl::StatusOr<RevisionTable> Prepare(Database& database);
  absl::Status Write(const Table<RevisionKey, RevisionRow>& table);
  absl::Status Load(Table<RevisionKey, RevisionRow>* table);

 private:
  RevisionTable(RowTable<RevisionShape> revisions, Statement put_service, Statement delete_services,
                Statement select_services);
  absl::Status PutServices(const RevisionRow& row);

  RowTable<RevisionShape> revisions_;
  Statement put_service_, delete_services_, select_services_;
};

// Of a rollout only the targets that changed are written: one over 10,000 hosts changes in every
// turn, and a few of its targets each time (R28).
class RolloutTable {
 public:
  static absl::StatusOr<RolloutTable> Prepare(Database& database);
  absl::Status Write(const Table<RolloutId, RolloutRow>& table);
  absl::Status Load(Table<RolloutId, RolloutRow>* table);
  // What was written is not in the database after all: the transaction failed.
  void Forget() { written_.clear(); }

 private:
  RolloutTable(RowTable<RolloutShape> rollouts, RowTable<RolloutTargetShape> targets,
               Statement delete_surplus);
  absl::Status Put(const RolloutRow& row);

  RowTable<RolloutShape> rollouts_;
  RowTable<RolloutTargetShape> targets_;
  Statement delete_surplus_;  // targets beyond the end of the list
  // Targets as they were written last.
  std::map<RolloutId, std::vector<RolloutTarget>> written_;
};

}  // namespace quayside::controller
