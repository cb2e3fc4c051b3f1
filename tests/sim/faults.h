// Faults makes things go wrong at random, each for a while: processes die, hosts lose power, links
// are cut, engines crash, hang and refuse, registries fail, disks fill up, and people do things by
// hand on the hosts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/fake_engine/fake_registry.h"
#include "tests/sim/host.h"
#include "tests/sim/mortal.h"
#include "tests/sim/world.h"

namespace quayside::sim {

class Faults {
 public:
  Faults(World& world, Mortal& controller, agent::fake::FakeRegistry& registry,
         std::vector<std::unique_ptr<Host>>& hosts);

  // One fault of a random kind; it heals by itself.
  void StrikeAtRandom();
  // Everything that is broken is put right, for good.
  void HealAll();

 private:
  void StrikeHost(Host& host);
  void StrikeEngine(Host& host);
  void StrikeContainer(Host& host);
  void StrikeController();
  void StrikeRegistry();
  // Runs `heal` after a random while, unless all was healed before.
  void HealLater(absl::Duration at_most, std::function<void()> heal);

  World& world_;
  Mortal& controller_;
  agent::fake::FakeRegistry& registry_;
  std::vector<std::unique_ptr<Host>>& hosts_;
  uint64_t era_ = 0;  // grows with HealAll
};

}  // namespace quayside::sim
