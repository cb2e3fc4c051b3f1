#include "controller/core/placement_input.h"

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

PlaceInput MakePlaceInput(CoreState& state, const AppSpec& spec) {
  PlaceInput input;
  input.spec = spec;
  for (const ServiceSpec& service : spec.services) {
    input.platforms[service.name] = PlatformsOf(state, service);
  }
  for (const auto& [id, row] : state.ledger.model().hosts.rows()) {
    input.hosts.emplace(id, MakePlaceHost(state, row));
  }
  for (const auto& [id, row] : state.ledger.model().instances.rows()) {
    const Instance& instance = row.desired;
    if (instance.slot.app == spec.name) {
      input.existing[instance.slot].insert(instance.host);
      continue;
    }
    PlaceHost& host = input.hosts.at(instance.host);
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
  const auto& bindings = state.ledger.model().bindings.rows();
  for (auto it = bindings.lower_bound({spec.name, ServiceName(), 0});
       it != bindings.end() && it->first.app == spec.name; ++it) {
    input.bindings[it->first] = it->second.host;
  }
  return input;
}

}  // namespace quayside::controller
