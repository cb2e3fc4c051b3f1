#include "agent/docker/api.h"

#include <memory>
#include <utility>

#include "agent/docker/errors.h"
#include "common/base/status.h"

namespace quayside::agent::docker {
namespace {

constexpr absl::Duration kVersionTimeout = absl::Seconds(10);

bool Success(int status) { return (status >= 200 && status < 300) || status == 304; }

}  // namespace

net::HttpRequest Api::BaseRequest() const {
  net::HttpRequest request;
  request.unix_socket = socket_path_;
  request.max_response_bytes = kMaxAnswerBytes;
  return request;
}

void Api::AskVersion(absl::AnyInvocable<void(absl::StatusOr<Version>)> then) {
  net::HttpRequest request = BaseRequest();
  request.url = "http://engine/version";
  request.total_timeout = kVersionTimeout;
  http_.Send(std::move(request), [this, then = std::move(then)](
                                     absl::StatusOr<net::HttpResponse> answer) mutable {
    if (!answer.ok()) return then(answer.status());
    if (answer->status != 200) {
      return then(ErrorOfAnswer(answer->status, answer->body, "ask the engine's version"));
    }
    absl::StatusOr<Version> version = ParseVersion(answer->body);
    if (version.ok()) {
      if (const auto api = NegotiateApi(*version); api.ok()) version_ = *api;
    }
    then(std::move(version));
  });
}

void Api::WithVersion(absl::AnyInvocable<void(absl::StatusOr<int>)> then) {
  if (const int known = version_; known != 0) return then(known);
  AskVersion([then = std::move(then)](absl::StatusOr<Version> version) mutable {
    if (!version.ok()) return then(version.status());
    then(NegotiateApi(*version));
  });
}

void Api::Call(ApiRequest request, Then then) {
  WithVersion([this, request = std::move(request),
               then = std::move(then)](absl::StatusOr<int> version) mutable {
    if (!version.ok()) {
      return then(WithContext(version.status(), "cannot " + request.what));
    }
    Send(*version, std::move(request), std::move(then));
  });
}

void Api::Send(int version, ApiRequest call, Then then) {
  net::HttpRequest request = BaseRequest();
  request.method = call.method;
  request.url = "http://engine/v1." + std::to_string(version) + call.path;
  request.total_timeout = call.timeout;
  request.stall_timeout = call.stall_timeout;
  request.max_response_bytes = call.max_bytes;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(call.body);
  // What a streamed answer that is an error says in its body.
  auto error_body = std::make_shared<std::string>();
  if (call.on_body) {
    auto success = std::make_shared<bool>(false);
    request.on_headers = [success, on_open = call.on_open](const net::HttpResponse& response) {
      *success = Success(response.status);
      if (*success && on_open) on_open();
    };
    request.on_body = [success, error_body, on_body = call.on_body](std::string_view piece) {
      if (*success) return on_body(piece);
      error_body->append(piece.substr(0, 4096));
      return error_body->size() < 65536;
    };
  }
  http_.Send(std::move(request),
             [what = std::move(call.what), refused = std::move(call.refused), error_body,
              then = std::move(then)](absl::StatusOr<net::HttpResponse> answer) mutable {
               if (!answer.ok()) return then(WithContext(answer.status(), "cannot " + what));
               if (!Success(answer->status)) {
                 const std::string& body = answer->body.empty() ? *error_body : answer->body;
                 return then(refused ? refused(answer->status, body)
                                     : ErrorOfAnswer(answer->status, body, what));
               }
               then(std::move(answer->body));
             });
}

}  // namespace quayside::agent::docker
