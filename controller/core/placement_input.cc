#include "controller/core/placement_input.h"

#include <algorithm>
#include <set>

namespace quayside::controller {

PlaceHost MakePlaceHost(const CoreState& state, const HostRow& row) {
  PlaceHost host;
  host.id = row.id;
  host.name = row.name;
  host.labels = row.labels;
  host.os = row.engine.os;
  host.arch = row.engine.arch;
  host.presence = state.PresenceOf(row.id);
  host.engine_reachable = row.engine.reachable;
  host.nano_cpus = row.engine.cpus * 1'000'000'000;
  host.memory_bytes = row.engine.memory_bytes;
  return host;
}

const ImageFacts& FactsOfImage(const CoreState& state, const std::string& digest_ref) {
  static const ImageFacts kUnknown;
  if (const ImageFacts* stored = state.ledger.FindImage(digest_ref)) return *stored;
  const auto told = state.images.find(digest_ref);
  return told == state.images.end() ? kUnknown : told->second;
}

const std::vector<std::string>& PlatformsOf(const CoreState& state, const ServiceSpec& service) {
  return FactsOfImage(state, service.container.image).platforms;
}

bool LeavesData(const CoreState& state, const ServiceSpec& service, const std::string& host) {
  const auto own = service.host_images.find(host);
  const std::string& image =
      own == service.host_images.end() ? service.container.image : own->second;
  return HasLocalState(service.container, FactsOfImage(state, image).volumes);
}

namespace {

// A host, and what other apps than `app` hold there.
PlaceHost MakeUsedHost(CoreState& state, const HostRow& row, const AppName& app) {
  PlaceHost host = MakePlaceHost(state, row);
  for (const InstanceId& id : state.ledger.InstancesOn(row.id)) {
    const Instance& instance = state.ledger.model().instances.Find(id)->desired;
    if (instance.slot.app == app) continue;
    ++host.instances;
    if (instance.intent == Intent::kStop) continue;  // holds nothing
    const std::string owner = instance.slot.app.value + "/" + instance.slot.service.value;
    if (const ContainerSpec* container = state.specs.Get(state.ledger, instance.spec)) {
      for (PortUse& port : FixedPorts(*container)) host.ports.emplace_back(std::move(port), owner);
    }
    const RevisionRow* revision = state.ledger.FindRevision(instance.slot.app, instance.revision);
    const ServiceSpec* service =
        revision == nullptr ? nullptr : FindService(revision->spec, instance.slot.service);
    if (service == nullptr) continue;
    host.reserved_nano_cpus += service->reservations.nano_cpus;
    host.reserved_memory_bytes += service->reservations.memory_bytes;
  }
  return host;
}

// All of the input but its hosts.
PlaceInput MakeHostlessInput(const CoreState& state, const AppSpec& spec) {
  PlaceInput input;
  input.spec = spec;
  for (const ServiceSpec& service : spec.services) {
    input.platforms[service.name] = PlatformsOf(state, service);
  }
  for (const InstanceId& id : state.ledger.InstancesOf(spec.name)) {
    const Instance& instance = state.ledger.model().instances.Find(id)->desired;
    input.existing[instance.slot].insert(instance.host);
  }
  const auto& bindings = state.ledger.model().bindings.rows();
  for (auto it = bindings.lower_bound({spec.name, ServiceName(), 0});
       it != bindings.end() && it->first.app == spec.name; ++it) {
    input.bindings[it->first] = it->second.host;
  }
  return input;
}

// Hosts where the app is, or has to be whatever else there is.
std::set<HostId> NearHosts(const CoreState& state, const PlaceInput& input) {
  std::set<HostId> near;
  for (const auto& [slot, hosts] : input.existing) near.insert(hosts.begin(), hosts.end());
  for (const auto& [slot, host] : input.bindings) near.insert(host);
  for (const ServiceSpec& service : input.spec.services) {
    if (service.mode != ServiceMode::kGlobal) continue;
    for (const auto& [id, row] : state.ledger.model().hosts.rows()) {
      if (near.contains(id)) continue;
      if (WhyConstraintsFail(service, MakePlaceHost(state, row)).empty()) near.insert(id);
    }
  }
  return near;
}

// True when no other host could have changed this placement: nothing is left over, and replicated
// slots stay where they are.
bool IsSettledBy(const PlaceInput& input, const Placement& placement) {
  if (!placement.unplaced.empty()) return false;
  return std::all_of(placement.slots.begin(), placement.slots.end(), [&](const PlacedSlot& placed) {
    const ServiceSpec* service = FindService(input.spec, placed.slot.service);
    if (service->mode == ServiceMode::kGlobal) return true;
    const auto existing = input.existing.find(placed.slot);
    return existing != input.existing.end() && existing->second.contains(placed.host);
  });
}

}  // namespace

PlaceInput MakePlaceInput(CoreState& state, const AppSpec& spec) {
  PlaceInput input = MakeHostlessInput(state, spec);
  for (const auto& [id, row] : state.ledger.model().hosts.rows()) {
    input.hosts.emplace(id, MakeUsedHost(state, row, spec.name));
  }
  return input;
}

PlacedApp PlaceApp(CoreState& state, const AppSpec& spec) {
  PlacedApp placed{MakeHostlessInput(state, spec), {}, false};
  for (const HostId& id : NearHosts(state, placed.input)) {
    const HostRow* row = state.ledger.FindHost(id);
    if (row != nullptr) placed.input.hosts.emplace(id, MakeUsedHost(state, *row, spec.name));
  }
  placed.placement = Place(placed.input);
  placed.all_hosts = placed.input.hosts.size() == state.ledger.model().hosts.rows().size();
  if (placed.all_hosts || IsSettledBy(placed.input, placed.placement)) return placed;
  return PlaceAmongAll(state, spec);
}

PlacedApp PlaceAmongAll(CoreState& state, const AppSpec& spec) {
  PlacedApp placed{MakePlaceInput(state, spec), {}, true};
  placed.placement = Place(placed.input);
  return placed;
}

}  // namespace quayside::controller
