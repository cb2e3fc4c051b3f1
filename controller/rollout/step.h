// StepRollout decides the next step of one rollout from its stored row and what hosts report. A
// controller that restarts goes on from the row (R18); every state but `paused` has a deadline
// (R19). Pure: it changes nothing itself, it returns the next row, the changes to instances that go
// with it (core/rollout_changes.h carries them out in the same transaction) and events.
//
// The order of a rollout: new slots at once; then updates, service by service in the order of
// depends_on, as many at a time as update_config says; slots of one host that hand a fixed port
// over go together; then the monitor time; then removals. What the first failure does,
// update_config says; by default every instance that was changed, on every host, goes back (R21).
// Trouble of the infrastructure only holds (R20), a host that stays away is deferred (R22).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controller/core/model.h"
#include "controller/schedule/ports.h"
#include "controller/schedule/presence.h"

namespace quayside::controller {

struct StepHost {
  std::string name;
  Presence presence = Presence::kUnknown;
  bool engine_reachable = true;
  // The agent refused this app in the Assignment that is current now (R4); "" = it did not.
  std::string rejection;
};

// What a target needs to be judged, beside its host. Indexed like RolloutRow::targets.
struct StepTarget {
  const InstanceStatus* observed = nullptr;     // of target.instance
  const InstanceStatus* predecessor = nullptr;  // of target.predecessor
  Intent predecessor_intent = Intent::kRun;     // what going back asks of it
  // Its named removal is not confirmed yet: more is left there than what is kept for going back.
  bool removal_open = false;
  // The predecessor stands there still, and is not as the last succeeded revision left it.
  bool off_baseline = false;
  // Something runs in the slot that is not wanted there now.
  bool still_there = false;
  bool stopped = false;         // target.instance is wanted no more, or told to stop
  bool keeps = false;           // something is kept in the slot for going back
  std::vector<PortUse> brings;  // fixed ports of what comes
  std::vector<PortUse> frees;   // fixed ports of what goes
};

struct StepInput {
  const RolloutRow* row = nullptr;
  const AppSpec* spec = nullptr;  // of the revision that it goes to
  int64_t succeeded = 0;          // the app's last succeeded revision; 0 = nothing to go back to
  bool held = false;              // recovery (R3)
  std::map<ServiceName, std::vector<std::string>> image_volumes;  // the VOLUMEs of its images
  std::map<HostId, StepHost> hosts;
  std::vector<StepTarget> targets;
  int max_starts = 1000;  // changes in one step (R28)
  absl::Time now;
};

enum class ChangeKind {
  kPut,     // want the new instance (create, replace, or the same one with another intent)
  kRetire,  // want the old one no longer, but keep its container for going back
  kRemove,  // want the old one no longer; its removal is named (R6)
  kGoBack,  // want again what was there before
  kStop,    // want the new one stopped, kept for inspection
  kSettle,  // the new one is proven for good: let go what was kept for going back in this slot
};

struct InstanceChange {
  ChangeKind kind = ChangeKind::kPut;
  size_t target = 0;
  bool operator==(const InstanceChange&) const = default;
};

struct StepEvent {
  std::string kind;
  std::string message;
  size_t target = kNoTarget;
  static constexpr size_t kNoTarget = static_cast<size_t>(-1);
  bool operator==(const StepEvent&) const = default;
};

struct StepResult {
  RolloutRow next;
  std::vector<InstanceChange> changes;
  std::vector<StepEvent> events;
  bool more = false;  // max_starts was reached: step again in the next turn
};

StepResult StepRollout(const StepInput& input);

// How long a rollout of `spec` may go without progress before its deadline: twice the longest time
// to become healthy, and the times that a proof needs.
absl::Duration ProgressTime(const AppSpec& spec);

// The longest time that one of its services may take to become healthy: how long a slot that no
// host takes stays in progress.
absl::Duration HealthyTime(const AppSpec& spec);

// How many targets may be deferred (R22): max(1, 20 %).
int DeferralBudget(size_t targets);

}  // namespace quayside::controller
