// The whole system: the real Core, Store and Agents, with simulated engines, registry, network,
// clocks, people and faults.
#include <algorithm>
#include <limits>
#include <utility>

#include "common/base/status.h"
#include "tests/sim/controller.h"
#include "tests/sim/faults.h"
#include "tests/sim/run.h"
#include "tests/sim/stage.h"
#include "tests/sim/workload.h"

namespace quayside::sim {
namespace {

using controller::AppStatusView;
using controller::RolloutState;

// With the faults off, good versions are rolled out so many times, and a slot with data is moved.
constexpr int kGoodRounds = 2;

class Simulation {
 public:
  explicit Simulation(const Options& options)
      : stage_(options),
        controller_(stage_.world),
        workload_(stage_.world, controller_, stage_.apps),
        faults_(stage_.world, controller_, stage_.registry, stage_.hosts) {}
  // Hosts talk to the network, which the controller owns.
  ~Simulation() { stage_.hosts.clear(); }

  Outcome Run();

 private:
  void DeployGoodVersions();
  void ComeToRest();
  // What is not at rest yet; "" when everything is.
  std::string Restless();
  std::string RestlessHost(Host& host);
  std::string RestlessApp(const AppStatusView& status) const;
  std::string WhatRuns(const AppStatusView& status) const;
  bool FailsByItself(const AppName& app) const;

