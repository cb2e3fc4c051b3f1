// A container may live in the network, process or IPC namespace of another service's container
// (`network_mode: service:x`). It is created after that one, named in a label, and made again when
// that one is replaced; when that one was restarted, it is restarted. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/plan.h"

namespace quayside::agent {

// The services that `spec` joins, by mode: "network", "pid", "ipc".
std::map<std::string, ServiceName> JoinedServices(const ContainerSpec& spec);

// The slot on this host whose container a container of `slot` joins: of equal number, else the
// lowest. False when that service has no instance here.
bool JoinedSlot(const PlanInput& input, const SlotKey& slot, const ServiceName& service,
                SlotKey* joined);

// The committed container of the joined slot; nullptr when there is none.
const Container* JoinTarget(const PlanInput& input, const SlotKey& joined);

// By mode, the engine's ids of the containers to join; empty when one of them is missing.
std::map<std::string, std::string> JoinTargets(const PlanInput& input, const SlotKey& slot,
                                               const ContainerSpec& spec);

// The value of the label that remembers them.
std::string JoinLabel(const std::map<std::string, std::string>& targets);

}  // namespace quayside::agent
