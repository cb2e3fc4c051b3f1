#include "tests/sim/faults.h"

#include <utility>

#include "common/base/status.h"

namespace quayside::sim {

using agent::fake::CallFault;
using agent::fake::ContainerFate;
using agent::fake::FakeContainer;

Faults::Faults(World& world, Mortal& controller, agent::fake::FakeRegistry& registry,
               std::vector<std::unique_ptr<Host>>& hosts)
    : world_(world), controller_(controller), registry_(registry), hosts_(hosts) {}

void Faults::HealLater(absl::Duration at_most, std::function<void()> heal) {
  world_.After(world_.Between(absl::Milliseconds(100), at_most),
               [this, era = era_, heal = std::move(heal)] {
                 if (era == era_) heal();
               });
}

void Faults::StrikeAtRandom() {
  Host& host = *hosts_[world_.random().Below(hosts_.size())];
  const uint64_t dice = world_.random().Below(100);
  if (dice < 35) return StrikeHost(host);
  if (dice < 60) return StrikeEngine(host);
  if (dice < 80) return StrikeContainer(host);
  if (dice < 90) return StrikeController();
  StrikeRegistry();
}

void Faults::StrikeHost(Host& host) {
  switch (world_.random().Below(6)) {
    case 0:
      host.KillAgent();
      HealLater(absl::Seconds(40), [&host] { host.StartAgent(); });
      return;
    case 1:
    case 2:
      host.KillAgentAtNextChange(absl::Milliseconds(600));
      HealLater(absl::Seconds(40), [&host] { host.StartAgent(); });
      return;
    case 3:
      host.PowerOff();
      HealLater(absl::Seconds(90), [&host] { host.PowerOn(); });
      return;
    case 4: {
      const uint64_t way = world_.random().Below(3);
      world_.Trace(host.name() + " is cut off, way " + std::to_string(way));
      Network& network = controller_.network();
      network.Cut(host.index(), way != 1, way != 0);
      HealLater(absl::Seconds(90), [&network, &host] {
        if (host.powered()) network.Heal(host.index());
      });
      return;
    }
    default:
      world_.Trace(host.name() + " the agent's disk is full");
      host.files().write_error = ResourceExhausted("no space left on device");
      HealLater(absl::Seconds(20), [&host] { host.files().write_error = absl::OkStatus(); });
  }
}

void Faults::StrikeEngine(Host& host) {
  agent::fake::FakeDocker& docker = host.docker();
  switch (world_.random().Below(4)) {
    case 0: {
      const bool live = world_.Chance(40);
      world_.Trace(host.name() + " engine crashes" + (live ? ", containers live on" : ""));
      docker.CrashDaemon(live ? ContainerFate::kLiveOn : ContainerFate::kKilled);
      HealLater(absl::Seconds(30), [&host] {
        if (host.powered()) host.docker().StartDaemon();
      });
      return;
    }
    case 1:
      world_.Trace(host.name() + " engine hangs");
      docker.Hang();
      HealLater(absl::Seconds(90), [&docker] { docker.Heal(); });
      return;
    case 2:
      world_.Trace(host.name() + " engine refuses calls at random");
      docker.fault = [this](const agent::EngineCall&) -> std::optional<CallFault> {
        if (!world_.Chance(15)) return std::nullopt;
        if (world_.Chance(50)) return CallFault{Unavailable("connection reset")};
        return CallFault{DeadlineExceeded("no answer in time"), world_.Chance(50)};
      };
      HealLater(absl::Seconds(15), [&docker] { docker.fault = nullptr; });
      return;
    default:
      world_.Trace(host.name() + " engine's disk is full");
      docker.disk_error = ResourceExhausted("no space left on device");
      HealLater(absl::Seconds(30), [&docker] { docker.disk_error = absl::OkStatus(); });
  }
}

void Faults::StrikeContainer(Host& host) {
  agent::fake::FakeDocker& docker = host.docker();
  if (!docker.daemon_up()) return;
  std::vector<std::string> ours;
  for (const auto& [id, instance] : host.checker().OurContainers()) ours.push_back(id);
  if (ours.empty()) return;
  const std::string id = ours[world_.random().Below(ours.size())];
  const std::string name = docker.Find(id)->name;
  switch (world_.random().Below(6)) {
    case 0:
      world_.Trace(host.name() + " " + name + " exits by itself");
      return docker.Exit(id, world_.Chance(50) ? 1 : 137, world_.Chance(20));
    case 1:
      world_.Trace(host.name() + " somebody stops " + name);
      return docker.ByHand(agent::StopContainer{id, absl::ZeroDuration()});
    case 2:
      world_.Trace(host.name() + " somebody pauses " + name);
      return docker.Pause(id);
    case 3:
      world_.Trace(host.name() + " somebody removes " + name);
      host.checker().ForgetContainer(id);
      return docker.Vanish(id);
    case 4:
      world_.Trace(host.name() + " " + name + " turns unhealthy until it is started again");
      docker.FailProbe(id);
      if (docker.Find(id)->health != agent::HealthState::kNone) {
        docker.SetHealth(id, agent::HealthState::kUnhealthy);
      }
      return;
    default: {
      const std::string image = docker.Find(id)->plan.spec.image;
      if (docker.Find(id)->running()) return;  // an engine keeps the image of what runs
      world_.Trace(host.name() + " somebody prunes " + image);
      host.checker().ForgetImage(image);
      return docker.RemoveImageByForce(image);
    }
  }
}

void Faults::StrikeController() {
  if (!controller_.up()) return;
  if (world_.Chance(50)) {
    controller_.Kill();
  } else {
    world_.Trace("controller will die after its next commit");
    controller_.KillAfterNextCommit();
  }
  HealLater(absl::Seconds(60), [this] { controller_.Start(); });
}

void Faults::StrikeRegistry() {
  if (world_.Chance(50)) {
    world_.Trace("registry answers with errors");
    registry_.error = world_.Chance(50) ? ResourceExhausted("429 too many requests")
                                        : Unavailable("502 bad gateway");
    HealLater(absl::Seconds(40), [this] { registry_.error = absl::OkStatus(); });
  } else {
    world_.Trace("registry is slow");
    registry_.pull_time = absl::Seconds(15);
    HealLater(absl::Seconds(60), [this] { registry_.pull_time = absl::Milliseconds(200); });
  }
}

void Faults::HealAll() {
  ++era_;
  world_.Trace("everything heals");
  registry_.error = absl::OkStatus();
  registry_.pull_time = absl::Milliseconds(200);
  for (const auto& host : hosts_) {
    host->files().write_error = absl::OkStatus();
    host->docker().fault = nullptr;
    host->docker().disk_error = absl::OkStatus();
    host->docker().Heal();
    host->PowerOn();
    host->docker().StartDaemon();
    host->StartAgent();
    host->DisarmKill();
  }
  controller_.CancelKill();
  controller_.network().HealAll();
  controller_.Start();
}

}  // namespace quayside::sim
