#include "agent/docker/docker_engine.h"

#include <cmath>

#include <sys/statvfs.h>

#include "agent/docker/create.h"
#include "agent/docker/create_body.h"
#include "agent/docker/errors.h"
#include "agent/docker/exec.h"
#include "agent/docker/networks.h"
#include "agent/docker/parse.h"
#include "agent/docker/pull.h"
#include "common/base/status.h"

namespace quayside::agent::docker {
namespace {

// A stop lasts its grace, then the kill; only an engine in trouble needs longer than this on top.
constexpr absl::Duration kStopMargin = absl::Seconds(15);

std::string Escaped(const std::string& text) { return net::UrlEscape(text); }
std::string ContainerPath(const std::string& container, const char* rest) {
  return "/containers/" + Escaped(container) + rest;
}

// A `then` that parses the body with `parse` and hands on what it gives.
template <typename Parse>
Api::Then Answer(Parse parse, Engine::Done done) {
  return [parse, done = std::move(done)](absl::StatusOr<std::string> body) mutable {
    if (!body.ok()) return done(body.status());
    auto parsed = parse(*body);
    if (!parsed.ok()) return done(parsed.status());
    done(EngineAnswer(*std::move(parsed)));
  };
}

Api::Then AnswerNothing(Engine::Done done) {
  return [done = std::move(done)](absl::StatusOr<std::string> body) mutable {
    if (!body.ok()) return done(body.status());
    done(Nothing{});
  };
}

void AddDisk(EngineFacts& facts) {
  struct statvfs disk {};
  if (facts.data_root.empty() || statvfs(facts.data_root.c_str(), &disk) != 0) return;
  facts.disk_total_bytes = static_cast<int64_t>(disk.f_blocks * disk.f_frsize);
  facts.disk_free_bytes = static_cast<int64_t>(disk.f_bavail * disk.f_frsize);
}

void AskFacts(Api& api, Engine::Done done) {
  api.AskVersion([&api, done = std::move(done)](absl::StatusOr<Version> version) mutable {
    if (!version.ok()) return done(version.status());
    const absl::StatusOr<int> negotiated = NegotiateApi(*version);
    if (!negotiated.ok()) return done(negotiated.status());
    EngineFacts facts;
    facts.reachable = true;
    facts.version = version->engine;
    facts.api_version = "1." + std::to_string(*negotiated);
    facts.os = version->os;
    facts.arch = version->arch;
    facts.warnings = WarningsFor(version->engine);
    api.Call({.what = "ask the engine's facts", .path = "/info"},
             [facts = std::move(facts),
              done = std::move(done)](absl::StatusOr<std::string> body) mutable {
               if (!body.ok()) return done(body.status());
               if (absl::Status status = ParseInfo(*body, facts); !status.ok()) return done(status);
               AddDisk(facts);
               done(std::move(facts));
             });
  });
}

}  // namespace

// Starts each kind of call. Lives for one Begin.
struct DockerEngine::Dispatcher {
  Api& api;
  const OnEvent& on_event;
  Done done;

  void Post(std::string what, std::string path, std::string body = "",
            absl::Duration timeout = kWriteTimeout) {
    api.Call({.what = std::move(what),
              .method = "POST",
              .path = std::move(path),
              .body = std::move(body),
              .timeout = timeout},
             AnswerNothing(std::move(done)));
  }
  void Delete(std::string what, std::string path) {
    api.Call({.what = std::move(what),
              .method = "DELETE",
              .path = std::move(path),
              .timeout = kWriteTimeout},
             AnswerNothing(std::move(done)));
  }

