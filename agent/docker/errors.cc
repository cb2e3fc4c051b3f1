#include "agent/docker/errors.h"

#include <algorithm>
#include <initializer_list>

#include "common/base/status.h"
#include "common/net/json_view.h"

namespace quayside::agent::docker {
namespace {

constexpr size_t kMaxMessage = 1000;  // of the engine's sentence; some quote whole specs

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool Contains(const std::string& text, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&text](const char* part) { return text.find(part) != text.npos; });
}

// Failures that the engine answers with 500 (or 400) whatever their cause.
absl::StatusCode CodeOfSentence(const std::string& lower) {
  using absl::StatusCode;
  if (Contains(lower, {"no space left on device", "disk quota exceeded"})) {
    return StatusCode::kResourceExhausted;
  }
  if (Contains(lower,
               {"non-overlapping ipv4 address pool", "address pools have been fully subnetted",
                "no available ipv4 addresses", "no available ip addresses"})) {
    return StatusCode::kResourceExhausted;
  }
  if (Contains(lower,
               {"port is already allocated", "address already in use", "is already in use by",
                "device or resource busy", "has active endpoints", "pool overlaps"})) {
    return StatusCode::kFailedPrecondition;
  }
  // The container's own fault: its program, mounts, devices or options.
  if (Contains(lower, {"oci runtime",
                       "runc create failed",
                       "executable file not found",
                       "exec format error",
                       "invalid mount",
                       "bind source path does not exist",
                       "error gathering device information",
                       "no such file or directory",
                       "not a directory",
                       "permission denied",
                       "no command specified",
                       "unknown runtime",
                       "could not select device driver",
                       "invalid argument",
                       "operation not permitted",
                       "unable to find user",
                       "unable to find group",
                       "linux spec user",
                       "cannot join network of a non running container",
                       "read-only file system",
                       "no configured subnet",
                       "user specified ip address is supported only"})) {
    return StatusCode::kInvalidArgument;
  }
  return StatusCode::kUnavailable;
}

const char* HintFor(const std::string& lower) {
  if (Contains(lower,
               {"non-overlapping ipv4 address pool", "address pools have been fully subnetted"})) {
    return "; remove networks that nothing uses, or give the engine more default-address-pools";
  }
  if (Contains(lower, {"no space left on device"})) {
    return "; free space on the engine's disk";
  }
  return "";
}

}  // namespace

std::string MessageOfAnswer(int http_status, std::string_view body) {
  std::string message;
  if (const auto view = net::JsonView::Parse(body); view.ok())
    message = (*view)["message"].String();
  if (message.empty()) message = std::string(body.substr(0, kMaxMessage));
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  if (message.empty()) message = "the engine answered " + std::to_string(http_status);
  if (message.size() > kMaxMessage) message.resize(kMaxMessage);
  return message;
}

absl::Status ErrorOfAnswer(int http_status, std::string_view body, const std::string& what) {
  const std::string message = MessageOfAnswer(http_status, body);
  const std::string lower = Lower(message);
  const std::string sentence = "cannot " + what + ": " + message + HintFor(lower);
  switch (http_status) {
    case 400:
    case 422: {
      const absl::StatusCode code = CodeOfSentence(lower);
      return MakeStatus(
          code == absl::StatusCode::kUnavailable ? absl::StatusCode::kInvalidArgument : code,
          sentence);
    }
    case 401:
    case 403:
      // The engine's networks answer 403 where others answer 409.
      return Contains(lower, {"address already in use", "has active endpoints"})
                 ? FailedPrecondition(sentence)
                 : PermissionDenied(sentence);
    case 404:
      return NotFound(sentence);
    case 409:
      if (Contains(lower, {"already in progress", "marked for removal"})) return Aborted(sentence);
      return Contains(lower, {"is already in use by container", "already exists"})
                 ? AlreadyExists(sentence)
                 : FailedPrecondition(sentence);
    case 501:
      return Unimplemented(sentence);
    case 503:
      return Unavailable(sentence);
    default:
      return MakeStatus(CodeOfSentence(lower), sentence);
  }
}

absl::Status ErrorOfPull(const std::string& message, const std::string& image) {
  const std::string lower = Lower(message);
  const std::string sentence =
      "cannot pull " + image + ": " + message.substr(0, kMaxMessage) + HintFor(lower);
  if (Contains(lower,
               {"toomanyrequests", "too many requests", "rate limit", "no space left on device"})) {
    return ResourceExhausted(sentence);
  }
  if (Contains(lower, {"no matching manifest", "does not match the specified platform",
                       "does not provide the specified platform"})) {
    return InvalidArgument(sentence);
  }
  // The engine says "pull access denied … repository does not exist or may require 'docker login'"
  // for both; 401 and 403 of the registry are in its words as well.
  if (Contains(lower, {"access denied", "unauthorized", "authentication required", "no basic auth",
                       "denied:", "403 forbidden"})) {
    return PermissionDenied(sentence);
  }
  if (Contains(lower, {"manifest unknown", "not found", "name unknown", "name_unknown"})) {
    return NotFound(sentence);
  }
  return Unavailable(sentence);
}

std::string Shown(const std::string& container) {
  const bool id = container.size() == 64 &&
                  container.find_first_not_of("0123456789abcdef") == std::string::npos;
  return "container " + (id ? container.substr(0, 12) : container);
}

}  // namespace quayside::agent::docker
