// What a container holds that no other may hold at the same time (rule R15). Two kinds: host-wide
// claims (fixed host ports, static addresses), of which one container at a time has each, whatever
// its service or app; and slot-bound ones (writable mounts, devices, the host's network), which the
// old and the new container of one slot never hold together. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/engine.h"
#include "common/model/spec.h"

namespace quayside::agent {

struct Claims {
  std::vector<PortSpec> ports;      // fixed host ports only
  std::set<std::string> addresses;  // "network/address"
  bool slot_bound = false;
  std::string slot_bound_by;  // for people: "volume at /data"
  bool operator==(const Claims&) const = default;

  bool host_wide() const { return !ports.empty() || !addresses.empty(); }
};

// `image_volumes`: VOLUME paths of the image; those that no mount of the spec covers become
// writable managed volumes.
Claims ClaimsOf(const ContainerSpec& spec, const std::vector<std::string>& image_volumes);

// What a container whose spec is not known any more is taken to hold: what the engine says it
// publishes, and everything slot-bound.
Claims ClaimsOf(const ContainerDetail& detail);

// The first host-wide claim that both hold, for people ("port 0.0.0.0:80/tcp"); "" when none. Port
// 0.0.0.0 clashes with every address; tcp and udp do not clash.
std::string Clash(const Claims& a, const Claims& b);

// VOLUME paths that become managed volumes, and anonymous mounts, as mount points.
std::vector<std::string> ManagedMountPoints(const ContainerSpec& spec,
                                            const std::vector<std::string>& image_volumes);

}  // namespace quayside::agent
