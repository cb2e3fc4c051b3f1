// Spread hands out hosts for new slots of one service, the emptiest first: the group of hosts
// (`preferences: spread`) with the fewest slots of the service, in it the host with the fewest,
// then with the fewest instances, then by name. A value of Place (place.cc); pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "controller/schedule/usage.h"

namespace quayside::controller {

class Spread {
 public:
  explicit Spread(const ServiceSpec& service) : service_(service) {}

  // This host takes one more slot.
  void Offer(const Usage& usage);
  // This host takes no more, but what it has counts for its group.
  void Count(const Usage& usage);
  // The best host, which is offered no longer; empty when there is none.
  HostId Take();

 private:
  struct Group {
    std::map<HostId, int> counts;
    // Slots of the service, instances of any, name: people expect h1 before h2.
    std::set<std::tuple<int, int, std::string, HostId>> hosts;
    int total = 0;
  };
  std::string GroupOf(const PlaceHost& host) const;
  void SetCount(const std::string& name, const HostId& host, int count);

  const ServiceSpec& service_;
  std::map<std::string, Group> groups_;
  std::set<std::pair<int, std::string>> order_;  // groups that have a host to offer
};

}  // namespace quayside::controller
