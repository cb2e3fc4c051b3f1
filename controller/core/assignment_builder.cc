#include "controller/core/assignment_builder.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace quayside::controller {
namespace {

constexpr int64_t kInstanceBytes = 160;  // names, ids and a digest

void AddSpec(const Ledger& ledger, const SpecDigest& digest, SpecCache& specs,
             Assignment* assignment) {
  if (assignment->specs.contains(digest)) return;
  if (const ContainerSpec* spec = specs.Get(ledger, digest)) assignment->specs[digest] = *spec;
}

}  // namespace

Assignment BuildAssignment(const Ledger& ledger, const HostId& host, SpecCache& specs) {
  Assignment out;
  out.fleet = ledger.fleet().fleet;
  out.host = host;
  out.epoch = ledger.fleet().epoch;
  out.generation = ledger.FindHost(host)->generation;
  std::set<AppName> held;
  const auto note_held = [&](const AppName& app) {
    const AppRow* row = ledger.FindApp(app);
    if (row != nullptr && row->held) held.insert(app);
  };
  for (const InstanceId& id : ledger.InstancesOn(host)) {
    const Instance& instance = ledger.model().instances.Find(id)->desired;
    AddSpec(ledger, instance.spec, specs, &out);
    note_held(instance.slot.app);
    out.instances.push_back(instance);
  }
  std::sort(out.instances.begin(), out.instances.end(), [](const Instance& a, const Instance& b) {
    return std::tie(a.slot, a.id) < std::tie(b.slot, b.id);
  });
  for (const InstanceId& id : ledger.KeptOn(host)) {
    AddSpec(ledger, ledger.model().kept.Find(id)->instance.desired.spec, specs, &out);
    out.keep.push_back(id);
  }
  for (const RemovalRow* row : ledger.RemovalsOn(host)) {
    note_held(row->removal.app);
    out.removals.push_back(row->removal);
  }
  // What runs there of a held app stays, also where the database knows nothing of it.
  for (const InstanceStatus* status : ledger.ObservedOn(host)) note_held(status->slot.app);
  out.held_apps.assign(held.begin(), held.end());
  return out;
}

int64_t AssignmentBytes(const Ledger& ledger, const HostId& host) {
  int64_t bytes = 0;
  std::set<SpecDigest> specs;
  const auto count = [&](const SpecDigest& digest) {
    if (!specs.insert(digest).second) return;
    const SpecRow* row = ledger.model().specs.Find(digest);
    if (row != nullptr) bytes += static_cast<int64_t>(row->bytes.size());
  };
  for (const InstanceId& id : ledger.InstancesOn(host)) {
    bytes += kInstanceBytes;
    count(ledger.model().instances.Find(id)->desired.spec);
  }
  for (const InstanceId& id : ledger.KeptOn(host)) {
    count(ledger.model().kept.Find(id)->instance.desired.spec);
  }
  return bytes;
}

}  // namespace quayside::controller