  void operator()(GetFacts) { AskFacts(api, std::move(done)); }
  void operator()(ListContainers call) {
    std::string path = "/containers/json?all=1";
    if (!call.label.empty()) path += "&filters=" + Escaped(Filters({{"label", {call.label}}}));
    api.Call({.what = "list containers", .path = path},
             Answer(ParseContainerList, std::move(done)));
  }
  void operator()(InspectContainer call) {
    api.Call({.what = "inspect " + Shown(call.container),
              .path = ContainerPath(call.container, "/json")},
             Answer(ParseContainer, std::move(done)));
  }
  void operator()(CreateContainer call) { Create(api, std::move(call), std::move(done)); }
  void operator()(StartContainer call) {
    Post("start " + Shown(call.container), ContainerPath(call.container, "/start"));
  }
  void operator()(StopContainer call) {
    const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(call.grace, absl::Seconds(1)));
    Post("stop " + Shown(call.container),
         ContainerPath(call.container, "/stop?t=") + std::to_string(seconds), "",
         call.grace + kStopMargin);
  }
  void operator()(KillContainer call) {
    Post("kill " + Shown(call.container),
         ContainerPath(call.container, "/kill?signal=") + Escaped(call.signal));
  }
  void operator()(SetPolicy call) {
    Post("set the restart policy of " + Shown(call.container),
         ContainerPath(call.container, "/update"), PolicyBody(call.policy));
  }
  void operator()(SetLimits call) {
    Post("set the limits of " + Shown(call.container), ContainerPath(call.container, "/update"),
         LimitsBody(call.limits));
  }
  void operator()(RenameContainer call) {
    Post("rename " + Shown(call.container) + " to " + call.name,
         ContainerPath(call.container, "/rename?name=") + Escaped(call.name));
  }
  void operator()(UnpauseContainer call) {
    Post("unpause " + Shown(call.container), ContainerPath(call.container, "/unpause"));
  }
  void operator()(RemoveContainer call) {
    Delete("remove " + Shown(call.container), ContainerPath(call.container, "?v=0&force=0"));
  }
  void operator()(InspectImage call) {
    api.Call(
        {.what = "inspect image " + call.image, .path = "/images/" + Escaped(call.image) + "/json"},
        Answer(ParseImage, std::move(done)));
  }
  void operator()(ListImages) {
    api.Call({.what = "list images", .path = "/images/json"},
             Answer(ParseImageList, std::move(done)));
  }
  void operator()(PullImage call) { Pull(api, std::move(call), on_event, std::move(done)); }
  void operator()(RemoveImage call) {
    Delete("remove image " + call.image, "/images/" + Escaped(call.image) + "?force=0");
  }
  void operator()(EnsureNetwork call) {
    EnsureNetworkExists(api, std::move(call), std::move(done));
  }
  void operator()(RemoveNetwork call) {
    Delete("remove network " + call.network, "/networks/" + Escaped(call.network));
  }
  void operator()(ConnectNetwork call) {
    api.WithVersion([&api = api, call = std::move(call),
                     done = std::move(done)](absl::StatusOr<int> version) mutable {
      if (!version.ok()) return done(version.status());
      api.Call({.what = "connect " + Shown(call.container) + " to network " + call.network,
                .method = "POST",
                .path = "/networks/" + Escaped(call.network) + "/connect",
                .body = ConnectBody(call.container, call.attachment, call.aliases, *version),
                .timeout = kWriteTimeout},
               AnswerNothing(std::move(done)));
    });
  }
  void operator()(EnsureVolume call) { EnsureVolumeExists(api, std::move(call), std::move(done)); }
  void operator()(RemoveVolume call) {
    Delete("remove volume " + call.volume, "/volumes/" + Escaped(call.volume));
  }
  void operator()(ListVolumes call) {
    api.Call({.what = "list volumes",
              .path = "/volumes?filters=" + Escaped(Filters({{"label", {call.label}}}))},
             Answer(ParseNames, std::move(done)));
  }
  void operator()(ListNetworks call) {
    api.Call({.what = "list networks",
              .path = "/networks?filters=" + Escaped(Filters({{"label", {call.label}}}))},
             Answer(ParseNames, std::move(done)));
  }
  void operator()(ReadLogs call) { Logs(api, std::move(call), std::move(done)); }
  void operator()(ExecCommand call) { Exec(api, std::move(call), std::move(done)); }
};

absl::StatusOr<std::unique_ptr<DockerEngine>> DockerEngine::Open(const std::string& endpoint) {
  constexpr std::string_view kScheme = "unix://";
  const std::string path =
      endpoint.starts_with(kScheme) ? endpoint.substr(kScheme.size()) : endpoint;
  if (!path.starts_with('/')) {
    return InvalidArgument("cannot use the engine at " + endpoint +
                           ": only unix sockets are spoken to; give unix:///path/of/docker.sock");
  }
  return std::unique_ptr<DockerEngine>(new DockerEngine(path));
}

DockerEngine::DockerEngine(std::string socket_path) : http_(std::make_unique<net::HttpClient>()) {
  api_ = std::make_unique<Api>(std::move(socket_path), *http_);
}

void DockerEngine::Watch(OnEvent on_event) {
  on_event_ = on_event;
  events_ = std::make_unique<EventStream>(*api_, std::move(on_event));
  events_->Start();
}

void DockerEngine::Submit(EngineCall call, Done done) {
  const std::string container = OrderKey(call);
  CallOrder::Entry entry{std::move(call), std::move(done)};
  if (!container.empty()) {
    switch (order_.Enter(container, entry)) {
      case CallOrder::Entered::kBegin:
        break;
      case CallOrder::Entered::kWaits:
        return;
      case CallOrder::Entered::kRefused:
        http_->After(absl::ZeroDuration(), [container, done = std::move(entry.second)]() mutable {
          done(ResourceExhausted("too many calls wait for container " + container));
        });
        return;
    }
  }
  Begin(std::move(entry));
}

void DockerEngine::Begin(CallOrder::Entry entry) {
  const std::string container = OrderKey(entry.first);
  if (!container.empty()) {
    entry.second = [this, container, done = std::move(entry.second)](EngineReply reply) mutable {
      done(std::move(reply));
      if (auto next = order_.Leave(container)) Begin(*std::move(next));
    };
  }
  std::visit(Dispatcher{*api_, on_event_, std::move(entry.second)}, std::move(entry.first));
}

}  // namespace quayside::agent::docker
