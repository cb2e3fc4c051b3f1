#include "controller/store/table.h"

namespace quayside::controller {
namespace {

// The first `count` of `words`, each followed by `after`, joined by `separator`.
std::string Join(const std::vector<std::string>& words, size_t count, const std::string& separator,
                 const std::string& after = "") {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += separator;
    text += words[i] + after;
  }
  return text;
}

}  // namespace

std::string UpsertSql(const char* table, const std::vector<std::string>& columns, size_t keys) {
  std::string marks;
  for (size_t i = 0; i < columns.size(); ++i) marks += i == 0 ? "?" : ", ?";
  std::string changes;
  for (size_t i = keys; i < columns.size(); ++i) {
    if (i > keys) changes += ", ";
    changes += columns[i] + " = excluded." + columns[i];
  }
  return std::string("INSERT INTO ") + table + " (" + Join(columns, columns.size(), ", ") +
         ") VALUES (" + marks + ") ON CONFLICT (" + Join(columns, keys, ", ") + ") DO UPDATE SET " +
         changes;
}

std::string DeleteSql(const char* table, const std::vector<std::string>& columns, size_t keys) {
  return std::string("DELETE FROM ") + table + " WHERE " + Join(columns, keys, " AND ", " = ?");
}

std::string SelectSql(const char* table, const std::vector<std::string>& columns, size_t keys) {
  return std::string("SELECT ") + Join(columns, columns.size(), ", ") + " FROM " + table +
         " ORDER BY " + Join(columns, keys, ", ");
}

}  // namespace quayside::controller
