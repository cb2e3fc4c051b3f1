// Place decides which host each slot of an app runs on. What runs stays where it is as long as its
// host still fits; only what is missing is spread. Same input, same result. Pure; core thread.
//
// Rules, in order: a slot that is bound to a host by its data stays there (R26); a slot that is
// placed stays when its host still fits, also when that host cannot be reached (no fail-over);
// `together` services of an app go to one host; new slots go only to hosts that are ready, to the
// least used that fits. Cost: (slots + hosts) × log hosts for each service.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/model/instance.h"
#include "common/model/spec.h"
#include "controller/schedule/ports.h"
#include "controller/schedule/presence.h"

namespace quayside::controller {

struct PlaceHost {
  HostId id;
  std::string name;
  std::map<std::string, std::string> labels;
  std::string os, arch;  // "" = unknown
  Presence presence = Presence::kUnknown;
  bool engine_reachable = true;
  int64_t nano_cpus = 0, memory_bytes = 0;  // 0 = unknown, then reservations are not counted
  // What other apps hold there.
  int64_t reserved_nano_cpus = 0, reserved_memory_bytes = 0;
  int instances = 0;
  std::vector<std::pair<PortUse, std::string>> ports;  // and the app/service that holds it
};

struct PlaceInput {
  AppSpec spec;
  // Platforms that each image has ("linux/amd64"); absent or empty = not known, any host will do.
  std::map<ServiceName, std::vector<std::string>> platforms;
  std::map<HostId, PlaceHost> hosts;
  std::map<SlotKey, std::set<HostId>> existing;
  std::map<SlotKey, HostId> bindings;
};

struct PlacedSlot {
  SlotKey slot;
  HostId host;
  friend auto operator<=>(const PlacedSlot&, const PlacedSlot&) = default;
};

struct UnplacedSlot {
  SlotKey slot;
  std::map<HostId, std::string> why;  // for each host, a clause for people
  std::string summary;                // one sentence
  bool operator==(const UnplacedSlot&) const = default;
};

struct Placement {
  std::vector<PlacedSlot> slots;  // sorted
  std::vector<UnplacedSlot> unplaced;
  std::vector<std::string> warnings;
  bool operator==(const Placement&) const = default;
};

Placement Place(const PlaceInput& input);

// Why `service` may not run on `host` whatever else runs there (constraints, platform); "" when it
// may. `platforms` of its image; empty = unknown.
std::string WhyNotMatching(const ServiceSpec& service, const std::vector<std::string>& platforms,
                           const PlaceHost& host);
// The part of WhyNotMatching that the file asks for: constraints alone.
std::string WhyConstraintsFail(const ServiceSpec& service, const PlaceHost& host);
// True when an image with these platforms runs on `host`; unknown on either side counts as yes.
bool PlatformFits(const std::vector<std::string>& platforms, const std::string& wanted,
                  const PlaceHost& host);

}  // namespace quayside::controller
