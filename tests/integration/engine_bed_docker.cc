// A real Docker Engine. Which one: QUAYSIDE_TEST_ENGINE ("unix://…"), or the first of
// QUAYSIDE_TESTBED_ENGINES; the registry that it can pull from, over plain HTTP:
// QUAYSIDE_TESTBED_REGISTRY (HOST:PORT). Both are what tests/testbed/testbed.py run gives to its
// command.
#include <cstdlib>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "agent/docker/docker_engine.h"
#include "common/base/status.h"
#include "common/net/http.h"
#include "tests/integration/engine_bed.h"
#include "tests/integration/push_image.h"

namespace quayside::agent {
namespace {

using testing_support::Shell;
using testing_support::TestImage;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

TestImage ImageOf(Program program) {
  // `wait` is interrupted by the trapped signal; a shell in the foreground of `sleep` would not be.
  constexpr char kServe[] = "trap 'exit 0' TERM; echo started; busybox sleep 1000000 & wait";
  switch (program) {
    case Program::kServes:
      return {.entrypoint = Shell(kServe)};
    case Program::kIgnoresStop:
      return {.entrypoint = Shell("trap '' TERM; while :; do busybox sleep 1000000; done")};
    case Program::kExitsWith3:
      return {.entrypoint = Shell("busybox sleep 0.1; exit 3")};
    case Program::kCrashLoops:
      return {.entrypoint = Shell("exit 1")};
    case Program::kTurnsHealthy:
      return {.entrypoint = Shell(kServe), .health_command = {"/bin/busybox", "true"}};
    case Program::kTurnsUnhealthy:
      return {.entrypoint = Shell(kServe), .health_command = {"/bin/busybox", "false"}};
  }
  return {};
}

// Hands events and answers over from the engine's thread: Await holds the lock while it looks.
class DockerBed final : public EngineBed {
 public:
  DockerBed(std::unique_ptr<docker::DockerEngine> engine, std::string registry)
      : registry_(std::move(registry)), engine_(std::move(engine)) {}

  Engine& engine() override { return *engine_; }
  absl::StatusOr<std::string> Image(Program program) override {
    return testing_support::PushImage(http_, registry_, "conformance",
                                      "p" + std::to_string(static_cast<int>(program)),
                                      ImageOf(program));
  }
  absl::StatusOr<std::string> MissingImage() override {
    return registry_ + "/conformance@sha256:" + std::string(64, '0');
  }
  bool Await(const std::function<bool()>& ready, absl::Duration patience) override {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&ready), patience);
  }
  absl::Time Wall() override { return absl::Now(); }
  void Locked(const std::function<void()>& change) override {
    absl::MutexLock lock(&mutex_);
    change();
  }
  bool is_real() const override { return true; }

 private:
  absl::Mutex mutex_;
  net::HttpClient http_;
  const std::string registry_;
  std::unique_ptr<docker::DockerEngine> engine_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EngineBed>> MakeDockerBed() {
  std::string endpoint = Environment("QUAYSIDE_TEST_ENGINE");
  if (endpoint.empty()) {
    const std::string engines = Environment("QUAYSIDE_TESTBED_ENGINES");
    endpoint = engines.substr(0, engines.find(','));
  }
  const std::string registry = Environment("QUAYSIDE_TESTBED_REGISTRY");
  if (endpoint.empty() || registry.empty()) {
    return Unavailable(
        "QUAYSIDE_TEST_ENGINE and QUAYSIDE_TESTBED_REGISTRY name no engine and registry to test "
        "on");
  }
  auto engine = docker::DockerEngine::Open(endpoint);
  if (!engine.ok()) return engine.status();
  return std::unique_ptr<EngineBed>(new DockerBed(*std::move(engine), registry));
}

}  // namespace quayside::agent
