#include "controller/store/sqlite.h"

#include <limits>
#include <utility>

#include <sqlite3.h>

#include "common/base/check.h"
#include "common/base/status.h"

namespace quayside::controller {
namespace {

absl::StatusCode StatusOfCode(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kFailedPrecondition;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_ERROR:
      return absl::StatusCode::kInternal;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

std::string Hint(int code, const std::string& path) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "; free space on its disk";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "; another process uses it: stop the other quayside-controller first";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "; put a backup in place with `quayside-controller restore FILE`";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return "; check the owner and mode of the file and its directory, and that the disk is "
             "writable";
    case SQLITE_IOERR:
      return "; check the disk that holds " + path;
    default:
      return "";
  }
}

constexpr int64_t kInfinitePast = std::numeric_limits<int64_t>::min();
constexpr int64_t kInfiniteFuture = std::numeric_limits<int64_t>::max();

}  // namespace

// ---- Database ----

absl::StatusOr<Database> Database::Open(const std::string& path, Mode mode) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case Mode::kReadOnly:
      flags |= SQLITE_OPEN_READONLY;
      break;
    case Mode::kReadWrite:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case Mode::kCreate:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  QS_CHECK(handle != nullptr);  // only out of memory
  Database database(handle, path);
  if (code == SQLITE_CANTOPEN) {
    return PermissionDenied("cannot open the database " + path + ": " + sqlite3_errmsg(handle) +
                            Hint(code, path));
  }
  if (code != SQLITE_OK) return database.Error(code, "cannot open the database");
  if (mode != Mode::kReadOnly && sqlite3_db_readonly(handle, "main") == 1) {
    return PermissionDenied("cannot write to the database " + path + ": it is read-only" +
                            Hint(SQLITE_READONLY, path));
  }
  return database;
}

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

absl::Status Database::Execute(const std::string& sql) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus()
                           : Error(code, "cannot run `" + sql.substr(0, 60) + "`");
}

absl::StatusOr<std::string> Database::Ask(const std::string& sql) {
  QS_ASSIGN_OR_RETURN(Statement statement, Statement::Prepare(*this, sql));
  Statement::Use use(statement);
  QS_ASSIGN_OR_RETURN(const bool row, use.Step());
  return row ? use.ReadText() : std::string();
}

absl::Status Database::Error(int code, std::string_view doing) const {
  const char* detail = sqlite3_errmsg(handle());
  std::string message = std::string(doing) + " on " + path_ + ": " + sqlite3_errstr(code);
  if (sqlite3_extended_errcode(handle()) == code && message.find(detail) == std::string::npos) {
    message += std::string(" (") + detail + ")";
  }
  return MakeStatus(StatusOfCode(code), message + Hint(code, path_));
}

int64_t Database::rows_written() const { return sqlite3_total_changes64(handle_.get()); }

bool Database::InTransaction() const { return sqlite3_get_autocommit(handle()) == 0; }

// ---- Statement ----

absl::StatusOr<Statement> Statement::Prepare(Database& database, const std::string& sql) {
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v3(database.handle(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                         SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return database.Error(code, "cannot prepare `" + sql + "`");
  return Statement(database, handle);
}

void Statement::Finalizer::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Statement::Use::~Use() {
  sqlite3_reset(statement_.handle_.get());
  sqlite3_clear_bindings(statement_.handle_.get());
}

void Statement::Use::Bound(int code) {
  if (error_ == SQLITE_OK) error_ = code;
}

Statement::Use& Statement::Use::Int(int64_t value) {
  Bound(sqlite3_bind_int64(statement_.handle_.get(), ++parameter_, value));
  return *this;
}

Statement::Use& Statement::Use::Text(std::string_view value) {
  // An empty view may hold a null pointer, which SQLite would take for NULL.
  Bound(sqlite3_bind_text64(statement_.handle_.get(), ++parameter_,
                            value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}

Statement::Use& Statement::Use::Blob(std::string_view value) {
  Bound(sqlite3_bind_blob64(statement_.handle_.get(), ++parameter_,
                            value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement::Use& Statement::Use::Time(absl::Time value) {
  if (value == absl::InfinitePast()) return Int(kInfinitePast);
  if (value == absl::InfiniteFuture()) return Int(kInfiniteFuture);
  return Int(absl::ToUnixNanos(value));
}

Statement::Use& Statement::Use::Duration(absl::Duration value) {
  if (value == absl::InfiniteDuration()) return Int(kInfiniteFuture);
  if (value == -absl::InfiniteDuration()) return Int(kInfinitePast);
  return Int(absl::ToInt64Nanoseconds(value));
}

absl::StatusOr<bool> Statement::Use::Step() {
  if (error_ != SQLITE_OK) return statement_.database_->Error(error_, "cannot bind a value");
  column_ = 0;
  const int code = sqlite3_step(statement_.handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return statement_.database_->Error(
      code, std::string("cannot run `") + sqlite3_sql(statement_.handle_.get()) + "`");
}

absl::Status Statement::Use::Run() {
  while (true) {
    QS_ASSIGN_OR_RETURN(const bool row, Step());
    if (!row) return absl::OkStatus();
  }
}

int64_t Statement::Use::ReadInt() {
  return sqlite3_column_int64(statement_.handle_.get(), column_++);
}

std::string_view Statement::Use::ReadView() {
  const int column = column_++;
  const auto* text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement_.handle_.get(), column));
  if (text == nullptr) return "";
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement_.handle_.get(), column))};
}

std::string Statement::Use::ReadText() { return std::string(ReadView()); }

std::string Statement::Use::ReadBlob() {
  const int column = column_++;
  const auto* bytes =
      static_cast<const char*>(sqlite3_column_blob(statement_.handle_.get(), column));
  if (bytes == nullptr) return "";
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.handle_.get(), column))};
}

absl::Time Statement::Use::ReadTime() {
  const int64_t value = ReadInt();
  if (value == kInfinitePast) return absl::InfinitePast();
  if (value == kInfiniteFuture) return absl::InfiniteFuture();
  return absl::FromUnixNanos(value);
}

absl::Duration Statement::Use::ReadDuration() {
  const int64_t value = ReadInt();
  if (value == kInfinitePast) return -absl::InfiniteDuration();
  if (value == kInfiniteFuture) return absl::InfiniteDuration();
  return absl::Nanoseconds(value);
}

// ---- Transaction ----

absl::StatusOr<Transaction> Transaction::Begin(Database& database) {
  QS_RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  // SQLite may have rolled back by itself, at a full disk for instance. A rollback that fails
  // leaves nothing of the transaction either: it was never in the log.
  if (database_->InTransaction()) database_->Execute("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit() {
  QS_CHECK(database_ != nullptr);
  QS_RETURN_IF_ERROR(database_->Execute("COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

}  // namespace quayside::controller
