// What Place (schedule/place.h) needs, from the rows: hosts with what other apps hold there, and
// where the slots of one app are now. Core thread.
#pragma once

#include "controller/core/core_state.h"
#include "controller/schedule/place.h"

namespace quayside::controller {

// With every host of the fleet.
PlaceInput MakePlaceInput(CoreState& state, const AppSpec& spec);

struct PlacedApp {
  PlaceInput input;
  Placement placement;
  bool all_hosts = true;  // the input has every host
};
// Where the app goes, as Place says of all hosts. Hosts that it neither runs on nor has to go to
// are looked at only when one of its slots needs a new host: a deploy to a few hosts costs what
// those few cost, however many there are.
PlacedApp PlaceApp(CoreState& state, const AppSpec& spec);
PlacedApp PlaceAmongAll(CoreState& state, const AppSpec& spec);

// One host, without what runs there.
PlaceHost MakePlaceHost(const CoreState& state, const HostRow& row);

// What is known of an image; nothing is known of one that no registry told of.
const ImageFacts& FactsOfImage(const CoreState& state, const std::string& digest_ref);
// The platforms of a service's image as far as they are known.
const std::vector<std::string>& PlatformsOf(const CoreState& state, const ServiceSpec& service);
// Does an instance of `service` on the host called `host` leave data there (R26)?
bool LeavesData(const CoreState& state, const ServiceSpec& service, const std::string& host);

}  // namespace quayside::controller
