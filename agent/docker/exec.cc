#include "agent/docker/exec.h"

#include <csignal>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include <sys/types.h>

#include "agent/docker/create_body.h"
#include "agent/docker/errors.h"
#include "agent/docker/parse.h"
#include "agent/log_tail.h"
#include "common/base/clock.h"
#include "common/base/status.h"

namespace quayside::agent::docker {
namespace {

// The engine frames output with 8 bytes per write; very short writes are the worst case.
constexpr size_t kFramingFactor = 4;
// All log lines asked for, however long, before they are cut to what the caller wants.
constexpr size_t kMaxLogBytes = size_t{16} << 20;

// Appends to a bounded buffer; what is over is dropped from the front, so that the newest stays.
void AppendTail(std::string& buffer, std::string_view piece, size_t limit) {
  buffer.append(piece);
  if (buffer.size() > 2 * limit) buffer.erase(0, buffer.size() - limit);
}

// Kills `pid` only when it runs in that container: pids are reused.
void KillInContainer(int32_t pid, const std::string& container_id) {
  if (pid <= 1 || container_id.size() < 12) return;
  std::ifstream cgroups("/proc/" + std::to_string(pid) + "/cgroup");
  std::string line;
  while (std::getline(cgroups, line)) {
    if (line.find(container_id) != line.npos) {
      kill(static_cast<pid_t>(pid), SIGKILL);
      return;
    }
  }
}

// An engine that takes too long over its own part: nothing is known of the command (R10).
absl::Status NoAnswer(const absl::Status& status) {
  return absl::IsDeadlineExceeded(status) ? Unavailable(Message(status)) : status;
}

class Execution : public std::enable_shared_from_this<Execution> {
 public:
  Execution(Api& api, ExecCommand call, Engine::Done done)
      : api_(api), call_(std::move(call)), done_(std::move(done)) {
    what_ = "run a command in container " + call_.container;
    deadline_ = SystemClock().Now() + call_.timeout;
  }

  void Start() {
    api_.Call({.what = what_,
               .method = "POST",
               .path = "/containers/" + net::UrlEscape(call_.container) + "/exec",
               .body = ExecBody(call_.command),
               .timeout = Left()},
              [self = shared_from_this()](absl::StatusOr<std::string> body) {
                if (!body.ok()) return self->done_(NoAnswer(body.status()));
                absl::StatusOr<std::string> id = ParseCreatedId(*body);
                if (!id.ok()) return self->done_(id.status());
                self->exec_id_ = *std::move(id);
                self->Run();
              });
  }

 private:
  absl::Duration Left() const {
    return std::max(absl::Milliseconds(1), deadline_ - SystemClock().Now());
  }

  void Run() {
    ApiRequest request{.what = what_,
                       .method = "POST",
                       .path = "/exec/" + exec_id_ + "/start",
                       .body = ExecStartBody(),
                       .timeout = Left()};
    request.max_bytes = std::numeric_limits<size_t>::max();
    request.on_body = [self = shared_from_this()](std::string_view piece) {
      const size_t limit = kMaxExecOutput * kFramingFactor;
      if (self->output_.size() < limit) self->output_.append(piece.substr(0, limit));
      return true;
    };
    api_.Call(std::move(request), [self = shared_from_this()](absl::StatusOr<std::string> body) {
      self->Inspect(body.status());
    });
  }

  void Inspect(absl::Status run) {
    api_.Call({.what = what_, .path = "/exec/" + exec_id_ + "/json"},
              [self = shared_from_this(), run](absl::StatusOr<std::string> body) {
                if (absl::IsDeadlineExceeded(run)) {
                  if (absl::IsDeadlineExceeded(body.status())) {
                    return self->done_(NoAnswer(body.status()));
                  }
                  self->KillLeftover(body);
                  return self->done_(DeadlineExceeded(
                      "the command did not end within " +
                      std::to_string(absl::ToInt64Milliseconds(self->call_.timeout)) + " ms"));
                }
                if (!run.ok()) return self->done_(run);
                if (!body.ok()) return self->done_(NoAnswer(body.status()));
                const absl::StatusOr<ExecState> state = ParseExec(*body);
                if (!state.ok()) return self->done_(state.status());
                std::string output = ParseMultiplexed(self->output_);
                if (output.size() > kMaxExecOutput) output.resize(kMaxExecOutput);
                self->done_(ExecResult{state->exit_code, std::move(output)});
              });
  }

  void KillLeftover(const absl::StatusOr<std::string>& body) {
    if (!body.ok()) return;
    const absl::StatusOr<ExecState> state = ParseExec(*body);
    if (state.ok() && state->running) KillInContainer(state->pid, call_.container);
  }

  Api& api_;
  ExecCommand call_;
  Engine::Done done_;
  std::string what_, exec_id_, output_;
  MonoTime deadline_;
};

void FetchLogs(Api& api, ReadLogs call, bool tty, Engine::Done done) {
  auto bytes = std::make_shared<std::string>();
  ApiRequest request{.what = "read the logs of " + Shown(call.container),
                     .path = "/containers/" + net::UrlEscape(call.container) +
                             "/logs?stdout=1&stderr=1&tail=" + std::to_string(call.lines)};
  request.max_bytes = kMaxLogBytes;
  const size_t max_bytes = static_cast<size_t>(std::max(0, call.max_bytes));
  request.on_body = [bytes, tty, max_bytes](std::string_view piece) {
    if (tty) {
      AppendTail(*bytes, piece, max_bytes);
    } else {
      bytes->append(piece);
    }
    return true;
  };
  api.Call(std::move(request), [bytes, tty, lines = call.lines, max_bytes,
                                done = std::move(done)](absl::StatusOr<std::string> body) mutable {
    // Longer logs than we take in are cut, not refused.
    if (!body.ok() && !absl::IsResourceExhausted(body.status())) return done(body.status());
    done(LogText{Tail(tty ? *bytes : ParseMultiplexed(*bytes), lines, max_bytes)});
  });
}

}  // namespace

void Exec(Api& api, ExecCommand call, Engine::Done done) {
  std::make_shared<Execution>(api, std::move(call), std::move(done))->Start();
}

void Logs(Api& api, ReadLogs call, Engine::Done done) {
  const std::string what = "read the logs of " + Shown(call.container);
  const std::string path = "/containers/" + net::UrlEscape(call.container) + "/json";
  api.Call({.what = what, .path = path}, [&api, call = std::move(call), done = std::move(done)](
                                             absl::StatusOr<std::string> body) mutable {
    if (!body.ok()) return done(body.status());
    const absl::StatusOr<bool> tty = ParseContainerTty(*body);
    if (!tty.ok()) return done(tty.status());
    FetchLogs(api, std::move(call), *tty, std::move(done));
  });
}

}  // namespace quayside::agent::docker
