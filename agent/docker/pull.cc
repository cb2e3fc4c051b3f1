#include "agent/docker/pull.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "agent/docker/errors.h"
#include "agent/docker/parse.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/net/json_view.h"

namespace quayside::agent::docker {
namespace {

constexpr size_t kMaxProgressBytes = 64 << 10;
constexpr size_t kMaxLayers = 512;
// Progress lines of a large image, all together.
constexpr size_t kMaxStreamBytes = size_t{1} << 30;
// People read progress; more often would only be traffic.
constexpr absl::Duration kTellEvery = absl::Milliseconds(500);

}  // namespace

void PullProgress::Add(std::string_view piece) {
  rest_.append(piece);
  size_t start = 0;
  for (size_t end; (end = rest_.find('\n', start)) != rest_.npos; start = end + 1) {
    AddLine(std::string_view(rest_).substr(start, end - start));
  }
  rest_.erase(0, start);
  if (rest_.size() > kMaxProgressBytes) rest_.clear();
}

void PullProgress::AddLine(std::string_view line) {
  const absl::StatusOr<net::JsonView> view = net::JsonView::Parse(line);
  if (!view.ok()) return;
  std::string message = (*view)["errorDetail"]["message"].String();
  if (message.empty()) message = (*view)["error"].String();  // deprecated since API 1.48
  if (!message.empty()) error_ = std::move(message);
  const std::string id = (*view)["id"].String();
  const std::string status = (*view)["status"].String();
  if (id.empty() || (layers_.size() >= kMaxLayers && !layers_.contains(id))) return;
  if (status == "Downloading") {
    Layer& layer = layers_[id];
    layer.current = std::max<int64_t>(0, (*view)["progressDetail"]["current"].Int());
    layer.total = std::max(layer.current, (*view)["progressDetail"]["total"].Int());
  } else if (status == "Download complete" || status == "Pull complete") {
    if (const auto layer = layers_.find(id); layer != layers_.end()) {
      layer->second.current = layer->second.total;
    }
  }
}

std::string PullProgress::Text() const {
  double current = 0, total = 0;
  for (const auto& [id, layer] : layers_) {
    current += static_cast<double>(layer.current);
    total += static_cast<double>(layer.total);
  }
  if (total == 0) return "";
  char text[64];
  std::snprintf(text, sizeof(text), "%.1f of %.1f MB", current / 1e6, total / 1e6);
  return text;
}

absl::StatusOr<PinnedImage> ParsePinned(const std::string& image) {
  const size_t at = image.find("@sha256:");
  if (at == image.npos || at == 0) {
    return InvalidArgument("cannot pull " + image +
                           ": it names no digest, and only digests are pulled");
  }
  return PinnedImage{image.substr(0, at), image.substr(at + 1)};
}

namespace {

void CheckPulled(Api& api, const std::string& image, const std::string& digest, Engine::Done done) {
  api.Call(
      {.what = "inspect image " + image, .path = "/images/" + net::UrlEscape(image) + "/json"},
      [image, digest, done = std::move(done)](absl::StatusOr<std::string> body) mutable {
        if (!body.ok()) {
          return done(WithContext(body.status(), "cannot verify " + image + " after its pull"));
        }
        const absl::StatusOr<ImageDetail> detail = ParseImage(*body);
        if (!detail.ok()) return done(detail.status());
        const bool has_digest = std::any_of(
            detail->repo_digests.begin(), detail->repo_digests.end(),
            [&digest](const std::string& name) { return name.ends_with("@" + digest); });
        if (has_digest) return done(Nothing{});
        done(Unavailable("cannot verify " + image +
                         " after its pull: the engine holds it without this digest"));
      });
}

}  // namespace

void Pull(Api& api, PullImage call, std::function<void(EngineEvent)> on_event, Engine::Done done) {
  const absl::StatusOr<PinnedImage> pinned = ParsePinned(call.image);
  if (!pinned.ok()) {
    return api.http().After(
        absl::ZeroDuration(),
        [status = pinned.status(), done = std::move(done)]() mutable { done(status); });
  }
  std::string path = "/images/create?fromImage=" + net::UrlEscape(pinned->repository) +
                     "&tag=" + net::UrlEscape(pinned->digest);
  if (!call.platform.empty()) path += "&platform=" + net::UrlEscape(call.platform);

  struct Told {
    MonoTime at;
    std::string text;
  };
  auto progress = std::make_shared<PullProgress>();
  auto told = std::make_shared<Told>();
  ApiRequest request{.what = "pull " + call.image,
                     .method = "POST",
                     .path = path,
                     .timeout = absl::InfiniteDuration(),
                     .stall_timeout = kPullStall,
                     .max_bytes = kMaxStreamBytes};
  request.on_body = [progress, told, on_event, image = call.image](std::string_view piece) {
    progress->Add(piece);
    const MonoTime now = SystemClock().Now();
    std::string text = progress->Text();
    if (on_event && text != told->text && now - told->at >= kTellEvery) {
      told->at = now;
      told->text = text;
      EngineEvent event;
      event.kind = EngineEvent::Kind::kPullProgress;
      event.image = image;
      event.progress = std::move(text);
      on_event(std::move(event));
    }
    return true;
  };
  // An error before the first line comes as a status, whose sentence says more.
  request.refused = [image = call.image](int status, std::string_view body) {
    return ErrorOfPull(MessageOfAnswer(status, body), image);
  };
  api.Call(std::move(request), [&api, progress, image = call.image, digest = pinned->digest,
                                done = std::move(done)](absl::StatusOr<std::string> body) mutable {
    if (progress->error()) return done(ErrorOfPull(*progress->error(), image));
    if (!body.ok()) return done(body.status());
    CheckPulled(api, image, digest, std::move(done));
  });
}

}  // namespace quayside::agent::docker
