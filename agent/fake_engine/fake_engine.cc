#include "agent/fake_engine/fake_engine.h"

#include <utility>

#include "common/base/status.h"

namespace quayside::agent::fake {

FakeEngine::FakeEngine(FakeDocker& docker)
    : docker_(docker), connection_(std::make_shared<FakeDocker::Connection>()) {}

FakeEngine::~FakeEngine() = default;

void FakeEngine::Watch(OnEvent on_event) {
  connection_->on_event = std::move(on_event);
  docker_.AddWatcher(connection_);
}

void FakeEngine::Submit(EngineCall call, Done done) {
  const std::string container = OrderKey(call);
  CallOrder::Entry entry{std::move(call), std::move(done)};
  if (!container.empty()) {
    const CallOrder::Entered entered = order_.Enter(container, entry);
    if (entered == CallOrder::Entered::kWaits) return;
    if (entered == CallOrder::Entered::kRefused) {
      docker_.After(absl::ZeroDuration(), [container, done = std::move(entry.second)]() mutable {
        done(ResourceExhausted("too many calls wait for container " + container));
      });
      return;
    }
  }
  Begin(std::move(entry));
}

void FakeEngine::Begin(CallOrder::Entry entry) {
  const std::string container = OrderKey(entry.first);
  std::weak_ptr<FakeDocker::Connection> alive = connection_;
  docker_.Arrive(std::move(entry.first), [this, alive, container, done = std::move(entry.second)](
                                             EngineReply reply) mutable {
    if (alive.expired()) return;
    done(std::move(reply));
    if (container.empty() || alive.expired()) return;
    if (auto next = order_.Leave(container)) Begin(*std::move(next));
  });
}

}  // namespace quayside::agent::fake
