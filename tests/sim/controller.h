// ControllerProcess is the controller of a simulation: the real Core over the real Store. The
// database survives it; the core, its mail and the sessions do not.
#pragma once

#include <memory>

#include "controller/core/core.h"
#include "controller/store/store.h"
#include "tests/sim/model_checker.h"
#include "tests/sim/mortal.h"
#include "tests/sim/network.h"
#include "tests/sim/process.h"
#include "tests/sim/world.h"

namespace quayside::sim {

class ControllerProcess final : public Mortal {
 public:
  explicit ControllerProcess(World& world);
  ~ControllerProcess() override { Kill(); }

  void Start() override;
  void Kill() override;
  void KillAfterNextCommit() override { dies_after_commit_ = core_ != nullptr; }
  void CancelKill() override { dies_after_commit_ = false; }
  bool up() const override { return core_ != nullptr; }

  // Dropped while it is down; the callers' answers never come.
  void Submit(controller::CoreEvent event);

  Network& network() override { return network_; }
  ModelChecker& checker() { return checker_; }
  // REQUIRES: up.
  const controller::Model& model() const { return core_->model(); }

 private:
  MonoTime Turn(std::vector<controller::CoreEvent> mail);

  World& world_;
  WorldClock clock_;
  ModelChecker checker_;
  Network network_;
  std::unique_ptr<controller::Store> store_;
  std::unique_ptr<Random> random_;
  std::unique_ptr<controller::Core> core_;
  std::unique_ptr<Process<controller::CoreEvent>> process_;
  MonoTime up_since_;
  bool dies_after_commit_ = false;
};

}  // namespace quayside::sim
