#include "controller/schedule/place.h"

#include <algorithm>
#include <tuple>

#include "controller/schedule/spread.h"
#include "controller/schedule/usage.h"

namespace quayside::controller {
namespace {

class Placer {
 public:
  explicit Placer(const PlaceInput& input) : in_(input) {
    for (const auto& [id, host] : input.hosts) usage_.emplace(id, Usage(host));
  }

  Placement Run() {
    anchor_ = ChooseAnchor();
    // What is there first, of every service, so that something new never takes its place.
    for (const ServiceSpec& service : in_.spec.services) KeepExisting(service);
    for (const ServiceSpec& service : in_.spec.services) {
      if (service.mode == ServiceMode::kGlobal) {
        PlaceGlobal(service);
      } else {
        PlaceReplicated(service);
      }
    }
    std::sort(out_.slots.begin(), out_.slots.end());
    return std::move(out_);
  }

 private:
  SlotKey Slot(const ServiceSpec& service, int32_t slot) const {
    return {in_.spec.name, service.name, slot};
  }
  static bool Together(const ServiceSpec& service) {
    return service.placement.together && service.mode == ServiceMode::kReplicated;
  }
  const std::vector<std::string>& Platforms(const ServiceSpec& service) const {
    static const std::vector<std::string> kUnknown;
    const auto it = in_.platforms.find(service.name);
    return it == in_.platforms.end() ? kUnknown : it->second;
  }
  const std::set<HostId>& Existing(const SlotKey& slot) const {
    static const std::set<HostId> kNowhere;
    const auto it = in_.existing.find(slot);
    return it == in_.existing.end() ? kNowhere : it->second;
  }
  const HostId* Bound(const SlotKey& slot) const {
    const auto it = in_.bindings.find(slot);
    return it == in_.bindings.end() || !in_.hosts.contains(it->second) ? nullptr : &it->second;
  }

  void Put(const ServiceSpec& service, int32_t slot, const HostId& host) {
    out_.slots.push_back({Slot(service, slot), host});
    placed_.insert({Slot(service, slot), host});
    if (service.mode == ServiceMode::kReplicated) placed_slots_.insert(Slot(service, slot));
    usage_.at(host).Add(in_.spec.name, service);
  }

  // Why a new slot cannot go to this host; "" when it can.
  std::string WhyNotNew(const ServiceSpec& service, const Usage& usage) const {
    const PlaceHost& host = usage.host();
    std::string why = WhyNotMatching(service, Platforms(service), host);
    if (!why.empty()) return why;
    if (host.presence != Presence::kReady) return "it is " + std::string(ToString(host.presence));
    if (!host.engine_reachable) return "its engine cannot be reached";
    return usage.WhyFull(service);
  }

  void Unplaced(const ServiceSpec& service, int32_t slot, std::string summary) {
    UnplacedSlot unplaced{Slot(service, slot), {}, std::move(summary)};
    for (const auto& [id, usage] : usage_) {
      std::string why = WhyNotNew(service, usage);
      unplaced.why[id] = why.empty() ? "another rule keeps it away" : std::move(why);
    }
    out_.unplaced.push_back(std::move(unplaced));
  }

  // The one host of the `together` services: where data binds one of them, else where most of them
  // are, else the least used that takes all of them; nullptr when there are none or no such host.
  const HostId* ChooseAnchor() {
    std::map<HostId, int> there;
    bool any = false;
    for (const ServiceSpec& service : in_.spec.services) {
      if (!Together(service)) continue;
      any = true;
      for (int32_t slot = 1; slot <= service.replicas; ++slot) {
        if (const HostId* bound = Bound(Slot(service, slot))) return bound;
        for (const HostId& host : Existing(Slot(service, slot))) ++there[host];
      }
    }
    if (!any) return nullptr;
    const HostId* best = nullptr;
    int most = 0;
    for (const auto& [host, count] : there) {
      const auto it = in_.hosts.find(host);
      if (it != in_.hosts.end() && count > most && StaysOn(it->second)) {
        best = &it->first;
        most = count;
      }
    }
    return best != nullptr ? best : LeastUsedForAll();
  }

  // Do the together services' own words still allow this host?
  bool StaysOn(const PlaceHost& host) const {
    return std::all_of(
        in_.spec.services.begin(), in_.spec.services.end(), [&](const ServiceSpec& service) {
          return !Together(service) || WhyNotMatching(service, Platforms(service), host).empty();
        });
  }

  const HostId* LeastUsedForAll() const {
    const Usage* best = nullptr;
    for (const auto& [id, usage] : usage_) {
      if (!TakesAll(usage)) continue;
      const auto load = [](const Usage& of) { return std::pair(of.instances(), of.host().name); };
      if (best == nullptr || load(usage) < load(*best)) best = &usage;
    }
    return best == nullptr ? nullptr : &best->host().id;
  }

  bool TakesAll(Usage usage) const {
    for (const ServiceSpec& service : in_.spec.services) {
      if (!Together(service)) continue;
      for (int32_t slot = 1; slot <= service.replicas; ++slot) {
        if (!WhyNotNew(service, usage).empty()) return false;
        usage.Add(in_.spec.name, service);
      }
    }
    return true;
  }

