#include "controller/store/event_log.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"

namespace quayside::controller {

EventLog::EventLog(Database& database, RowTable<EventShape> events, Statement ends,
                   Statement oldest, Statement remove)
    : database_(&database),
      events_(std::move(events)),
      ends_(std::move(ends)),
      oldest_(std::move(oldest)),
      remove_(std::move(remove)) {}

absl::StatusOr<EventLog> EventLog::Prepare(Database& database) {
  QS_ASSIGN_OR_RETURN(auto events, RowTable<EventShape>::Prepare(database));
  QS_ASSIGN_OR_RETURN(
      Statement ends,
      Statement::Prepare(database, "SELECT coalesce((SELECT max(id) FROM event), 0)"));
  QS_ASSIGN_OR_RETURN(
      Statement oldest,
      Statement::Prepare(database, "SELECT id, at_ns FROM event ORDER BY id LIMIT ?"));
  QS_ASSIGN_OR_RETURN(Statement remove,
                      Statement::Prepare(database, "DELETE FROM event WHERE id <= ?"));
  return EventLog(database, std::move(events), std::move(ends), std::move(oldest),
                  std::move(remove));
}

absl::Status EventLog::Append(const std::vector<EventRow>& events) {
  for (const EventRow& event : events) QS_RETURN_IF_ERROR(events_.Put(event.id, event));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<EventRow>> EventLog::Find(const std::string& app,
                                                     const std::string& host,
                                                     const InstanceId& instance, int64_t after,
                                                     int32_t limit) {
  std::string where;
  if (!app.empty()) where += " AND app = ?";
  if (!host.empty()) where += " AND host = ?";
  if (!instance.empty()) where += " AND instance = ?";
  auto finder = finders_.find(where);
  if (finder == finders_.end()) {
    QS_ASSIGN_OR_RETURN(
        Statement statement,
        Statement::Prepare(*database_,
                           "SELECT id, at_ns, kind, app, host, instance, revision, message "
                           "FROM event WHERE id > ?" +
                               where + " ORDER BY id DESC LIMIT ?"));
    finder = finders_.emplace(where, std::move(statement)).first;
  }
  Statement::Use use(finder->second);
  use.Int(after);
  if (!app.empty()) use.Text(app);
  if (!host.empty()) use.Text(host);
  if (!instance.empty()) use.Text(instance.value);
  use.Int(std::max<int32_t>(limit, 0));
  std::vector<EventRow> found;
  while (true) {
    QS_ASSIGN_OR_RETURN(const bool more, use.Step());
    if (!more) break;
    int64_t id = 0;
    EventRow row;
    QS_RETURN_IF_ERROR(EventShape::ReadRow(use, &id, &row));
    found.push_back(std::move(row));
  }
  std::reverse(found.begin(), found.end());
  return found;
}

absl::StatusOr<int> EventLog::Prune(absl::Time before, int64_t max_events, int limit) {
  // Ids are given one by one, so their distance counts the events without reading them.
  int64_t newest = 0;
  {
    Statement::Use use(ends_);
    QS_RETURN_IF_ERROR(use.Step().status());
    newest = use.ReadInt();
  }
  int count = 0;
  int64_t last = 0;
  {
    Statement::Use use(oldest_);
    use.Int(std::max(limit, 0));
    while (true) {
      QS_ASSIGN_OR_RETURN(const bool more, use.Step());
      if (!more) break;
      const int64_t id = use.ReadInt();
      if (id > newest - max_events && use.ReadTime() >= before) break;
      last = id;
      ++count;
    }
  }
  if (count == 0) return 0;
  QS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  {
    Statement::Use use(remove_);
    QS_RETURN_IF_ERROR(use.Int(last).Run());
  }
  QS_RETURN_IF_ERROR(transaction.Commit());
  return count;
}

}  // namespace quayside::controller
