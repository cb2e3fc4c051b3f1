#include "controller/store/nested_tables.h"

#include <map>
#include <string>
#include <utility>

#include "common/base/status.h"

namespace quayside::controller {

// ---- revision ----

RevisionTable::RevisionTable(RowTable<RevisionShape> revisions, Statement put_service,
                             Statement delete_services, Statement select_services)
    : revisions_(std::move(revisions)),
      put_service_(std::move(put_service)),
      delete_services_(std::move(delete_services)),
      select_services_(std::move(select_services)) {}

absl::StatusOr<RevisionTable> RevisionTable::Prepare(Database& database) {
  QS_ASSIGN_OR_RETURN(auto revisions, RowTable<RevisionShape>::Prepare(database));
  QS_ASSIGN_OR_RETURN(
      Statement put,
      Statement::Prepare(database,
                         "INSERT INTO service (app, revision, name, host, spec, image) "
                         "VALUES (?, ?, ?, ?, ?, ?)"));
  QS_ASSIGN_OR_RETURN(
      Statement remove,
      Statement::Prepare(database, "DELETE FROM service WHERE app = ? AND revision = ?"));
  QS_ASSIGN_OR_RETURN(Statement select,
                      Statement::Prepare(database,
                                         "SELECT app, revision, name, host, spec FROM service "
                                         "ORDER BY app, revision, name, host"));
  return RevisionTable(std::move(revisions), std::move(put), std::move(remove), std::move(select));
}

absl::Status RevisionTable::PutServices(const RevisionRow& row) {
  {
    Statement::Use use(delete_services_);
    QS_RETURN_IF_ERROR(use.Text(row.key.app.value).Int(row.key.number).Run());
  }
  const auto put = [&](const ServiceName& name, const std::string& host, const SpecDigest& digest) {
    std::string image;
    if (const ServiceSpec* service = FindService(row.spec, name)) {
      const auto own = service->host_images.find(host);
      image = own == service->host_images.end() ? service->container.image : own->second;
    }
    Statement::Use use(put_service_);
    use.Text(row.key.app.value).Int(row.key.number).Text(name.value).Text(host);
    return use.Text(digest.value).Text(image).Run();
  };
  for (const auto& [name, digest] : row.digests) QS_RETURN_IF_ERROR(put(name, "", digest));
  for (const auto& [place, digest] : row.host_digests) {
    QS_RETURN_IF_ERROR(put(place.first, place.second, digest));
  }
  return absl::OkStatus();
}

absl::Status RevisionTable::Write(const Table<RevisionKey, RevisionRow>& table) {
  for (const RevisionKey& key : table.dirty()) {
    const RevisionRow* row = table.Find(key);
    if (row == nullptr) {
      QS_RETURN_IF_ERROR(revisions_.Delete(key));  // its services go with it
      continue;
    }
    QS_RETURN_IF_ERROR(revisions_.Put(key, *row));
    QS_RETURN_IF_ERROR(PutServices(*row));
  }
  return absl::OkStatus();
}

absl::Status RevisionTable::Load(Table<RevisionKey, RevisionRow>* table) {
  std::map<RevisionKey, RevisionRow> rows;
  QS_RETURN_IF_ERROR(revisions_.ForEach(
      [&](RevisionKey key, RevisionRow row) { rows.emplace(std::move(key), std::move(row)); }));
  Statement::Use use(select_services_);
  while (true) {
    QS_ASSIGN_OR_RETURN(const bool more, use.Step());
    if (!more) break;
    RevisionKey key;
    key.app.value = use.ReadText();
    key.number = use.ReadInt();
    const ServiceName name(use.ReadText());
    const std::string host = use.ReadText();
    const auto it = rows.find(key);
    if (it == rows.end()) return DataLoss("table service: a row of no revision");
    SpecDigest digest(use.ReadText());
    if (host.empty()) {
      it->second.digests[name] = std::move(digest);
    } else {
      it->second.host_digests[{name, host}] = std::move(digest);
    }
  }
  for (auto& [key, row] : rows) table->Load(key, std::move(row));
  return absl::OkStatus();
}

// ---- rollout ----

RolloutTable::RolloutTable(RowTable<RolloutShape> rollouts, RowTable<RolloutTargetShape> targets,
                           Statement delete_surplus)
    : rollouts_(std::move(rollouts)),
      targets_(std::move(targets)),
      delete_surplus_(std::move(delete_surplus)) {}

absl::StatusOr<RolloutTable> RolloutTable::Prepare(Database& database) {
  QS_ASSIGN_OR_RETURN(auto rollouts, RowTable<RolloutShape>::Prepare(database));
  QS_ASSIGN_OR_RETURN(auto targets, RowTable<RolloutTargetShape>::Prepare(database));
  QS_ASSIGN_OR_RETURN(
      Statement surplus,
      Statement::Prepare(database,
                         "DELETE FROM rollout_target WHERE rollout = ? AND position >= ?"));
  return RolloutTable(std::move(rollouts), std::move(targets), std::move(surplus));
}

absl::Status RolloutTable::Put(const RolloutRow& row) {
  QS_RETURN_IF_ERROR(rollouts_.Put(row.id, row));
  const auto known = written_.find(row.id);
  const size_t written = known == written_.end() ? 0 : known->second.size();
  for (size_t i = 0; i < row.targets.size(); ++i) {
    if (i < written && known->second[i] == row.targets[i]) continue;
    QS_RETURN_IF_ERROR(targets_.Put({row.id, static_cast<int64_t>(i)}, row.targets[i]));
  }
  if (known == written_.end() || written > row.targets.size()) {
    Statement::Use use(delete_surplus_);
    QS_RETURN_IF_ERROR(use.Text(row.id.value).Int(static_cast<int64_t>(row.targets.size())).Run());
  }
  if (row.targets.empty()) {
    written_.erase(row.id);
  } else {
    written_[row.id] = row.targets;
  }
  return absl::OkStatus();
}

absl::Status RolloutTable::Write(const Table<RolloutId, RolloutRow>& table) {
  for (const RolloutId& id : table.dirty()) {
    const RolloutRow* row = table.Find(id);
    if (row == nullptr) written_.erase(id);
    // Without its row its targets go too.
    QS_RETURN_IF_ERROR(row != nullptr ? Put(*row) : rollouts_.Delete(id));
  }
  return absl::OkStatus();
}

absl::Status RolloutTable::Load(Table<RolloutId, RolloutRow>* table) {
  std::map<RolloutId, RolloutRow> rows;
  QS_RETURN_IF_ERROR(rollouts_.ForEach(
      [&](RolloutId id, RolloutRow row) { rows.emplace(std::move(id), std::move(row)); }));
  bool orphan = false;
  QS_RETURN_IF_ERROR(
      targets_.ForEach([&](const std::pair<RolloutId, int64_t>& key, RolloutTarget target) {
        const auto it = rows.find(key.first);
        if (it == rows.end()) {
          orphan = true;
        } else {
          it->second.targets.push_back(std::move(target));
        }
      }));
  if (orphan) return DataLoss("table rollout_target: a row of no rollout");
  written_.clear();
  for (auto& [id, row] : rows) {
    if (!row.targets.empty()) written_[id] = row.targets;
    table->Load(id, std::move(row));
  }
  return absl::OkStatus();
}

}  // namespace quayside::controller
