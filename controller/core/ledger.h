// Ledger is the Model with what the core needs to find rows quickly, and the marks of a turn: which
// hosts' rows changed (their generations grow in the same transaction, R2) and which apps have to
// be looked at again. All changes of rows that an index names go through it. Core thread. Indexes
// are built from the rows; nothing here is stored.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/core/model.h"

namespace quayside::controller {

class Ledger {
 public:
  // Takes a model as it was loaded and builds the indexes; all marks are cleared.
  void Reset(Model model);

  const Model& model() const { return model_; }
  // For the store alone.
  Model* mutable_model() { return &model_; }

  // ---- rows ----
  const FleetRow& fleet() const { return *model_.fleet.Find(0); }
  void PutFleet(FleetRow row) { model_.fleet.Put(0, std::move(row)); }

  const HostRow* FindHost(const HostId& id) const { return model_.hosts.Find(id); }
  const HostRow* FindHostByName(const std::string& name) const;
  void PutHost(HostRow row);
  // With all rows that name it. REQUIRES: nothing desired is wanted there any more.
  void DeleteHost(const HostId& id);

  void PutInstance(InstanceRow row);
  void DeleteInstance(const InstanceId& id);
  void PutKept(InstanceRow row);
  void DeleteKept(const InstanceId& id);
  void PutRemoval(RemovalRow row);
  void DeleteRemoval(const HostId& host, const SlotKey& key);
  void PutBinding(const SlotKey& slot, BindingRow row) {
    model_.bindings.Put(slot, std::move(row));
  }
  void DeleteBinding(const SlotKey& slot) { model_.bindings.Delete(slot); }

  const AppRow* FindApp(const AppName& name) const { return model_.apps.Find(name); }
  void PutApp(AppRow row);
  void DeleteApp(const AppName& name);  // with its revisions, rollouts and bindings of no use
  const RevisionRow* FindRevision(const AppName& app, int64_t number) const;
  void PutRevision(RevisionRow row);
  void DeleteRevision(const RevisionKey& key);  // with the facts of images that none uses now
  const ImageFacts* FindImage(const std::string& digest_ref) const {
    return model_.images.Find(digest_ref);
  }
  // Of an image that no revision uses nothing is kept.
  void PutImage(const std::string& digest_ref, ImageFacts facts);
  void PutSpec(const SpecDigest& digest, SpecRow row);
  // REQUIRES: it is among UnusedSpecs.
  void DeleteSpec(const SpecDigest& digest);
  // At most `limit` specs that no revision, instance or kept row names.
  std::vector<SpecDigest> UnusedSpecs(int limit) const;

  void PutRollout(RolloutRow row);
  void DeleteRollout(const RolloutId& id);
  // The newest by ticket, or nullptr.
  const RolloutRow* NewestRollout(const AppName& app) const;
  std::vector<const RolloutRow*> RolloutsOf(const AppName& app) const;  // oldest first

  void PutObserved(const HostId& host, InstanceStatus status);
  void DeleteObserved(const HostId& host, const InstanceId& id);
  const InstanceStatus* Observed(const HostId& host, const InstanceId& id) const {
    return model_.observed.Find({host, id});
  }

  void PutRequest(const RequestId& id, RequestRow row) { model_.requests.Put(id, std::move(row)); }
  void DeleteRequest(const RequestId& id) { model_.requests.Delete(id); }
  // Gives the event its id.
  void AddEvent(EventRow event);

  // ---- indexes ----
  using HostInstance = std::pair<HostId, InstanceId>;
  const std::set<InstanceId>& InstancesOf(const AppName& app) const;
  const std::set<InstanceId>& InstancesOn(const HostId& host) const;
  const std::set<InstanceId>& KeptOf(const AppName& app) const;
  const std::set<InstanceId>& KeptOn(const HostId& host) const;
  const std::set<HostInstance>& ObservedOf(const AppName& app) const;
  const std::set<RemovalKey>& RemovalsOf(const AppName& app) const;
  std::vector<const RemovalRow*> RemovalsOn(const HostId& host) const;
  std::vector<const InstanceStatus*> ObservedOn(const HostId& host) const;

  // ---- marks of a turn ----
  void TouchHost(const HostId& host) { touched_hosts_.insert(host); }
  void TouchApp(const AppName& app) { touched_apps_.insert(app); }
  // Raises the generation of every host whose rows changed (R2); once, before the commit.
  void RaiseGenerations();
  std::set<AppName> TakeTouchedApps() { return std::exchange(touched_apps_, {}); }
  const std::set<AppName>& touched_apps() const { return touched_apps_; }
  std::set<HostId> TakeRaisedHosts() { return std::exchange(raised_hosts_, {}); }
  bool Dirty() const;

 private:
  // Counts those who name a spec, up or down.
  void Use(const SpecDigest& digest, int by);
  void UseAll(const RevisionRow& row, int by);
  // Counts the revision's images as used once more (+1) or less (-1).
  void CountImages(const RevisionRow& row, int by);

  Model model_;
  std::map<std::string, int> image_uses_;  // by digest reference
  std::map<std::string, HostId> host_by_name_;
  std::map<AppName, std::set<InstanceId>> instances_of_, kept_of_;
  std::map<HostId, std::set<InstanceId>> instances_on_, kept_on_;
  std::map<AppName, std::set<HostInstance>> observed_of_;
  std::map<AppName, std::set<RemovalKey>> removals_of_;
  std::map<AppName, std::set<std::pair<int64_t, RolloutId>>> rollouts_of_;
  std::map<SpecDigest, int> spec_uses_;
  std::set<SpecDigest> unused_specs_;
  std::set<HostId> touched_hosts_, raised_hosts_;
  std::set<AppName> touched_apps_;
};

}  // namespace quayside::controller
