#include "common/net/http.h"

#include <algorithm>
#include <cctype>
#include <thread>

#include <curl/curl.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/status.h"

namespace quayside::net {
namespace {

// Idle connections kept for reuse; an agent talks to one engine and a handful of probes.
constexpr long kIdleConnections = 32;
// Longest wait of one poll; wakeups and timers end it earlier.
constexpr int kPollMs = 60'000;
// Header lines kept of one answer; curl itself bounds their total size.
constexpr size_t kMaxHeaders = 128;

// One request on its way. Owned by the client's thread once it has been taken from the inbox.
struct Transfer {
  HttpClient::RequestId id = 0;
  HttpRequest request;
  HttpClient::Done done;
  bool refused = false;  // too many were waiting

  HttpResponse response;
  size_t received_bytes = 0;
  bool headers_told = false;
  bool too_large = false;
  bool stopped = false;  // on_body said so
  CURL* easy = nullptr;
  curl_slist* header_list = nullptr;
  char error[CURL_ERROR_SIZE] = {};

  ~Transfer() {
    if (easy != nullptr) curl_easy_cleanup(easy);
    curl_slist_free_all(header_list);
  }
};

// Where a request goes, for error sentences: without query, which may hold credentials.
std::string Where(const HttpRequest& request) {
  if (!request.unix_socket.empty()) return request.unix_socket;
  return request.url.substr(0, request.url.find('?'));
}

void TellHeaders(Transfer& transfer) {
  if (transfer.headers_told) return;
  transfer.headers_told = true;
  long status = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  if (transfer.request.on_headers) transfer.request.on_headers(transfer.response);
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {
    transfer.response.headers.clear();  // of an interim answer such as 100 Continue
  } else if (line == "\r\n" || line == "\n") {
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200) TellHeaders(transfer);
  } else if (const size_t colon = line.find(':');
             colon != line.npos && transfer.response.headers.size() < kMaxHeaders) {
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && std::string_view(" \t\r\n").find(value.back()) != value.npos) {
      value.remove_suffix(1);
    }
    transfer.response.headers[std::move(name)] = std::string(value);
  }
  return size * count;
}

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view piece(data, size * count);
  TellHeaders(transfer);
  transfer.received_bytes += piece.size();
  if (transfer.received_bytes > transfer.request.max_response_bytes) {
    transfer.too_large = true;
    return 0;
  }
  if (!transfer.request.on_body) {
    transfer.response.body.append(piece);
  } else if (!transfer.request.on_body(piece)) {
    transfer.stopped = true;
    return 0;
  }
  return piece.size();
}

long Milliseconds(absl::Duration duration) {
  return static_cast<long>(std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 1, 1L << 30));
}

void SetTimeouts(CURL* easy, const HttpRequest& request) {
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(request.connect_timeout));
  if (request.total_timeout != absl::InfiniteDuration()) {
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, Milliseconds(request.total_timeout));
  }
  if (request.stall_timeout != absl::InfiniteDuration()) {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                     std::max<long>(1, Milliseconds(request.stall_timeout) / 1000));
  }
}

void SetMethod(Transfer& transfer) {
  const HttpRequest& request = transfer.request;
  CURL* easy = transfer.easy;
  const bool sends_body = !request.body.empty() || request.method == "POST" ||
                          request.method == "PUT" || request.method == "PATCH";
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (sends_body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method != "HEAD")
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  for (const auto& [name, value] : request.headers) {
    transfer.header_list = curl_slist_append(transfer.header_list, (name + ": " + value).c_str());
  }
  // Engine and registry answer at once; waiting a second for "100 Continue" helps nobody.
  transfer.header_list = curl_slist_append(transfer.header_list, "Expect:");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.header_list);
}

void Prepare(Transfer& transfer) {
  const HttpRequest& request = transfer.request;
  CURL* easy = curl_easy_init();
  QS_CHECK(easy != nullptr);
  transfer.easy = easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
  if (!request.use_proxy) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (!request.unix_socket.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  }
  if (request.connect_only) curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  SetTimeouts(easy, request);
  SetMethod(transfer);
}

