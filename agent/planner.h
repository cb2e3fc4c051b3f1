// Planner is one call of Plan while it runs: the views of all slots and the result as it grows.
// Internal to plan*.cc.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/exclusive.h"
#include "agent/plan.h"

namespace quayside::agent {

// One slot, seen from everything that says something about it.
struct SlotView {
  SlotKey key;
  const Instance* desired = nullptr;
  const ContainerSpec* spec = nullptr;  // of `desired`
  const Removal* removal = nullptr;     // that names this slot or its app
  bool record_known = false;
  SlotRecord record;  // as it is to be after this plan
  std::map<InstanceId, const Container*> containers;
  // The instance to keep running until another is proven: the record's, or, with the record lost,
  // the armed one.
  InstanceId committed;
  bool candidate = false;        // `desired` is to run here and is neither proven nor failed
  bool start_first = false;      // the candidate needs nothing that the committed one holds
  bool ready = false;            // the candidate is created and its dependencies hold
  std::vector<SlotView*> group;  // of a candidate: itself and those that switch with it

  const Container* Find(const InstanceId& id) const {
    const auto found = containers.find(id);
    return found == containers.end() ? nullptr : found->second;
  }
};

class Planner {
 public:
  explicit Planner(const PlanInput& input) : in_(input) {}
  PlanResult Run();

 private:
  // plan.cc: what is looked at, and the order of things.
  void BuildViews();
  void BuildClaims();
  void BuildGroups();
  void Act(Action::Kind kind, const SlotView& view, const Container& container, std::string why);
  void Act(Action action);
  void Wait(const InstanceId& instance, Waiting waiting);
  void Notify(const char* kind, const SlotView& view, const InstanceId& instance, std::string text);
  bool Busy(const std::string& key) const { return in_.busy.contains(key); }
  // True when a failed call on `key` must wait; then its reason is put on `instance`.
  bool HeldBack(const std::string& key, const InstanceId& instance, InstanceState state);
  const Trouble* DefiniteTrouble(const std::string& key) const;
  // True when `instance` was put right a moment ago: somebody insists, or the engine cannot do it.
  bool DriftHeldBack(const InstanceId& instance);
  void WakeAt(MonoTime at) {
    if (at > in_.now) out_.next = std::min(out_.next, at);
  }
  const ContainerSpec* SpecOf(const SpecDigest& digest) const;
  const Claims& ClaimsOfInstance(const InstanceId& id) const;
  const Assessment* HealthOf(const InstanceId& id) const;
  bool Kept(const SlotView& view, const InstanceId& id) const;
  // The Assignment keeps it for going back (R12).
  bool NamedToKeep(const InstanceId& id) const;
  // It runs, or a start of it is under way or decided in this plan.
  bool Occupies(const Container& container) const;
  // A call of this kind for the instance is under way, or begins with this plan.
  bool InHand(const InstanceId& id, Action::Kind kind) const;
  bool Settled() const;
  void LimitAndOrder();

  // plan_slot.cc: slots with a desired instance.
  void PlanSlot(SlotView& view);
  void PlanStopped(SlotView& view);
  void PlanWentBack(SlotView& view, const Verdict& verdict);
  void PlanCommitted(SlotView& view);
  void Retire(SlotView& view, const Container* successor);
  bool MayRetire(const SlotView& view, const Container* successor) const;
  bool MayStop(const SlotView& view, const Container* successor) const;

  // plan_heal.cc: a committed container is kept as it should be.
  void Heal(SlotView& view, const Container& container);
  // An action on something that somebody changed by hand.
  // `object`: where it is not the container.
  void PutRight(const SlotView& view, const Container& container, Action::Kind kind,
                const std::string& drift, const std::string& object = "");
  void HealExited(SlotView& view, const Container& container, const ContainerSpec* spec);
  void HealRunning(SlotView& view, const Container& container, const ContainerSpec* spec);
  // True when the container is ended because it is unhealthy, or is about to be.
  bool HealUnhealthy(SlotView& view, const Container& container, const ContainerSpec& spec);
  // Decides that it is, when its back-off and the host let it. REQUIRES: it is not being replaced.
  bool RestartUnhealthy(SlotView& view, const Container& container, const ContainerSpec& spec,
                        const Assessment& health);

  // plan_candidate.cc: prepare, switch, prove, fail.
  void PlanCandidate(SlotView& view);
  void PlanCandidateStart(SlotView& view, const Container& container);
  // The record of a candidate that is about to be started, whatever has to be stopped for it first.
  static void RecordStart(SlotView& view, const Container& container);
  void Judge(SlotView& view, const Container& container);
  // Stops and removes what is neither committed nor desired: candidates that another one overtook.
  void RetireSuperseded(const SlotView& view);
  // True when the container ran because this candidate was started, not in an earlier life.
  bool RanAsCandidate(const SlotView& view, const Container& container) const;
  std::string FailureOf(const SlotView& view) const;
  bool Proven(const SlotView& view) const;
  void Fail(SlotView& view, std::string reason);
  void Commit(SlotView& view, bool completed);
  bool DependenciesHold(const SlotView& view, std::string* reason) const;
  bool DependencyHolds(const SlotView& dependency, DependencyCondition condition) const;
  // Containers that hold what `instance` of `view` needs to run.
  std::vector<const Container*> Blockers(const SlotView& view, const InstanceId& instance) const;
  // Orders the stop of what blocks, unless something blocks that may not be stopped now.
  // REQUIRES: the candidate is created.
  void ClearTheWay(SlotView& view, const std::vector<const Container*>& blockers);

  // plan_join.cc: containers that live in another one's namespaces.
  // True when what the desired container joins is there.
  bool JoinHolds(SlotView& view);
  // True when the container is made again or restarted, because what it joined was.
  bool Rejoin(SlotView& view, const Container& container, const ContainerSpec& spec);

  // plan_prepare.cc: everything before the first start.
  enum class OnTrouble { kFail, kWait };
  void Prepare(SlotView& view, OnTrouble on_trouble);
  bool PrepareImage(SlotView& view, OnTrouble on_trouble);
  bool PrepareNetworks(SlotView& view, OnTrouble on_trouble);
  bool PrepareVolumes(SlotView& view, OnTrouble on_trouble);
  // True when `key` has trouble that decides or delays; the view then waits or has failed.
  bool Troubled(SlotView& view, const std::string& key, OnTrouble on_trouble, InstanceState state);

  // plan_removal.cc: slots without a desired instance.
  void PlanRemoval(SlotView& view);
  void PlanRemovedApps();
  void PlanUnnamed(const SlotView& view);

  const PlanInput& in_;
  PlanResult out_;
  std::map<SlotKey, SlotView> views_;
  std::map<InstanceId, Claims> claims_;  // of containers and candidates
  bool restarts_unhealthy_ = false;      // this plan does; one at a time
  // Containers by each host-wide claim they hold: "80/tcp", "network/address".
  std::map<std::string, std::vector<const Container*>> holders_;
};

// The keys of `claims` in an index of holders: equal keys may clash, different ones never do.
std::vector<std::string> HostWideKeys(const Claims& claims);

}  // namespace quayside::agent
