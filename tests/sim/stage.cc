#include "tests/sim/stage.h"

#include <utility>

#include "agent/labels.h"

namespace quayside::sim {

void Stage::AddHosts(Network& network) {
  for (int i = 1; i <= options.hosts; ++i) AddHost(network, i);
}

void Stage::AddHost(Network& network, int index) {
  hosts.push_back(std::make_unique<Host>(
      world, network, registry, index,
      std::map<std::string, std::string>{{"zone", index % 2 == 0 ? "a" : "b"}}, options.wrap));
  Host& host = *hosts.back();
  // Two containers that are none of ours: one of nobody, one of another fleet.
  agent::fake::FakeImage image;
  image.image = "registry.local/foreign@sha256:" + std::string(64, 'f');
  host.docker().AddLocalImage(image);
  for (const char* name : {"foreign", "other-fleet"}) {
    agent::ContainerPlan plan;
    plan.name = name;
    plan.spec.image = image.image;
    if (std::string(name) == "other-fleet") {
      plan.labels = {{agent::kFleetLabel, "otherfleet"}, {agent::kHostLabel, "otherhost"}};
    }
    host.docker().ByHand(agent::CreateContainer{plan});
    host.checker().AddForeign(host.docker().Find(name)->id);
    host.docker().ByHand(agent::StartContainer{name});
  }
  world.After(world.Between(absl::ZeroDuration(), absl::Seconds(2)),
              [&host] { host.StartAgent(); });
}

void Stage::Repeat(absl::Duration from, absl::Duration to, std::function<void()> act) {
  world.After(world.Between(from, to), [this, from, to, act = std::move(act)]() mutable {
    if (world.Now() >= end_of_trouble) return;
    act();
    Repeat(from, to, std::move(act));
  });
}

Outcome Stage::Summary() const {
  Outcome outcome;
  outcome.violation = world.violation();
  outcome.trace_hash = world.trace_hash();
  outcome.events = world.events();
  outcome.trace = world.recent();
  return outcome;
}

}  // namespace quayside::sim
