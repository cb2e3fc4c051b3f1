// FakeEngine is one agent's connection to a FakeDocker. Destroying it is what a killed agent does
// to its engine: the calls that have arrived are carried out, nobody hears of it.
#pragma once

#include <memory>

#include "agent/call_order.h"
#include "agent/engine.h"
#include "agent/fake_engine/fake_docker.h"

namespace quayside::agent::fake {

class FakeEngine final : public Engine {
 public:
  // `docker` outlives the connection.
  explicit FakeEngine(FakeDocker& docker);
  ~FakeEngine() override;

  // `done` runs from the scheduler, never inside Submit.
  void Submit(EngineCall call, Done done) override;
  void Watch(OnEvent on_event) override;

 private:
  void Begin(CallOrder::Entry entry);

  FakeDocker& docker_;
  std::shared_ptr<FakeDocker::Connection> connection_;
  CallOrder order_;
};

}  // namespace quayside::agent::fake
