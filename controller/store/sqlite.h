// Three owners for SQLite's handles, and its errors as absl::Status: Database (a connection),
// Statement (a prepared one, used through Statement::Use) and Transaction (rolled back unless
// committed). One thread: the core's (R27). Statuses: kResourceExhausted disk full;
// kFailedPrecondition locked by another process; kDataLoss damaged, or no database;
// kPermissionDenied read-only or not ours to open; kInternal a constraint or the SQL is wrong (our
// bug); kUnavailable any other I/O error. The message holds SQLite's own words and the path.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace quayside::controller {

class Database {
 public:
  enum class Mode { kReadOnly, kReadWrite, kCreate };
  // kReadWrite and kCreate refuse a file that can only be read (kPermissionDenied). Nothing of the
  // file is read yet.
  static absl::StatusOr<Database> Open(const std::string& path, Mode mode);

  // Runs all statements of `sql`; rows that they give are dropped.
  absl::Status Execute(const std::string& sql);
  // The first column of the first row, as text; "" when there is no row.
  absl::StatusOr<std::string> Ask(const std::string& sql);

  // The status of a result code that is not OK, ROW or DONE, saying that `doing` failed.
  absl::Status Error(int code, std::string_view doing) const;
  bool InTransaction() const;
  int64_t rows_written() const;
  sqlite3* handle() const { return handle_.get(); }
  const std::string& path() const { return path_; }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  std::unique_ptr<sqlite3, Closer> handle_;
  std::string path_;
};

class Statement {
 public:
  // The database must outlive the statement.
  static absl::StatusOr<Statement> Prepare(Database& database, const std::string& sql);

  // One run: bind the parameters in order, step, read the columns in order. Its end resets the
  // statement and forgets the bindings: a statement left open would pin the write-ahead log.
  class Use {
   public:
    explicit Use(Statement& statement) : statement_(statement) {}
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use();

    Use& Int(int64_t value);
    Use& Bool(bool value) { return Int(value ? 1 : 0); }
    Use& Text(std::string_view value);
    Use& Blob(std::string_view value);
    Use& Time(absl::Time value);
    Use& Duration(absl::Duration value);

    // True when there is a row to read.
    absl::StatusOr<bool> Step();
    // Steps to the end.
    absl::Status Run();

    // REQUIRES: Step gave a row. Each call reads the next column of it.
    int64_t ReadInt();
    bool ReadBool() { return ReadInt() != 0; }
    std::string ReadText();
    std::string_view ReadView();  // valid until the next Step
    std::string ReadBlob();
    absl::Time ReadTime();
    absl::Duration ReadDuration();

   private:
    void Bound(int code);

    Statement& statement_;
    int parameter_ = 0;
    int column_ = 0;
    int error_ = 0;  // of the first bind that failed
  };

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const;
  };
  Statement(Database& database, sqlite3_stmt* handle) : database_(&database), handle_(handle) {}
  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

class Transaction {
 public:
  // BEGIN IMMEDIATE: a read transaction that writes later could lose its place
  // (SQLITE_BUSY_SNAPSHOT).
  static absl::StatusOr<Transaction> Begin(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // Durable when it returns ok; rolled back when not.
  absl::Status Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  // nullptr when committed or moved from
};

}  // namespace quayside::controller
