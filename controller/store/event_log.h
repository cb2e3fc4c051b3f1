// The table of events: appended by commits, read back by filter, pruned in slices. It is never
// loaded whole.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/core/model.h"
#include "controller/store/shapes.h"
#include "controller/store/table.h"

namespace quayside::controller {

class EventLog {
 public:
  static absl::StatusOr<EventLog> Prepare(Database& database);

  // In the caller's transaction.
  absl::Status Append(const std::vector<EventRow>& events);
  // As Store::Events and Store::PruneEvents say.
  absl::StatusOr<std::vector<EventRow>> Find(const std::string& app, const std::string& host,
                                             const InstanceId& instance, int64_t after,
                                             int32_t limit);
  absl::StatusOr<int> Prune(absl::Time before, int64_t max_events, int limit);

 private:
  EventLog(Database& database, RowTable<EventShape> events, Statement ends, Statement oldest,
           Statement remove);

  Database* database_;
  RowTable<EventShape> events_;
  Statement ends_, oldest_, remove_;
  std::map<std::string, Statement> finders_;  // by which filters they have
};

}  // namespace quayside::controller
