// RowTable writes and reads one table whose shape a Shape type tells: its name, its columns with
// the key's first, and how a key and a row are bound and read. One per table of the model, prepared
// once (tables.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/status.h"
#include "controller/core/model.h"
#include "controller/store/sqlite.h"

namespace quayside::controller {

// "INSERT … ON CONFLICT (keys) DO UPDATE SET …": never REPLACE, which would delete the row first
// and what refers to it.
std::string UpsertSql(const char* table, const std::vector<std::string>& columns, size_t keys);
std::string DeleteSql(const char* table, const std::vector<std::string>& columns, size_t keys);
std::string SelectSql(const char* table, const std::vector<std::string>& columns, size_t keys);

// Shape: using Key, Row; static const char kTable[]; static std::vector<std::string> Columns();
// kKeyColumns; static void BindKey(Use&, const Key&); static void BindRow(Use&, const Key&, const
// Row&) all columns in order; static absl::Status ReadRow(Use&, Key*, Row*).
template <typename Shape>
class RowTable {
 public:
  using Key = typename Shape::Key;
  using Row = typename Shape::Row;

  static absl::StatusOr<RowTable> Prepare(Database& database) {
    const auto columns = Shape::Columns();
    QS_ASSIGN_OR_RETURN(
        Statement put,
        Statement::Prepare(database, UpsertSql(Shape::kTable, columns, Shape::kKeyColumns)));
    QS_ASSIGN_OR_RETURN(
        Statement remove,
        Statement::Prepare(database, DeleteSql(Shape::kTable, columns, Shape::kKeyColumns)));
    QS_ASSIGN_OR_RETURN(
        Statement select,
        Statement::Prepare(database, SelectSql(Shape::kTable, columns, Shape::kKeyColumns)));
    return RowTable(std::move(put), std::move(remove), std::move(select));
  }

  absl::Status Put(const Key& key, const Row& row) {
    Statement::Use use(put_);
    Shape::BindRow(use, key, row);
    return use.Run();
  }

  absl::Status Delete(const Key& key) {
    Statement::Use use(remove_);
    Shape::BindKey(use, key);
    return use.Run();
  }

  // Calls take(Key, Row) for every row, in key order.
  template <typename Take>
  absl::Status ForEach(Take take) {
    Statement::Use use(select_);
    while (true) {
      QS_ASSIGN_OR_RETURN(const bool more, use.Step());
      if (!more) return absl::OkStatus();
      Key key{};
      Row row;
      QS_RETURN_IF_ERROR(
          WithContext(Shape::ReadRow(use, &key, &row), std::string("table ") + Shape::kTable));
      take(std::move(key), std::move(row));
    }
  }

  absl::Status Load(Table<Key, Row>* table) {
    return ForEach([table](Key key, Row row) { table->Load(key, std::move(row)); });
  }

  // Writes the changed rows of `table` and deletes those that are gone.
  absl::Status Write(const Table<Key, Row>& table) {
    for (const Key& key : table.dirty()) {
      const Row* row = table.Find(key);
      QS_RETURN_IF_ERROR(row != nullptr ? Put(key, *row) : Delete(key));
    }
    return absl::OkStatus();
  }

 private:
  RowTable(Statement put, Statement remove, Statement select)
      : put_(std::move(put)), remove_(std::move(remove)), select_(std::move(select)) {}
  Statement put_, remove_, select_;
};

}  // namespace quayside::controller
