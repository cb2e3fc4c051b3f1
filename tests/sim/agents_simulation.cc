// The real Agents under a controller that hands out legal Assignments at random: more than any
// rollout would do to them.
#include <utility>

#include "tests/sim/faults.h"
#include "tests/sim/run.h"
#include "tests/sim/scripted_controller.h"
#include "tests/sim/stage.h"

namespace quayside::sim {
namespace {

class Simulation {
 public:
  explicit Simulation(const Options& options)
      : stage_(options),
        controller_(stage_.world, stage_.apps),
        faults_(stage_.world, controller_, stage_.registry, stage_.hosts) {}
  // Hosts talk to the network, which the controller owns.
  ~Simulation() { stage_.hosts.clear(); }

  Outcome Run() {
    World& world = stage_.world;
    controller_.Start();
    stage_.AddHosts(controller_.network());
    world.RunUntil(world.Now() + absl::Seconds(5));
    for (const auto& host : stage_.hosts) {
      for (const std::string& app : stage_.apps.names()) {
        controller_.Deploy(host->name(), stage_.apps.Make(app, /*good=*/true));
      }
    }
    if (stage_.options.changes) {
      stage_.Repeat(absl::Seconds(2), absl::Seconds(15), [this] { controller_.ChangeAtRandom(); });
    }
    if (stage_.options.faults) {
      stage_.Repeat(absl::Seconds(2), absl::Seconds(30), [this] { faults_.StrikeAtRandom(); });
    }
    world.RunUntil(stage_.end_of_trouble);
    if (!world.violation()) {
      faults_.HealAll();
      ComeToRest();
    }
    Outcome outcome = stage_.Summary();
    outcome.accepted_changes = controller_.changes();
    return outcome;
  }

 private:
  void ComeToRest();
  std::string Restless() const;

  Stage stage_;
  ScriptedController controller_;
  Faults faults_;
};

void Simulation::ComeToRest() {
  World& world = stage_.world;
  const MonoTime deadline = world.Now() + stage_.options.converges;
  std::string restless;
  int quiet = 0;
  while (!world.violation() && world.Now() < deadline && quiet < 3) {
    world.RunUntil(world.Now() + absl::Seconds(15));
    restless = Restless();
    quiet = restless.empty() ? quiet + 1 : 0;
  }
  if (!restless.empty()) {
    world.Violate("convergence", "after " + absl::FormatDuration(stage_.options.converges) +
                                     " without faults: " + restless);
  }
}

std::string Simulation::Restless() const {
  for (const auto& host : stage_.hosts) {
    std::map<std::string, InstanceId> containers = host->checker().OurContainers();
    std::erase_if(containers, [&](const auto& entry) {
      return host->checker().previous().contains(entry.second);
    });
    std::string text = controller_.Restless(host->name(), containers, host->checker().previous());
    if (!text.empty()) return text;
  }
  return "";
}

}  // namespace

Outcome RunAgents(const Options& options) { return Simulation(options).Run(); }

}  // namespace quayside::sim
