// An asynchronous HTTP client over TCP and unix sockets: requests in, one answer each. It is the
// only room that knows curl. One thread of its own (curl_multi) moves every transfer, keeps
// connections alive between requests, and runs every callback; so callbacks must not block.
//
// Limits: at most kMaxActiveRequests transfers at once, kMaxWaitingRequests behind them, more are
// answered kResourceExhausted. Every answer has a size limit, every request a time limit unless it
// says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace quayside::net {

struct HttpResponse {
  int status = 0;  // 0 for HttpRequest::connect_only
  std::map<std::string, std::string>
      headers;       // names in lower case; the last value of a repeated one
  std::string body;  // empty when the request has on_body
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // "http://…" or "https://…"; with unix_socket the host part is only a name
  std::string unix_socket;  // path of a unix socket to connect to instead; "" = TCP
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // sent when not empty, and with every POST, PUT and PATCH

  size_t max_response_bytes = size_t{4}
                              << 20;  // more is kResourceExhausted; with on_body: over all pieces
  absl::Duration connect_timeout = absl::Seconds(2);
  absl::Duration total_timeout = absl::Seconds(30);         // infinite = none
  absl::Duration stall_timeout = absl::InfiniteDuration();  // no byte for so long; whole seconds
  // Answers of 3xx are handed to the caller, never followed: the caller decides who may see its
  // headers.
  bool use_proxy = false;     // honour http_proxy, https_proxy and no_proxy of the environment
  bool connect_only = false;  // connect, send nothing: an ok answer means that the port accepted

  // When set: called once the status line and headers of the answer are there, before any of its
  // body.
  std::function<void(const HttpResponse&)> on_headers;
  // When set: takes the body piece by piece. False ends the transfer with kAborted.
  std::function<bool(std::string_view)> on_body;
};

class HttpClient {
 public:
  using RequestId = uint64_t;
  using Done = absl::AnyInvocable<void(absl::StatusOr<HttpResponse>)>;

  static constexpr size_t kMaxActiveRequests = 128;
  static constexpr size_t kMaxWaitingRequests = 1024;

  HttpClient();
  // Ends every transfer; callbacks that have not run are dropped. Not from a callback.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Starts `request`; `done` runs exactly once, later, on the client's thread. Any thread.
  //   kUnavailable        cannot resolve or connect, or the connection was lost before the whole
  //   answer came kDeadlineExceeded   total_timeout or stall_timeout passed after connecting
  //   kResourceExhausted  the answer is larger than max_response_bytes, or too many requests wait
  //   kInvalidArgument    the URL cannot be used
  //   kFailedPrecondition the other side's certificate is not trusted
  //   kAborted            on_body returned false;  kCancelled  Cancel was called
  // An HTTP status of any kind is an ok answer.
  RequestId Send(HttpRequest request, Done done);
  // Ends a request that has not been answered: its `done` runs with kCancelled. Any thread, also
  // from a callback.
  void Cancel(RequestId id);
  // Runs `task` on the client's thread after `delay`, so that retries need no thread of their own.
  // Any thread.
  void After(absl::Duration delay, absl::AnyInvocable<void()> task);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// `text` with everything but letters, digits and "-_.~" as %XX, for query values and path segments.
std::string UrlEscape(std::string_view text);

}  // namespace quayside::net
