#include "tests/sim/sample_apps.h"

#include <iterator>
#include <utility>

#include "common/model/digest.h"

namespace quayside::sim {
namespace {

using agent::fake::FakeBehaviour;
using agent::fake::FakeImage;

// What the programs of the images do; the last two kinds never come to be proven.
enum class ImageKind { kGood, kSlow, kCrashLoop, kCrashesOnce, kNeverHealthy, kRefused, kMissing };

struct ImageChoice {
  const char* tag;
  ImageKind kind;
};
constexpr ImageChoice kImages[] = {
    {"1.0", ImageKind::kGood},
    {"1.1", ImageKind::kGood},
    {"1.2", ImageKind::kSlow},
    {"2.0", ImageKind::kGood},
    {"bad-loop", ImageKind::kCrashLoop},
    {"bad-once", ImageKind::kCrashesOnce},
    {"bad-health", ImageKind::kNeverHealthy},
    {"bad-start", ImageKind::kRefused},
    {"bad-missing", ImageKind::kMissing},
};
constexpr size_t kGoodImages = 4;

FakeImage MakeImage(const std::string& repository, const ImageChoice& choice) {
  FakeImage image;
  image.image = DigestRef(repository + ":" + choice.tag);
  FakeBehaviour& behaviour = image.behaviour;
  switch (choice.kind) {
    case ImageKind::kGood:
      break;
    case ImageKind::kSlow:
      behaviour.healthy_after = absl::Seconds(12);
      behaviour.stop_takes = absl::Seconds(3);
      break;
    case ImageKind::kCrashLoop:
      behaviour.exits_after = absl::Milliseconds(700);
      break;
    case ImageKind::kCrashesOnce:
      behaviour.exits_after = absl::Milliseconds(500);
      behaviour.failing_runs = 1;
      break;
    case ImageKind::kNeverHealthy:
      image.has_health_check = true;
      behaviour.healthy_after = std::nullopt;
      behaviour.probe_passes_after = std::nullopt;
      break;
    case ImageKind::kRefused:
      behaviour.start_error = "exec: \"/app\": no such file or directory";
      break;
    case ImageKind::kMissing:
      break;
  }
  if (repository.find("job") != std::string::npos && choice.kind == ImageKind::kGood) {
    behaviour.exits_after = absl::Seconds(2);
    behaviour.exit_code = 0;
  }
  return image;
}

}  // namespace

std::string DigestRef(const std::string& image) {
  return image.substr(0, image.rfind(':')) + "@" + Sha256Digest(image);
}

SampleApps::SampleApps(World& world, agent::fake::FakeRegistry& registry) : world_(world) {
  for (const std::string& app : names_) {
    for (const char* service : {"main", "side"}) {
      for (const ImageChoice& choice : kImages) {
        if (choice.kind == ImageKind::kMissing) continue;
        registry.Push(MakeImage("registry.local/" + app + "-" + service, choice));
      }
    }
  }
}

std::string SampleApps::PickImage(const std::string& repository, bool good) {
  const size_t choices = good || world_.Chance(70) ? kGoodImages : std::size(kImages);
  return repository + ":" + kImages[world_.random().Below(choices)].tag;
}

ServiceSpec SampleApps::MakeService(const std::string& name, const std::string& image) {
  ServiceSpec service;
  service.name = ServiceName(name);
  service.container.image = image;
  service.container.environment = {{"A", std::to_string(world_.random().Below(2))}};
  service.container.stop_grace_period = absl::Seconds(2);
  service.rollout.min_healthy = absl::Seconds(1 + static_cast<int>(world_.random().Below(4)));
  service.rollout.deadline = absl::Seconds(60);
  service.update.parallelism = 1 + static_cast<int32_t>(world_.random().Below(2));
  if (world_.Chance(20)) service.update.order = UpdateOrder::kStopFirst;
  if (world_.Chance(15)) service.update.failure_action = FailureAction::kPause;
  return service;
}

AppSpec SampleApps::Make(const std::string& name, bool good) {
  AppSpec app;
  app.name = AppName(name);
  const std::string repository = "registry.local/" + name + "-";
  ServiceSpec main = MakeService("main", PickImage(repository + "main", good));
  if (name == "web") {  // nothing exclusive: start-first; asked by a probe
    main.replicas = 2 + static_cast<int32_t>(world_.random().Below(3));
    main.container.probe = ProbeSpec{.kind = ProbeSpec::Kind::kTcp, .port = 80};
  } else if (name == "edge") {  // one fixed port on every host
    main.mode = ServiceMode::kGlobal;
    main.container.ports = {{.host_port = 8080, .container_port = 80}};
  } else if (name == "store") {  // state of its own: a volume
    main.container.mounts = {{.source = "data", .target = "/data"}};
    main.container.volumes = {{"data", {.name = "store_data"}}};
    main.replicas = 1 + static_cast<int32_t>(world_.random().Below(2));
    main.container.health_check =
        HealthCheck{.test = {"CMD", "/check"}, .interval = absl::Seconds(2), .retries = 2};
  } else if (name == "job") {  // runs to its end
    main.container.restart.condition = RestartSpec::Condition::kNone;
  }
  app.services.push_back(std::move(main));
  if (name == "twins") {  // two services that hand a port to each other
    ServiceSpec side = MakeService("side", PickImage(repository + "side", good));
    app.services.front().placement.together = true;
    side.placement.together = true;
    ServiceSpec& owner = world_.Chance(50) ? side : app.services.front();
    owner.container.ports = {{.host_port = 9090, .container_port = 80}};
    app.services.push_back(std::move(side));
  }
  return app;
}

}  // namespace quayside::sim
