// Container is one container of ours as the agent knows it: what the engine said last, whose it is
// (from its labels), and what the agent itself saw of its current run. A plain value, kept by
// Observation (observe.h), read by the deciders.
#pragma once

#include <map>
#include <string>

#include "agent/engine.h"
#include "common/base/mono_time.h"
#include "common/model/assignment.h"

namespace quayside::agent {

// What our labels say.
struct Identity {
  SlotKey slot;
  InstanceId instance;
  int64_t revision = 0;
  SpecDigest spec;
  bool operator==(const Identity&) const = default;
};

struct Container {
  Identity identity;
  ContainerDetail detail;

  // When the present run began, on the agent's monotonic clock. For a run that began before the
  // agent did, reckoned back from the engine's wall-clock stamp.
  MonoTime running_since;
  MonoTime exited_at;  // when the agent saw the last exit
  // The agent has looked at it, and the engine was never away since: only then is its next exit a
  // fact about the container and not about its host.
  bool watched = false;
  bool kill_seen = false;      // somebody sent it a signal through the engine (or the engine ends)
  bool stopped_by_us = false;  // by this process, and not started since
  // Of the last exit: it ended by itself, under our eyes.
  bool exit_judged = false;
  bool was_armed = false;      // seen armed, so that another policy now is drift
  int32_t agent_restarts = 0;  // restarts ordered by the agent after an exit

  const std::string& id() const { return detail.row.id; }
  ContainerState state() const { return detail.row.state; }
  // Holds its resources: running, paused, or in the engine's own restart back-off.
  bool active() const {
    return state() == ContainerState::kRunning || state() == ContainerState::kPaused ||
           state() == ContainerState::kRestarting;
  }
  bool armed() const { return detail.policy != ArmedPolicy::kNo; }
  bool ever_ran() const { return detail.started_at != absl::InfinitePast(); }
};

// Reads our labels. False when one is missing or malformed: then it is not ours to touch.
bool ReadIdentity(const std::map<std::string, std::string>& labels, Identity* identity);

// The labels of a container made for `instance` (R14), the spec's own labels below ours.
std::map<std::string, std::string> LabelsFor(const FleetId& fleet, const Instance& instance,
                                             const ContainerSpec& spec);

// "app-service-slot-instance": unique, because instance ids never return.
std::string ContainerName(const SlotKey& slot, const InstanceId& instance);

// "app_service.slot_<12 hex digits>": the volume of a slot for one mount point that names none.
std::string ManagedVolumeName(const SlotKey& slot, const std::string& target);

}  // namespace quayside::agent