absl::Status ErrorOf(const Transfer& transfer, CURLcode code) {
  const std::string where = Where(transfer.request);
  const std::string cause = transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(code);
  if (transfer.too_large) {
    return ResourceExhausted("the answer of " + where + " is larger than " +
                             std::to_string(transfer.request.max_response_bytes) + " bytes");
  }
  if (transfer.stopped) return Aborted("the answer of " + where + " was not read to its end");
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: {
      // Zero until a connection is there; the connect time itself stays zero on a kept one.
      curl_off_t ready_us = 0;
      curl_easy_getinfo(transfer.easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
      if (ready_us == 0) return Unavailable("cannot connect to " + where + " in time: " + cause);
      return DeadlineExceeded(where + " did not answer in time: " + cause);
    }
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return Unavailable("cannot connect to " + where + ": " + cause);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return InvalidArgument("cannot use the address " + where + ": " + cause);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return FailedPrecondition("cannot trust " + where + ": " + cause);
    default:
      return Unavailable("the connection to " + where + " failed: " + cause);
  }
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl() {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    QS_CHECK(global == CURLE_OK);
    multi_ = curl_multi_init();
    QS_CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
    thread_ = std::thread([this] { Run(); });
  }

  ~Impl() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (auto& [id, transfer] : active_) curl_multi_remove_handle(multi_, transfer->easy);
    active_.clear();
    curl_multi_cleanup(multi_);
  }

  RequestId Send(HttpRequest request, Done done) {
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    RequestId id;
    {
      absl::MutexLock lock(&mutex_);
      id = transfer->id = ++last_id_;
      if (open_ >= kMaxActiveRequests + kMaxWaitingRequests) {
        transfer->refused = true;
        transfer->request.body.clear();
      } else {
        ++open_;
      }
      inbox_.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_);
    return id;
  }

  void Cancel(RequestId id) {
    {
      absl::MutexLock lock(&mutex_);
      cancelled_.push_back(id);
    }
    curl_multi_wakeup(multi_);
  }

  void After(absl::Duration delay, absl::AnyInvocable<void()> task) {
    {
      absl::MutexLock lock(&mutex_);
      timers_.emplace(clock_.Now() + delay, std::move(task));
    }
    curl_multi_wakeup(multi_);
  }

 private:
  void Run() {
    while (TakeInbox()) {
      StartWaiting();
      int running = 0;
      curl_multi_perform(multi_, &running);
      if (FinishEnded() || RunDueTimers()) continue;
      curl_multi_poll(multi_, nullptr, 0, PollMs(), nullptr);
    }
  }

  // Takes what other threads handed over; false when the client ends.
  bool TakeInbox() {
    std::vector<std::unique_ptr<Transfer>> inbox;
    std::vector<RequestId> cancelled;
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return false;
      inbox.swap(inbox_);
      cancelled.swap(cancelled_);
    }
    for (auto& transfer : inbox) {
      if (transfer->refused) {
        transfer->done(ResourceExhausted("cannot ask " + Where(transfer->request) +
                                         ": too many requests wait; try again"));
      } else {
        const RequestId id = transfer->id;
        waiting_.emplace(id, std::move(transfer));
      }
    }
    for (const RequestId id : cancelled) EndCancelled(id);
    return true;
  }

  void EndCancelled(RequestId id) {
    std::unique_ptr<Transfer> transfer;
    if (auto waiting = waiting_.extract(id)) {
      transfer = std::move(waiting.mapped());
    } else if (auto active = active_.extract(id)) {
      transfer = std::move(active.mapped());
      curl_multi_remove_handle(multi_, transfer->easy);
    } else {
      return;
    }
    const std::string where = Where(transfer->request);
    Finish(std::move(transfer),
           MakeStatus(absl::StatusCode::kCancelled, "the request to " + where + " was cancelled"));
  }

  void StartWaiting() {
    while (!waiting_.empty() && active_.size() < kMaxActiveRequests) {
      auto node = waiting_.extract(waiting_.begin());
      Transfer& transfer = *node.mapped();
      Prepare(transfer);
      const CURLMcode code = curl_multi_add_handle(multi_, transfer.easy);
      QS_CHECK(code == CURLM_OK);
      active_.insert(std::move(node));
    }
  }

  // Answers what has ended; true when there was any.
  bool FinishEnded() {
    bool any = false;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      any = true;
      const CURLcode code = message->data.result;
      Transfer* raw = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &raw);
      auto node = active_.extract(raw->id);
      if (code == CURLE_OK && !raw->request.connect_only) TellHeaders(*raw);
      absl::Status error = code == CURLE_OK ? absl::OkStatus() : ErrorOf(*raw, code);
      curl_multi_remove_handle(multi_, raw->easy);
      Finish(std::move(node.mapped()), std::move(error));
    }
    return any;
  }

  void Finish(std::unique_ptr<Transfer> transfer, absl::Status error) {
    {
      absl::MutexLock lock(&mutex_);
      --open_;
    }
    Done done = std::move(transfer->done);
    if (!error.ok()) {
      transfer.reset();
      done(std::move(error));
    } else {
      HttpResponse response = std::move(transfer->response);
      transfer.reset();
      done(std::move(response));
    }
  }

  bool RunDueTimers() {
    std::vector<absl::AnyInvocable<void()>> due;
    {
      absl::MutexLock lock(&mutex_);
      const MonoTime now = clock_.Now();
      while (!timers_.empty() && timers_.begin()->first <= now) {
        due.push_back(std::move(timers_.begin()->second));
        timers_.erase(timers_.begin());
      }
    }
    for (auto& task : due) task();
    return !due.empty();
  }

  int PollMs() {
    absl::MutexLock lock(&mutex_);
    if (timers_.empty()) return kPollMs;
    const absl::Duration wait = timers_.begin()->first - clock_.Now();
    return static_cast<int>(
        std::clamp<int64_t>(absl::ToInt64Milliseconds(wait + absl::Microseconds(999)), 0, kPollMs));
  }

  CURLM* multi_ = nullptr;
  SystemClock clock_;
  std::thread thread_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  RequestId last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;  // accepted and not yet answered
  std::vector<std::unique_ptr<Transfer>> inbox_ ABSL_GUARDED_BY(mutex_);
  std::vector<RequestId> cancelled_ ABSL_GUARDED_BY(mutex_);
  std::multimap<MonoTime, absl::AnyInvocable<void()>> timers_ ABSL_GUARDED_BY(mutex_);

  // The client's thread only.
  std::map<RequestId, std::unique_ptr<Transfer>> waiting_;
  std::map<RequestId, std::unique_ptr<Transfer>> active_;
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::~HttpClient() = default;

HttpClient::RequestId HttpClient::Send(HttpRequest request, Done done) {
  return impl_->Send(std::move(request), std::move(done));
}
void HttpClient::Cancel(RequestId id) { impl_->Cancel(id); }
void HttpClient::After(absl::Duration delay, absl::AnyInvocable<void()> task) {
  impl_->After(delay, std::move(task));
}

std::string UrlEscape(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string escaped;
  for (const unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      escaped += static_cast<char>(c);
    } else {
      escaped += '%';
      escaped += kHex[c >> 4];
      escaped += kHex[c & 15];
    }
  }
  return escaped;
}

}  // namespace quayside::net
