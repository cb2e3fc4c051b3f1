#include "agent/fake_engine/fake_engine.h"
#include "agent/fake_engine/virtual_time.h"
#include "tests/integration/engine_bed.h"

namespace quayside::agent {
namespace {

using fake::FakeBehaviour;

FakeBehaviour BehaviourOf(Program program) {
  FakeBehaviour behaviour;
  switch (program) {
    case Program::kServes:
    case Program::kTurnsHealthy:
      break;
    case Program::kIgnoresStop:
      behaviour.ignores_stop = true;
      break;
    case Program::kExitsWith3:
      behaviour.exits_after = absl::Milliseconds(100);
      behaviour.exit_code = 3;
      break;
    case Program::kCrashLoops:
      behaviour.exits_after = absl::Milliseconds(5);
      behaviour.exit_code = 1;
      break;
    case Program::kTurnsUnhealthy:
      behaviour.healthy_after = std::nullopt;
      break;
  }
  return behaviour;
}

class FakeBed final : public EngineBed {
 public:
  FakeBed() : docker_("host", time_, registry_), engine_(docker_) {}

  Engine& engine() override { return engine_; }
  absl::StatusOr<std::string> Image(Program program) override {
    fake::FakeImage image;
    image.image = "registry/conformance@sha256:" +
                  std::string(64, static_cast<char>('a' + static_cast<int>(program)));
    image.behaviour = BehaviourOf(program);
    image.has_health_check =
        program == Program::kTurnsHealthy || program == Program::kTurnsUnhealthy;
    registry_.Push(image);
    return image.image;
  }
  absl::StatusOr<std::string> MissingImage() override {
    return "registry/conformance@sha256:" + std::string(64, '0');
  }
  bool Await(const std::function<bool()>& ready, absl::Duration patience) override {
    const MonoTime until = time_.Now() + patience;
    while (!ready()) {
      if (!time_.Step(until)) return ready();
    }
    return true;
  }
  absl::Time Wall() override { return time_.Wall(); }
  void Locked(const std::function<void()>& change) override { change(); }
  bool is_real() const override { return false; }

 private:
  fake::VirtualTime time_;
  fake::FakeRegistry registry_;
  fake::FakeDocker docker_;
  fake::FakeEngine engine_;
};

}  // namespace

std::unique_ptr<EngineBed> MakeFakeBed() { return std::make_unique<FakeBed>(); }

}  // namespace quayside::agent