  void KeepExisting(const ServiceSpec& service) {
    if (service.mode == ServiceMode::kGlobal) {
      for (const HostId& host : Existing(Slot(service, 1))) TryKeep(service, 1, host);
      return;
    }
    for (int32_t slot = 1; slot <= service.replicas; ++slot) {
      if (const HostId* bound = Bound(Slot(service, slot))) {
        if (Existing(Slot(service, slot)).contains(*bound)) KeepBound(service, slot, *bound);
        continue;
      }
      for (const HostId& host : Existing(Slot(service, slot))) {
        if (Together(service) && (anchor_ == nullptr || host != *anchor_)) continue;
        if (TryKeep(service, slot, host)) break;
      }
    }
  }

  bool TryKeep(const ServiceSpec& service, int32_t slot, const HostId& host) {
    const auto usage = usage_.find(host);
    if (usage == usage_.end() ||
        !WhyNotMatching(service, Platforms(service), usage->second.host()).empty() ||
        !usage->second.WhyFull(service).empty()) {
      return false;
    }
    Put(service, slot, host);
    return true;
  }

  void KeepBound(const ServiceSpec& service, int32_t slot, const HostId& host) {
    const PlaceHost& facts = in_.hosts.at(host);
    const std::string why = WhyConstraintsFail(service, facts);
    if (!why.empty()) {
      out_.warnings.push_back(ToString(Slot(service, slot)) + " stays on " + facts.name +
                              ", where its data is, although " + why +
                              "; `ctl host move` moves it");
    }
    Put(service, slot, host);
  }

  // Hosts that are unknown or away count (R5): they are waited for until they are ready or lost. A
  // lost one gets the service when it returns (R22).
  void PlaceGlobal(const ServiceSpec& service) {
    bool anywhere = false;
    for (const auto& [id, usage] : usage_) {
      const PlaceHost& host = usage.host();
      if (placed_.contains({Slot(service, 1), id})) {
        anywhere = true;
        continue;
      }
      if (host.presence == Presence::kLost) continue;
      if (!WhyNotMatching(service, Platforms(service), host).empty()) continue;
      anywhere = true;
      std::string why =
          host.presence == Presence::kReady ? WhyNotNew(service, usage) : usage.WhyFull(service);
      if (why.empty()) {
        Put(service, 1, id);
      } else {
        std::string summary = service.name.value + " cannot run on " + host.name + ": " + why;
        out_.unplaced.push_back({Slot(service, 1), {{id, std::move(why)}}, std::move(summary)});
      }
    }
    if (!anywhere) {
      Unplaced(service, 1,
               "no suitable host for " + in_.spec.name.value + "/" + service.name.value +
                   ", which goes to every host that matches, among " +
                   std::to_string(in_.hosts.size()));
    }
  }

  void PlaceReplicated(const ServiceSpec& service) {
    std::vector<int32_t> missing;
    for (int32_t slot = 1; slot <= service.replicas; ++slot) {
      if (placed_slots_.contains(Slot(service, slot))) continue;
      const HostId* only = Bound(Slot(service, slot));
      if (only == nullptr && Together(service)) only = anchor_;
      if (only != nullptr) {
        PlaceOn(service, slot, *only);
      } else if (Together(service)) {
        Unplaced(service, slot, NoHostForAll());
      } else {
        missing.push_back(slot);
      }
    }
    if (!missing.empty()) SpreadOut(service, missing);
  }

  void PlaceOn(const ServiceSpec& service, int32_t slot, const HostId& host) {
    const std::string why = WhyNotNew(service, usage_.at(host));
    if (why.empty()) return Put(service, slot, host);
    const bool bound = Bound(Slot(service, slot)) != nullptr;
    Unplaced(service, slot,
             ToString(Slot(service, slot)) + " belongs on " + in_.hosts.at(host).name +
                 (bound ? ", where its data is, but " : ", where its app is, but ") + why);
  }

  std::string NoHostForAll() const {
    return "no host takes all services of " + in_.spec.name.value +
           " that stay together (hosts: " + std::to_string(in_.hosts.size()) + ")";
  }

  void SpreadOut(const ServiceSpec& service, const std::vector<int32_t>& missing) {
    Spread spread(service);
    for (const auto& [id, usage] : usage_) {
      if (WhyNotNew(service, usage).empty()) {
        spread.Offer(usage);
      } else if (usage.count(service.name) > 0) {
        spread.Count(usage);
      }
    }
    for (const int32_t slot : missing) {
      const HostId host = spread.Take();
      if (host.empty()) {
        Unplaced(service, slot,
                 "no suitable host for " + ToString(Slot(service, slot)) + " among " +
                     std::to_string(in_.hosts.size()));
        continue;
      }
      Put(service, slot, host);
      const Usage& usage = usage_.at(host);
      if (usage.WhyFull(service).empty()) {
        spread.Offer(usage);
      } else {
        spread.Count(usage);
      }
    }
  }

  const PlaceInput& in_;
  std::map<HostId, Usage> usage_;
  const HostId* anchor_ = nullptr;
  std::set<PlacedSlot> placed_;
  std::set<SlotKey> placed_slots_;
  Placement out_;
};

}  // namespace

Placement Place(const PlaceInput& input) { return Placer(input).Run(); }

}  // namespace quayside::controller
