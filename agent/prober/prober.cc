#include "agent/prober/prober.h"

#include <memory>
#include <string>
#include <utility>

#include "common/base/status.h"

namespace quayside::agent {
namespace {

// An endless answer ends with the probe's time; a large one with this.
constexpr size_t kMaxAnswerBytes = size_t{1} << 20;
// What people see of a command's output.
constexpr size_t kMaxOutput = 200;

std::string UrlOf(const ProbeTarget& target) {
  const bool ipv6 = target.address.find(':') != std::string::npos;
  return "http://" + (ipv6 ? "[" + target.address + "]" : target.address) + ":" +
         std::to_string(target.spec.port);
}

}  // namespace

void SystemProber::Probe(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done) {
  switch (target.spec.kind) {
    case ProbeSpec::Kind::kHttp:
      return ProbeHttp(std::move(target), std::move(done));
    case ProbeSpec::Kind::kTcp:
      return ProbeTcp(std::move(target), std::move(done));
    case ProbeSpec::Kind::kCommand:
      return ProbeCommand(std::move(target), std::move(done));
  }
}

void SystemProber::ProbeHttp(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done) {
  const std::string& path = target.spec.http_path;
  const std::string url = UrlOf(target) + (path.starts_with('/') ? path : "/" + path);
  auto status = std::make_shared<int>(0);
  net::HttpRequest request{
      .url = url,
      .headers = {{"Connection", "close"}, {"User-Agent", "quayside-probe"}},
      .max_response_bytes = kMaxAnswerBytes,
      .connect_timeout = target.spec.timeout,
      .total_timeout = target.spec.timeout,
      .on_headers = [status](const net::HttpResponse& response) { *status = response.status; },
      .on_body = [](std::string_view) { return true; }};
  http_.Send(std::move(request), [status, url, spec = target.spec, done = std::move(done)](
                                     absl::StatusOr<net::HttpResponse> response) mutable {
    // The status decides, also when the body is larger than anybody wants to read.
    if (!response.ok() && !absl::IsResourceExhausted(response.status())) {
      return done(response.status());
    }
    if (*status >= static_cast<int>(spec.status_min) &&
        *status <= static_cast<int>(spec.status_max)) {
      return done(absl::OkStatus());
    }
    done(FailedPrecondition(url + " answered " + std::to_string(*status) + ", not " +
                            std::to_string(spec.status_min) + "-" +
                            std::to_string(spec.status_max)));
  });
}

void SystemProber::ProbeTcp(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done) {
  net::HttpRequest request{.url = UrlOf(target),
                           .connect_timeout = target.spec.timeout,
                           .total_timeout = target.spec.timeout,
                           .connect_only = true};
  http_.Send(std::move(request),
             [where = target.address + ":" + std::to_string(target.spec.port),
              done = std::move(done)](absl::StatusOr<net::HttpResponse> response) mutable {
               if (response.ok()) return done(absl::OkStatus());
               done(MakeStatus(response.status().code(), "cannot connect to port " + where));
             });
}

void SystemProber::ProbeCommand(ProbeTarget target, absl::AnyInvocable<void(absl::Status)> done) {
  engine_.Submit(ExecCommand{target.container, target.spec.command, target.spec.timeout},
                 [done = std::move(done)](EngineReply reply) mutable {
                   if (absl::IsUnavailable(reply.status())) {
                     return done(absl::CancelledError(reply.status().message()));
                   }
                   if (!reply.ok()) return done(reply.status());
                   const ExecResult& result = std::get<ExecResult>(*reply);
                   if (result.exit_code == 0) return done(absl::OkStatus());
                   done(FailedPrecondition("the probe's command ended with " +
                                           std::to_string(result.exit_code) + ": " +
                                           result.output.substr(0, kMaxOutput)));
                 });
}

}  // namespace quayside::agent
