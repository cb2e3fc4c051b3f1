#include "controller/store/store.h"

#include <optional>
#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"
#include "controller/store/backup.h"
#include "controller/store/event_log.h"
#include "controller/store/migrate.h"
#include "controller/store/nested_tables.h"
#include "controller/store/open.h"
#include "controller/store/shapes.h"
#include "controller/store/table.h"

namespace quayside::controller {
namespace {

// Every table of the model with its prepared statements.
struct Tables {
  static absl::StatusOr<Tables> Prepare(Database& database) {
    QS_ASSIGN_OR_RETURN(auto fleet, RowTable<FleetShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto hosts, RowTable<HostShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto apps, RowTable<AppShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto revisions, RevisionTable::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto specs, RowTable<SpecShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto images, RowTable<ImageShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto instances, RowTable<InstanceShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto kept, RowTable<KeptShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto removals, RowTable<RemovalShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto bindings, RowTable<BindingShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto rollouts, RolloutTable::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto observed, RowTable<ObservedShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto requests, RowTable<RequestShape>::Prepare(database));
    QS_ASSIGN_OR_RETURN(auto events, EventLog::Prepare(database));
    return Tables{std::move(fleet),     std::move(hosts),    std::move(apps),
                  std::move(revisions), std::move(specs),    std::move(images),
                  std::move(instances), std::move(kept),     std::move(removals),
                  std::move(bindings),  std::move(rollouts), std::move(observed),
                  std::move(requests),  std::move(events)};
  }

  // Calls act(stored table, the model's table) for each, until one fails.
  template <typename ModelType, typename Act>
  absl::Status ForEach(ModelType& model, Act act) {
    QS_RETURN_IF_ERROR(act(fleet, model.fleet));
    QS_RETURN_IF_ERROR(act(hosts, model.hosts));
    QS_RETURN_IF_ERROR(act(apps, model.apps));
    QS_RETURN_IF_ERROR(act(revisions, model.revisions));
    QS_RETURN_IF_ERROR(act(specs, model.specs));
    QS_RETURN_IF_ERROR(act(images, model.images));
    QS_RETURN_IF_ERROR(act(instances, model.instances));
    QS_RETURN_IF_ERROR(act(kept, model.kept));
    QS_RETURN_IF_ERROR(act(removals, model.removals));
    QS_RETURN_IF_ERROR(act(bindings, model.bindings));
    QS_RETURN_IF_ERROR(act(rollouts, model.rollouts));
    QS_RETURN_IF_ERROR(act(observed, model.observed));
    return act(requests, model.requests);
  }

  RowTable<FleetShape> fleet;
  RowTable<HostShape> hosts;
  RowTable<AppShape> apps;
  RevisionTable revisions;
  RowTable<SpecShape> specs;
  RowTable<ImageShape> images;
  RowTable<InstanceShape> instances;
  RowTable<KeptShape> kept;
  RowTable<RemovalShape> removals;
  RowTable<BindingShape> bindings;
  RolloutTable rollouts;
  RowTable<ObservedShape> observed;
  RowTable<RequestShape> requests;
  EventLog events;
};

}  // namespace

struct Store::Impl {
  std::unique_ptr<Database> database;
  Tables tables;
  std::unique_ptr<Backup> backup;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() { impl_->backup.reset(); }

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path) {
  QS_ASSIGN_OR_RETURN(auto database, OpenLocked(path));
  absl::StatusOr<Tables> tables = Tables::Prepare(*database);
  // Its version is right and its tables are not: somebody changed them by hand.
  if (absl::IsInternal(tables.status())) {
    return DataLoss("the database " + path + " is damaged: " + Message(tables.status()) +
                    "; put a backup in place with `quayside-controller restore FILE`");
  }
  QS_RETURN_IF_ERROR(tables.status());
  return std::unique_ptr<Store>(
      new Store(std::unique_ptr<Impl>(new Impl{std::move(database), *std::move(tables), nullptr})));
}

absl::Status Store::Load(Model* model) {
  return impl_->tables.ForEach(*model,
                               [](auto& stored, auto& table) { return stored.Load(&table); });
}

absl::Status Store::Write(const Model& model) {
  QS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*impl_->database));
  QS_RETURN_IF_ERROR(impl_->tables.ForEach(
      model, [](auto& stored, const auto& table) { return stored.Write(table); }));
  QS_RETURN_IF_ERROR(impl_->tables.events.Append(model.new_events));
  return transaction.Commit();
}

absl::Status Store::Commit(Model* model) {
  bool changed = !model->new_events.empty();
  QS_RETURN_IF_ERROR(impl_->tables.ForEach(*model, [&changed](auto&, auto& table) {
    changed = changed || !table.dirty().empty();
    return absl::OkStatus();
  }));
  if (!changed) return absl::OkStatus();
  const absl::Status written = Write(*model);
  if (!written.ok()) {
    impl_->tables.rollouts.Forget();
    return written;
  }
  model->new_events.clear();
  return impl_->tables.ForEach(*model, [](auto&, auto& table) {
    table.ClearDirty();
    return absl::OkStatus();
  });
}

int64_t Store::rows_written() const { return impl_->database->rows_written(); }

absl::StatusOr<std::vector<EventRow>> Store::Events(const std::string& app, const std::string& host,
                                                    const InstanceId& instance, int64_t after,
                                                    int32_t limit) {
  return impl_->tables.events.Find(app, host, instance, after, limit);
}

absl::StatusOr<int> Store::PruneEvents(absl::Time before, int64_t max_events, int limit) {
  return impl_->tables.events.Prune(before, max_events, limit);
}

absl::Status Store::BeginBackup(const std::string& path) {
  if (impl_->backup != nullptr) {
    return FailedPrecondition(
        "cannot begin a backup: another one is being written; try again later");
  }
  QS_ASSIGN_OR_RETURN(impl_->backup, Backup::Begin(*impl_->database, path));
  return absl::OkStatus();
}

absl::StatusOr<bool> Store::StepBackup(int pages) {
  QS_CHECK(impl_->backup != nullptr);
  const absl::StatusOr<bool> complete = impl_->backup->Step(pages);
  if (!complete.ok() || *complete) impl_->backup.reset();
  return complete;
}

void Store::AbortBackup() { impl_->backup.reset(); }

absl::Status Store::ProbeWrite() {
  QS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*impl_->database));
  // The version as it is: writing a row's own values again would not touch the disk.
  const std::string version = std::to_string(Migrations().back().version);
  QS_RETURN_IF_ERROR(impl_->database->Execute("PRAGMA user_version = " + version));
  return transaction.Commit();
}

}  // namespace quayside::controller
