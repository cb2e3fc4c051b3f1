#include "tests/sim/controller.h"

#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"

namespace quayside::sim {

using controller::CoreEvent;

ControllerProcess::ControllerProcess(World& world)
    : world_(world),
      clock_(world),
      checker_(world),
      network_(world, [this](CoreEvent event) { Submit(std::move(event)); }) {
  auto store = controller::Store::Open(":memory:");
  QS_CHECK(store.ok());
  store_ = *std::move(store);
  network_.on_offer = [this](const Assignment& assignment) { checker_.OnOffer(assignment); };
}

void ControllerProcess::Start() {
  if (core_ != nullptr) return;
  world_.Trace("controller starts");
  random_ = std::make_unique<SeededRandom>(world_.random().Next());
  core_ = std::make_unique<controller::Core>(controller::CoreOptions{}, clock_, *random_, *store_,
                                             network_);
  network_.deaf_core = false;
  dies_after_commit_ = false;
  const absl::Status started = core_->Start();
  if (!started.ok()) {
    world_.Violate("start", "the controller does not start: " + Message(started));
    return;
  }
  up_since_ = world_.Now();
  checker_.OnTurn(core_->model(), up_since_);
  network_.ControllerUp();
  process_ = std::make_unique<Process<CoreEvent>>(
      world_, [this](std::vector<CoreEvent> mail) { return Turn(std::move(mail)); });
}

void ControllerProcess::Kill() {
  if (core_ == nullptr) return;
  world_.Trace("controller is killed");
  process_.reset();
  core_.reset();
  network_.ControllerDown();
}

void ControllerProcess::Submit(CoreEvent event) {
  if (process_ != nullptr) process_->Submit(std::move(event));
}

MonoTime ControllerProcess::Turn(std::vector<CoreEvent> mail) {
  const bool dies = dies_after_commit_ && !mail.empty();
  network_.deaf_core = dies;
  const MonoTime next = core_->Turn(std::move(mail));
  checker_.OnTurn(core_->model(), up_since_);
  if (dies) {
    // Not inside its own turn: the process object is running it.
    world_.At(world_.Now(), [this] { Kill(); });
    return MonoTime::Never();
  }
  return next;
}

}  // namespace quayside::sim
