// Stage is what both simulations have: a world, a registry, apps, and hosts with containers of
// strangers on them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "agent/fake_engine/fake_registry.h"
#include "tests/sim/host.h"
#include "tests/sim/run.h"
#include "tests/sim/sample_apps.h"
#include "tests/sim/world.h"

namespace quayside::sim {

class Stage {
 public:
  explicit Stage(const Options& chosen)
      : options(chosen), world(chosen.seed), apps(world, registry) {}

  // Their agents start within two seconds.
  void AddHosts(Network& network);
  // Runs `act` again and again, `from` … `to` apart, until the time of trouble is over.
  void Repeat(absl::Duration from, absl::Duration to, std::function<void()> act);
  Outcome Summary() const;

  const Options options;
  World world;
  agent::fake::FakeRegistry registry;
  SampleApps apps;
  std::vector<std::unique_ptr<Host>> hosts;
  MonoTime end_of_trouble = world.Now() + options.troubled;

 private:
  void AddHost(Network& network, int index);
};

}  // namespace quayside::sim
