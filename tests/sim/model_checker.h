// ModelChecker watches the controller: its model after every turn and what it offers to the hosts.
// Checked here: R2 (a host's generation grows exactly with what its rows say), R18/R19 (no rollout
// lives past its deadline), R25 (a spec's digest is that of its bytes), R26 (a bound slot stays on
// its host), and that what was acknowledged is still there.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "controller/core/model.h"
#include "tests/sim/world.h"

namespace quayside::sim {

class ModelChecker {
 public:
  explicit ModelChecker(World& world) : world_(world) {}

  // After a turn, or after a start, of the core. `up_since`: when its process began.
  void OnTurn(const controller::Model& model, MonoTime up_since);
  void OnOffer(const Assignment& assignment);
  // A change was acknowledged: from now on the app has this revision or a later one.
  void OnAcknowledged(const AppName& app, int64_t revision);
  // Between the two the app may go at any moment.
  void OnRemoveAsked(const AppName& app) { removing_.insert(app); }
  void OnRemoveAnswered(const AppName& app);
  // A person moves the slot, or tried to: from now on its binding may change (R26).
  void OnMoveAsked(const SlotKey& slot) { moved_.insert(slot); }

 private:
  struct HostView {
    int64_t generation = 0;
    std::string rows;  // what an Assignment is made of
  };
  void CheckGenerations(const controller::Model& model);
  void CheckRollouts(const controller::Model& model, MonoTime up_since);
  void CheckSpecs(const controller::Model& model);
  void CheckBindings(const controller::Model& model);
  void CheckAcknowledged(const controller::Model& model);

  World& world_;
  std::map<HostId, HostView> hosts_;
  std::map<SlotKey, HostId> bindings_;
  std::set<SlotKey> moved_;
  std::map<AppName, int64_t> acknowledged_;
  std::set<AppName> removing_;
  std::set<SpecDigest> known_specs_;
  std::map<std::pair<HostId, int64_t>, std::string> offered_;  // by generation
  std::map<RolloutId, controller::RolloutState> rollouts_;
};

}  // namespace quayside::sim
