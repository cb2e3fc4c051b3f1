// ScriptedController stands in for the core: it hands the hosts one legal Assignment after the
// other, at random and with no regard for whether the last one has been reached, which no rollout
// would do. Agents must keep their rules all the same. It keeps what going back needs (R12) and
// goes back when an instance is reported to have failed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/sim/mortal.h"
#include "tests/sim/network.h"
#include "tests/sim/sample_apps.h"
#include "tests/sim/world.h"

namespace quayside::sim {

class ScriptedController final : public Mortal {
 public:
  ScriptedController(World& world, SampleApps& apps);

  // Its state is its database: all of it survives.
  void Start() override;
  void Kill() override;
  void KillAfterNextCommit() override { Kill(); }
  void CancelKill() override {}
  bool up() const override { return up_; }
  Network& network() override { return network_; }

  void Deploy(const std::string& host, const AppSpec& spec);
  // Another version of a random app on a random host, or its stop, start or removal.
  void ChangeAtRandom();

  // How many Assignments were made.
  uint64_t changes() const { return changes_; }

  // What is not at rest on that host; "" when everything is. `containers`: those of ours there,
  // with their instances. `committed`: what the agent's records call proven, now or before.
  std::string Restless(const std::string& host, const std::map<std::string, InstanceId>& containers,
                       const std::set<InstanceId>& committed) const;

 private:
  struct Slot {
    Instance current;
    bool proven = false, failed = false;
    std::optional<Instance> previous;  // proven, kept for going back
  };
  struct HostState {
    HostId id;
    controller::SessionId session = 0;
    int64_t generation = 0;
    std::map<SlotKey, Slot> slots;
    std::map<AppName, Removal> removals;
    Report report;
  };

  void Submit(controller::CoreEvent event);
  void OnHello(const controller::AgentHello& hello);
  void OnAck(const controller::AgentAck& ack);
  void OnReport(const controller::AgentReport& report);
  void Judge(HostState& host, const AppName& app);
  void Deploy(HostState& host, const AppSpec& spec);
  void PutSlot(HostState& host, const ServiceSpec& service, const SlotKey& slot);
  void Remove(HostState& host, const AppName& app);
  // The host's rows have changed: a new generation is offered.
  void Publish(HostState& host);
  void Offer(HostState& host);
  HostState* FindBySession(controller::SessionId session);

  World& world_;
  SampleApps& apps_;
  Network network_;
  bool up_ = false;
  uint64_t changes_ = 0;
  std::map<std::string, HostState> hosts_;  // by name
  std::map<SpecDigest, ContainerSpec> specs_;
  std::map<controller::SessionId, uint64_t> reports_;  // the newest one's sequence
};

}  // namespace quayside::sim
