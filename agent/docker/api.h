// One Docker Engine API call over the engine's unix socket: negotiates the API version before the
// first one, puts it into the path, and turns the answer into a Status or a body. Owned by
// DockerEngine; Call may come from any thread, answers come on the HTTP client's thread.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/docker/parse.h"
#include "common/net/http.h"

namespace quayside::agent::docker {

// Lists and inspects take milliseconds; an engine that needs longer than this is in trouble (facts
// of kubelet and Nomad agree within a factor of two).
inline constexpr absl::Duration kReadTimeout = absl::Seconds(30);
// Creating, starting and removing touch disk, network and runtime.
inline constexpr absl::Duration kWriteTimeout = absl::Minutes(2);
// The largest answer: a list of some thousand containers.
inline constexpr size_t kMaxAnswerBytes = size_t{32} << 20;

struct ApiRequest {
  std::string what;  // completes "cannot …" in errors
  std::string method = "GET";
  std::string path;  // "/containers/json?all=1", without the version
  std::string body;  // JSON
  absl::Duration timeout = kReadTimeout;
  absl::Duration stall_timeout = absl::InfiniteDuration();
  size_t max_bytes = kMaxAnswerBytes;
  std::function<void()> on_open;                  // the answer began, with a status of success
  std::function<bool(std::string_view)> on_body;  // pieces of an answer with a status of success
  // What a refusal means, from its status and body; unset = ErrorOfAnswer.
  std::function<absl::Status(int, std::string_view)> refused;
};

class Api {
 public:
  // `http` outlives the Api.
  Api(std::string socket_path, net::HttpClient& http)
      : socket_path_(std::move(socket_path)), http_(http) {}

  using Then = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;
  // `then` gets the body of an answer of 2xx or 304 (an engine's "already so"), else an error by
  // ErrorOfAnswer.
  void Call(ApiRequest request, Then then);

  // The version to speak, asked for once and after each Forget.
  void WithVersion(absl::AnyInvocable<void(absl::StatusOr<int>)> then);
  // What the engine says of itself; always asks.
  void AskVersion(absl::AnyInvocable<void(absl::StatusOr<Version>)> then);
  // The connection broke: another engine may answer next.
  void ForgetVersion() { version_ = 0; }

  net::HttpClient& http() { return http_; }

 private:
  net::HttpRequest BaseRequest() const;
  void Send(int version, ApiRequest request, Then then);

  const std::string socket_path_;
  net::HttpClient& http_;
  std::atomic<int> version_ = 0;  // 0 = unknown
};

}  // namespace quayside::agent::docker