  Stage stage_;
  ControllerProcess controller_;
  Workload workload_;
  Faults faults_;
  // Nothing fails any more: each rollout with a later ticket has to succeed.
  int64_t good_after_ = std::numeric_limits<int64_t>::max();
  std::vector<AppStatusView> statuses_;  // the newest answers
  size_t asked_ = 0;
};

Outcome Simulation::Run() {
  World& world = stage_.world;
  controller_.Start();
  stage_.AddHosts(controller_.network());
  for (const std::string& app : stage_.apps.names()) {
    world.After(world.Between(absl::Seconds(2), absl::Seconds(30)),
                [this, app] { workload_.Apply(workload_.Make(app, /*good=*/true)); });
  }
  if (stage_.options.changes) {
    stage_.Repeat(absl::Seconds(3), absl::Seconds(40), [this] { workload_.ActAtRandom(); });
  }
  if (stage_.options.faults) {
    stage_.Repeat(absl::Seconds(2), absl::Seconds(30), [this] { faults_.StrikeAtRandom(); });
  }
  world.RunUntil(stage_.end_of_trouble);
  if (!world.violation()) {
    faults_.HealAll();
    ComeToRest();
    DeployGoodVersions();
  }
  Outcome outcome = stage_.Summary();
  outcome.accepted_changes = workload_.accepted();
  return outcome;
}

// Whatever happened before, what is good gets through.
void Simulation::DeployGoodVersions() {
  if (stage_.world.violation()) return;
  // What a registry refused lately is asked for again after a quarter of an hour at most.
  stage_.world.RunUntil(stage_.world.Now() + absl::Minutes(20));
  good_after_ = 0;
  for (const auto& [id, rollout] : controller_.model().rollouts.rows()) {
    good_after_ = std::max(good_after_, rollout.ticket);
  }
  for (int round = 0; round < kGoodRounds; ++round) {
    for (const std::string& app : stage_.apps.names()) {
      AppSpec spec = workload_.Make(app, /*good=*/true);
      // What it was scaled to before may have no place, with its fixed port.
      for (ServiceSpec& service : spec.services) service.replicas_in_file = true;
      workload_.Apply(std::move(spec));
    }
    ComeToRest();
    workload_.Move(AppName("store"), ServiceName("main"));
    ComeToRest();
  }
}

void Simulation::ComeToRest() {
  if (stage_.world.violation()) return;
  const MonoTime deadline = stage_.world.Now() + stage_.options.converges;
  std::string restless = "nothing was asked";
  int quiet = 0;
  while (!stage_.world.violation() && stage_.world.Now() < deadline && quiet < 3) {
    statuses_.clear();
    asked_ = 0;
    for (const std::string& app : stage_.apps.names()) {
      if (controller_.model().apps.Find(AppName(app)) == nullptr) continue;
      ++asked_;
      controller_.Submit(controller::Request(
          controller::GetStatus{AppName(app), [this](absl::StatusOr<AppStatusView> status) {
                                  if (status.ok()) statuses_.push_back(*std::move(status));
                                }}));
    }
    stage_.world.RunUntil(stage_.world.Now() + absl::Seconds(15));
    restless = Restless();
    quiet = restless.empty() ? quiet + 1 : 0;
  }
  if (!restless.empty()) {
    stage_.world.Violate("convergence", "after " + absl::FormatDuration(stage_.options.converges) +
                                            " without faults: " + restless);
  }
}

std::string Simulation::Restless() {
  if (statuses_.size() != asked_) return "the controller does not answer";
  if (!workload_.idle()) return "a request has no answer";
  for (const AppStatusView& status : statuses_) {
    if (std::string text = RestlessApp(status); !text.empty()) return text;
  }
  for (const auto& host : stage_.hosts) {
    if (std::string text = RestlessHost(*host); !text.empty()) return text;
  }
  return "";
}

// The instances of an app that does not converge, for the reader of the failure.
std::string Simulation::WhatRuns(const AppStatusView& status) const {
  const controller::Model& model = controller_.model();
  std::string text = "; wanted is revision " + std::to_string(status.revision);
  for (const auto& [id, row] : model.instances.rows()) {
    if (row.desired.slot.app != status.app) continue;
    text += "; " + ToString(row.desired.slot) + " on " + row.desired.host.value + " is " +
            id.value + " of revision " + std::to_string(row.desired.revision);
    const InstanceStatus* observed = model.observed.Find({row.desired.host, id});
    text += observed == nullptr
                ? ", not reported"
                : ", " + std::string(ToString(observed->state)) + " " + observed->reason;
  }
  for (const auto& [key, observed] : model.observed.rows()) {
    if (observed.slot.app != status.app || model.instances.Find(key.second) != nullptr) continue;
    text += "; there is also " + key.second.value + " in " + ToString(observed.slot) + " on " +
            key.first.value + ", " + std::string(ToString(observed.state)) + " " + observed.reason;
  }
  for (const auto& [key, row] : model.removals.rows()) {
    if (key.second.app == status.app) text += "; to be removed: " + ToString(key.second);
  }
  for (const std::string& pending : status.pending) text += "; pending: " + pending;
  return text;
}

// A service that was proven and then ended against its policy, or crashes again and again, keeps
// its app unconverged, and rightly so: nothing but a new version mends it.
bool Simulation::FailsByItself(const AppName& app) const {
  const controller::Model& model = controller_.model();
  for (const auto& [id, row] : model.instances.rows()) {
    if (row.desired.slot.app != app) continue;
    const InstanceStatus* observed = model.observed.Find({row.desired.host, id});
    if (observed == nullptr) continue;
    if (observed->reason.find("asks for no restart") != std::string::npos ||
        observed->reason.find("crash loop") != std::string::npos) {
      return true;
    }
  }
  return false;
}

std::string Simulation::RestlessApp(const AppStatusView& status) const {
  const std::string app = "app " + status.app.value;
  if (!status.rollout) return status.converged ? "" : app + " is not converged and has no rollout";
  const controller::RolloutRow& rollout = status.rollout->row;
  const std::string state(controller::ToString(rollout.state));
  const bool ended = controller::Ended(rollout.state) || rollout.state == RolloutState::kPaused;
  if (!ended) return app + ": its rollout is " + state;
  if (rollout.ticket > good_after_ && rollout.state != RolloutState::kSucceeded) {
    return app + ": the rollout to a good version is " + state + ": " + rollout.reason +
           WhatRuns(status);
  }
  const bool good =
      rollout.state == RolloutState::kSucceeded || rollout.state == RolloutState::kRolledBack;
  if (good && !status.converged && !FailsByItself(status.app)) {
    return app + " is not converged, its rollout " + state + WhatRuns(status);
  }
  if (!good && rollout.reason.empty()) return app + ": its rollout is " + state + " without reason";
  return "";
}

std::string Simulation::RestlessHost(Host& host) {
  const controller::Model& model = controller_.model();
  for (const auto& [id, instance] : host.checker().OurContainers()) {
    if (model.instances.Find(instance) != nullptr || model.kept.Find(instance) != nullptr) continue;
    if (host.checker().previous().contains(instance)) continue;
    return host.name() + " has the orphan " + host.docker().Find(id)->name;
  }
  for (const auto& [id, row] : model.hosts.rows()) {
    if (row.name == host.name() && row.acked_generation != row.generation) {
      return host.name() + " has not acknowledged its Assignment";
    }
  }
  return "";
}

}  // namespace

Outcome RunSystem(const Options& options) { return Simulation(options).Run(); }

}  // namespace quayside::sim
