// Usage counts what a placement under way has put on each host, so that ports, reservations and
// max_replicas_per_node are respected. A value of Place (place.cc); pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/schedule/place.h"

namespace quayside::controller {

class Usage {
 public:
  explicit Usage(const PlaceHost& host)
      : host_(&host),
        nano_cpus_(host.reserved_nano_cpus),
        memory_bytes_(host.reserved_memory_bytes),
        instances_(host.instances),
        ports_(host.ports) {}

  // Why one more slot of `service` does not fit beside what is there; "" when it fits.
  std::string WhyFull(const ServiceSpec& service) const;
  void Add(const AppName& app, const ServiceSpec& service);

  const PlaceHost& host() const { return *host_; }
  int count(const ServiceName& service) const {
    const auto it = counts_.find(service);
    return it == counts_.end() ? 0 : it->second;
  }
  int instances() const { return instances_; }

 private:
  const PlaceHost* host_;
  int64_t nano_cpus_, memory_bytes_;
  int instances_;
  std::vector<std::pair<PortUse, std::string>> ports_;
  std::map<ServiceName, int> counts_;
};

}  // namespace quayside::controller
