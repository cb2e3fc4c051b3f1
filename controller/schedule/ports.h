// Fixed host ports: what a container occupies on its host, and when two cannot be there together
// (R15). Pure.
#pragma once

#include <string>
#include <vector>

#include "common/model/spec.h"

namespace quayside::controller {

struct PortUse {
  std::string host_ip;  // "" = every address
  uint32_t port = 0;
  std::string protocol;
  friend auto operator<=>(const PortUse&, const PortUse&) = default;
};

// The fixed host ports of `spec`; ports that the engine chooses are none of ours.
std::vector<PortUse> FixedPorts(const ContainerSpec& spec);

// True when both cannot be bound on one host: same port and protocol, and the same address or one
// of them on every address.
bool Clash(const PortUse& a, const PortUse& b);
// The first port of `a` that clashes with one of `b`, or nullptr.
const PortUse* FindClash(const std::vector<PortUse>& a, const std::vector<PortUse>& b);

// "8080/tcp", "127.0.0.1:8080/tcp".
std::string ToString(const PortUse& port);

// True when a slot of this service leaves data on its host that a container elsewhere would not
// find (R26): a volume of any kind or a bind mount that it may write, or one of the image's own
// VOLUMEs (`image_volumes`) on which the spec mounts nothing: it becomes a managed volume of the
// slot (R15).
bool HasLocalState(const ContainerSpec& spec, const std::vector<std::string>& image_volumes);

}  // namespace quayside::controller
