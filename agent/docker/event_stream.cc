#include "agent/docker/event_stream.h"

#include <limits>
#include <utility>

#include "agent/docker/create_body.h"
#include "agent/docker/parse.h"
#include "common/base/status.h"

namespace quayside::agent::docker {
namespace {

// An event carries all labels of its container; more than this is no event.
constexpr size_t kMaxEventBytes = 1 << 20;

}  // namespace

void EventStream::Connect() {
  // Another engine may answer now: what it speaks is asked again.
  api_.ForgetVersion();
  api_.WithVersion([this](absl::StatusOr<int> version) {
    if (!version.ok()) return OnBroken(version.status());
    Listen();
  });
}

void EventStream::Listen() {
  ApiRequest request{
      .what = "follow the engine's events",
      .path = "/events?filters=" + net::UrlEscape(Filters({{"type", {"container", "network"}}})),
      .timeout = absl::InfiniteDuration(),
      .max_bytes = std::numeric_limits<size_t>::max()};
  request.on_open = [this] {
    failures_ = 0;
    told_disconnected_ = false;
    line_.clear();
    EngineEvent event;
    event.kind = EngineEvent::Kind::kConnected;
    on_event_(std::move(event));
  };
  request.on_body = [this](std::string_view piece) {
    OnPiece(piece);
    return true;
  };
  api_.Call(std::move(request), [this](absl::StatusOr<std::string> body) {
    OnBroken(body.ok() ? Unavailable("the engine closed its event stream") : body.status());
  });
}

void EventStream::OnPiece(std::string_view piece) {
  line_.append(piece);
  size_t start = 0;
  for (size_t end; (end = line_.find('\n', start)) != line_.npos; start = end + 1) {
    std::optional<EngineEvent> event =
        ParseEvent(std::string_view(line_).substr(start, end - start));
    if (event) on_event_(*std::move(event));
  }
  line_.erase(0, start);
  if (line_.size() > kMaxEventBytes) line_.clear();
}

void EventStream::OnBroken(const absl::Status& why) {
  ++failures_;
  if (!told_disconnected_) {
    told_disconnected_ = true;
    EngineEvent event;
    event.kind = EngineEvent::Kind::kDisconnected;
    event.reason = Message(why);
    on_event_(std::move(event));
  }
  api_.http().After(backoff_.After(failures_), [this] { Connect(); });
}

}  // namespace quayside::agent::docker
