// Errors as values. Recoverable failure is absl::Status; the codes are contract (callers branch on
// codes, never on text), the message is a sentence for a person: what was tried, on what, why not.
//
// Debian's absl::string_view is not std::string_view, so absl's own constructors and message() do
// not take or give std types; these helpers are the only place that knows.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quayside {

inline absl::Status MakeStatus(absl::StatusCode code, std::string_view message) {
  return absl::Status(code, absl::string_view(message.data(), message.size()));
}

// The caller's fault: a value that cannot be accepted.
inline absl::Status InvalidArgument(std::string_view message) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}
inline absl::Status NotFound(std::string_view message) {
  return MakeStatus(absl::StatusCode::kNotFound, message);
}
inline absl::Status AlreadyExists(std::string_view message) {
  return MakeStatus(absl::StatusCode::kAlreadyExists, message);
}
// The state forbids it now.
inline absl::Status FailedPrecondition(std::string_view message) {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, message);
}
// Lost a race: read again.
inline absl::Status Aborted(std::string_view message) {
  return MakeStatus(absl::StatusCode::kAborted, message);
}
// Try again later, with back-off.
inline absl::Status Unavailable(std::string_view message) {
  return MakeStatus(absl::StatusCode::kUnavailable, message);
}
inline absl::Status DeadlineExceeded(std::string_view message) {
  return MakeStatus(absl::StatusCode::kDeadlineExceeded, message);
}
inline absl::Status PermissionDenied(std::string_view message) {
  return MakeStatus(absl::StatusCode::kPermissionDenied, message);
}
inline absl::Status Unauthenticated(std::string_view message) {
  return MakeStatus(absl::StatusCode::kUnauthenticated, message);
}
// A limit of ours was reached.
inline absl::Status ResourceExhausted(std::string_view message) {
  return MakeStatus(absl::StatusCode::kResourceExhausted, message);
}
// Stored data cannot be read back.
inline absl::Status DataLoss(std::string_view message) {
  return MakeStatus(absl::StatusCode::kDataLoss, message);
}
inline absl::Status Unimplemented(std::string_view message) {
  return MakeStatus(absl::StatusCode::kUnimplemented, message);
}
// Our bug.
inline absl::Status Internal(std::string_view message) {
  return MakeStatus(absl::StatusCode::kInternal, message);
}

inline std::string Message(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

// The same error with `context: ` before its message; an ok status stays ok.
inline absl::Status WithContext(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  return MakeStatus(status.code(), std::string(context) + ": " + Message(status));
}

}  // namespace quayside

// Returns the status from the enclosing function when it is an error.
#define QS_RETURN_IF_ERROR(expr)             \
  do {                                       \
    ::absl::Status qs_status_ = (expr);      \
    if (!qs_status_.ok()) return qs_status_; \
  } while (false)

#define QS_CONCAT_INNER_(a, b) a##b
#define QS_CONCAT_(a, b) QS_CONCAT_INNER_(a, b)

// Declares or assigns `lhs` from a StatusOr, or returns its error from the enclosing function.
#define QS_ASSIGN_OR_RETURN(lhs, expr) \
  QS_ASSIGN_OR_RETURN_IMPL_(QS_CONCAT_(qs_statusor_, __LINE__), lhs, expr)
#define QS_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, expr) \
  auto statusor = (expr);                              \
  if (!statusor.ok()) return statusor.status();        \
  lhs = *std::move(statusor)
