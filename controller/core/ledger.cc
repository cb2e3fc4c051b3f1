#include "controller/core/ledger.h"

namespace quayside::controller {
namespace {

// The set of `key`, or an empty one.
template <typename Key, typename Value>
const std::set<Value>& SetOf(const std::map<Key, std::set<Value>>& index, const Key& key) {
  static const std::set<Value> kEmpty;
  const auto it = index.find(key);
  return it == index.end() ? kEmpty : it->second;
}

template <typename Key, typename Value>
void EraseFrom(std::map<Key, std::set<Value>>* index, const Key& key, const Value& value) {
  const auto it = index->find(key);
  if (it == index->end()) return;
  it->second.erase(value);
  if (it->second.empty()) index->erase(it);
}

}  // namespace

void Ledger::Reset(Model model) {
  *this = Ledger();
  model_ = std::move(model);
  for (const auto& [id, row] : model_.hosts.rows()) host_by_name_[row.name] = id;
  for (const auto& [id, row] : model_.instances.rows()) {
    instances_of_[row.desired.slot.app].insert(id);
    instances_on_[row.desired.host].insert(id);
    Use(row.desired.spec, 1);
  }
  for (const auto& [id, row] : model_.kept.rows()) {
    Use(row.instance.desired.spec, 1);
    kept_of_[row.instance.desired.slot.app].insert(id);
    kept_on_[row.instance.desired.host].insert(id);
  }
  for (const auto& [key, row] : model_.observed.rows()) observed_of_[row.slot.app].insert(key);
  for (const auto& [key, row] : model_.removals.rows()) removals_of_[row.removal.app].insert(key);
  for (const auto& [key, row] : model_.revisions.rows()) CountImages(row, 1);
  for (const auto& [id, row] : model_.rollouts.rows()) {
    rollouts_of_[row.app].insert({row.ticket, id});
  }
  for (const auto& [key, row] : model_.revisions.rows()) UseAll(row, 1);
  for (const auto& [digest, row] : model_.specs.rows()) {
    if (!spec_uses_.contains(digest)) unused_specs_.insert(digest);
  }
}

const HostRow* Ledger::FindHostByName(const std::string& name) const {
  const auto it = host_by_name_.find(name);
  return it == host_by_name_.end() ? nullptr : FindHost(it->second);
}

void Ledger::PutHost(HostRow row) {
  if (const HostRow* old = FindHost(row.id); old != nullptr && old->name != row.name) {
    host_by_name_.erase(old->name);
  }
  host_by_name_[row.name] = row.id;
  const HostId id = row.id;
  model_.hosts.Put(id, std::move(row));
}

void Ledger::DeleteHost(const HostId& id) {
  const HostRow* row = FindHost(id);
  if (row == nullptr) return;
  for (const InstanceId& instance : std::set(InstancesOn(id))) DeleteInstance(instance);
  for (const InstanceId& instance : std::set(KeptOn(id))) DeleteKept(instance);
  std::vector<SlotKey> removals;
  for (const RemovalRow* removal : RemovalsOn(id)) {
    removals.push_back({removal->removal.app, removal->removal.service, removal->removal.slot});
  }
  for (const SlotKey& removal : removals) DeleteRemoval(id, removal);
  std::vector<InstanceId> seen;
  for (const InstanceStatus* status : ObservedOn(id)) seen.push_back(status->id);
  for (const InstanceId& instance : seen) DeleteObserved(id, instance);
  std::vector<SlotKey> bound;
  for (const auto& [slot, binding] : model_.bindings.rows()) {
    if (binding.host == id) bound.push_back(slot);
  }
  for (const SlotKey& slot : bound) DeleteBinding(slot);
  host_by_name_.erase(row->name);
  model_.hosts.Delete(id);
  touched_hosts_.erase(id);
}

void Ledger::PutInstance(InstanceRow row) {
  const InstanceId id = row.desired.id;
  const InstanceRow* old = model_.instances.Find(id);
  if (old != nullptr && old->desired.host != row.desired.host) {
    TouchHost(old->desired.host);
    EraseFrom(&instances_on_, old->desired.host, id);
  }
  if (old == nullptr || old->desired != row.desired) TouchHost(row.desired.host);
  Use(row.desired.spec, 1);
  if (old != nullptr) Use(old->desired.spec, -1);
  TouchApp(row.desired.slot.app);
  instances_of_[row.desired.slot.app].insert(id);
  instances_on_[row.desired.host].insert(id);
  model_.instances.Put(id, std::move(row));
}

void Ledger::DeleteInstance(const InstanceId& id) {
  const InstanceRow* row = model_.instances.Find(id);
  if (row == nullptr) return;
  TouchHost(row->desired.host);
  TouchApp(row->desired.slot.app);
  EraseFrom(&instances_of_, row->desired.slot.app, id);
  EraseFrom(&instances_on_, row->desired.host, id);
  Use(row->desired.spec, -1);
  model_.instances.Delete(id);
}

void Ledger::PutKept(InstanceRow row) {
  const InstanceId id = row.desired.id;
  TouchHost(row.desired.host);
  Use(row.desired.spec, 1);
  if (const KeptRow* old = model_.kept.Find(id)) Use(old->instance.desired.spec, -1);
  kept_of_[row.desired.slot.app].insert(id);
  kept_on_[row.desired.host].insert(id);
  model_.kept.Put(id, KeptRow{std::move(row)});
}

void Ledger::DeleteKept(const InstanceId& id) {
  const KeptRow* row = model_.kept.Find(id);
  if (row == nullptr) return;
  TouchHost(row->instance.desired.host);
  EraseFrom(&kept_of_, row->instance.desired.slot.app, id);
  EraseFrom(&kept_on_, row->instance.desired.host, id);
  Use(row->instance.desired.spec, -1);
  model_.kept.Delete(id);
}

void Ledger::PutRemoval(RemovalRow row) {
  const RemovalKey key{row.host, {row.removal.app, row.removal.service, row.removal.slot}};
  TouchHost(row.host);
  TouchApp(row.removal.app);
  removals_of_[row.removal.app].insert(key);
  model_.removals.Put(key, std::move(row));
}

void Ledger::DeleteRemoval(const HostId& host, const SlotKey& slot) {
  const RemovalKey key{host, slot};
  if (model_.removals.Find(key) == nullptr) return;
  TouchHost(host);
  TouchApp(slot.app);
  EraseFrom(&removals_of_, slot.app, key);
  model_.removals.Delete(key);
}

void Ledger::PutApp(AppRow row) {
  TouchApp(row.name);
  const AppName name = row.name;
  model_.apps.Put(name, std::move(row));
}

void Ledger::DeleteApp(const AppName& name) {
  std::vector<RevisionKey> revisions;
  for (auto it = model_.revisions.rows().lower_bound({name, 0});
       it != model_.revisions.rows().end() && it->first.app == name; ++it) {
    revisions.push_back(it->first);
  }
  for (const RevisionKey& key : revisions) DeleteRevision(key);
  for (const auto& [ticket, id] : SetOf(rollouts_of_, name)) model_.rollouts.Delete(id);
  rollouts_of_.erase(name);
  model_.apps.Delete(name);
  TouchApp(name);
}

void Ledger::CountImages(const RevisionRow& row, int by) {
  const auto count = [&](const std::string& image) {
    const auto it = image_uses_.try_emplace(image, 0).first;
    it->second += by;
    if (it->second > 0) return;
    image_uses_.erase(it);
    model_.images.Delete(image);
  };
  for (const ServiceSpec& service : row.spec.services) {
    count(service.container.image);
    for (const auto& [host, image] : service.host_images) count(image);
  }
}

void Ledger::PutImage(const std::string& digest_ref, ImageFacts facts) {
  if (image_uses_.contains(digest_ref)) model_.images.Put(digest_ref, std::move(facts));
}

const RevisionRow* Ledger::FindRevision(const AppName& app, int64_t number) const {
  return model_.revisions.Find({app, number});
}

void Ledger::PutRevision(RevisionRow row) {
  UseAll(row, 1);
  CountImages(row, 1);
  if (const RevisionRow* old = model_.revisions.Find(row.key)) {
    UseAll(*old, -1);
    CountImages(*old, -1);
  }
  const RevisionKey key = row.key;
  model_.revisions.Put(key, std::move(row));
}

void Ledger::DeleteRevision(const RevisionKey& key) {
  const RevisionRow* row = model_.revisions.Find(key);
  if (row == nullptr) return;
  UseAll(*row, -1);
  CountImages(*row, -1);
  model_.revisions.Delete(key);
}

void Ledger::PutSpec(const SpecDigest& digest, SpecRow row) {
  if (!spec_uses_.contains(digest)) unused_specs_.insert(digest);
  model_.specs.Put(digest, std::move(row));
}

void Ledger::DeleteSpec(const SpecDigest& digest) {
  unused_specs_.erase(digest);
  model_.specs.Delete(digest);
}

std::vector<SpecDigest> Ledger::UnusedSpecs(int limit) const {
  std::vector<SpecDigest> unused;
  for (const SpecDigest& digest : unused_specs_) {
    if (static_cast<int>(unused.size()) >= limit) break;
    unused.push_back(digest);
  }
  return unused;
}

void Ledger::UseAll(const RevisionRow& row, int by) {
  for (const auto& [service, digest] : row.digests) Use(digest, by);
  for (const auto& [where, digest] : row.host_digests) Use(digest, by);
}

void Ledger::Use(const SpecDigest& digest, int by) {
  int& uses = spec_uses_[digest];
  uses += by;
  if (uses > 0) {
    unused_specs_.erase(digest);
    return;
  }
  spec_uses_.erase(digest);
  if (model_.specs.Find(digest) != nullptr) unused_specs_.insert(digest);
}

void Ledger::DeleteRollout(const RolloutId& id) {
  const RolloutRow* row = model_.rollouts.Find(id);
  if (row == nullptr) return;
  EraseFrom(&rollouts_of_, row->app, {row->ticket, id});
  model_.rollouts.Delete(id);
}

void Ledger::PutRollout(RolloutRow row) {
  TouchApp(row.app);
  rollouts_of_[row.app].insert({row.ticket, row.id});
  const RolloutId id = row.id;
  model_.rollouts.Put(id, std::move(row));
}

const RolloutRow* Ledger::NewestRollout(const AppName& app) const {
  const auto it = rollouts_of_.find(app);
  return it == rollouts_of_.end() ? nullptr : model_.rollouts.Find(it->second.rbegin()->second);
}

std::vector<const RolloutRow*> Ledger::RolloutsOf(const AppName& app) const {
  std::vector<const RolloutRow*> rows;
  for (const auto& [ticket, id] : SetOf(rollouts_of_, app))
    rows.push_back(model_.rollouts.Find(id));
  return rows;
}

void Ledger::PutObserved(const HostId& host, InstanceStatus status) {
  const HostInstance key{host, status.id};
  TouchApp(status.slot.app);
  observed_of_[status.slot.app].insert(key);
  model_.observed.Put(key, std::move(status));
}

void Ledger::DeleteObserved(const HostId& host, const InstanceId& id) {
  const HostInstance key{host, id};
  const InstanceStatus* row = model_.observed.Find(key);
  if (row == nullptr) return;
  TouchApp(row->slot.app);
  EraseFrom(&observed_of_, row->slot.app, key);
  model_.observed.Delete(key);
}

void Ledger::AddEvent(EventRow event) {
  FleetRow row = fleet();
  event.id = row.next_event++;
  PutFleet(std::move(row));
  model_.new_events.push_back(std::move(event));
}

const std::set<InstanceId>& Ledger::InstancesOf(const AppName& app) const {
  return SetOf(instances_of_, app);
}
const std::set<InstanceId>& Ledger::InstancesOn(const HostId& host) const {
  return SetOf(instances_on_, host);
}
const std::set<InstanceId>& Ledger::KeptOf(const AppName& app) const {
  return SetOf(kept_of_, app);
}
const std::set<InstanceId>& Ledger::KeptOn(const HostId& host) const {
  return SetOf(kept_on_, host);
}
const std::set<Ledger::HostInstance>& Ledger::ObservedOf(const AppName& app) const {
  return SetOf(observed_of_, app);
}
const std::set<RemovalKey>& Ledger::RemovalsOf(const AppName& app) const {
  return SetOf(removals_of_, app);
}

std::vector<const RemovalRow*> Ledger::RemovalsOn(const HostId& host) const {
  std::vector<const RemovalRow*> rows;
  const RemovalKey first{host, {AppName(), ServiceName(), 0}};
  for (auto it = model_.removals.rows().lower_bound(first);
       it != model_.removals.rows().end() && it->first.first == host; ++it) {
    rows.push_back(&it->second);
  }
  return rows;
}

std::vector<const InstanceStatus*> Ledger::ObservedOn(const HostId& host) const {
  std::vector<const InstanceStatus*> rows;
  for (auto it = model_.observed.rows().lower_bound({host, InstanceId()});
       it != model_.observed.rows().end() && it->first.first == host; ++it) {
    rows.push_back(&it->second);
  }
  return rows;
}

void Ledger::RaiseGenerations() {
  for (const HostId& id : touched_hosts_) {
    const HostRow* row = FindHost(id);
    if (row == nullptr) continue;
    HostRow next = *row;
    ++next.generation;
    PutHost(std::move(next));
    raised_hosts_.insert(id);
  }
  touched_hosts_.clear();
}

bool Ledger::Dirty() const {
  return !model_.new_events.empty() || !model_.fleet.dirty().empty() ||
         !model_.hosts.dirty().empty() || !model_.apps.dirty().empty() ||
         !model_.revisions.dirty().empty() || !model_.specs.dirty().empty() ||
         !model_.instances.dirty().empty() || !model_.kept.dirty().empty() ||
         !model_.removals.dirty().empty() || !model_.bindings.dirty().empty() ||
         !model_.rollouts.dirty().empty() || !model_.observed.dirty().empty() ||
         !model_.requests.dirty().empty() || !model_.images.dirty().empty();
}

}  // namespace quayside::controller
