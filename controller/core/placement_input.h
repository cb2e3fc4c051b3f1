// What Place (schedule/place.h) needs, from the rows: every host with what other apps hold there,
// and where the slots of one app are now. Core thread.
#pragma once

#include "controller/core/core_state.h"
#include "controller/schedule/place.h"

namespace quayside::controller {

PlaceInput MakePlaceInput(CoreState& state, const AppSpec& spec);

// One host, without what runs there.
PlaceHost MakePlaceHost(const CoreState& state, const HostRow& row);

// The platforms of a service's image as far as they are known since the start.
const std::vector<std::string>& PlatformsOf(const CoreState& state, const ServiceSpec& service);

}  // namespace quayside::controller
