// A committed container is kept as it should be: running, armed, and as its spec says.
#include <algorithm>

#include "agent/network_settings.h"
#include "agent/planner.h"
#include "agent/restart.h"
#include "common/model/event_kind.h"

namespace quayside::agent {
namespace {

// No limit is written as 0, as -1, or as all that the host has: an engine cannot take a limit away
// again, only set another one (it refuses to, API 1.41).
bool SameLimit(int64_t in_force, int64_t wanted, int64_t all) {
  const auto limit = [](int64_t value) { return std::max<int64_t>(value, 0); };
  return limit(in_force) == limit(wanted) || (limit(wanted) == 0 && in_force == all);
}

bool SameLimits(const ContainerDetail& detail, const ResourceLimits& wanted,
                const EngineFacts& engine) {
  return SameLimit(detail.memory_bytes, wanted.memory_bytes, engine.memory_bytes) &&
         SameLimit(detail.nano_cpus, wanted.nano_cpus, engine.cpus * 1'000'000'000);
}

// The first network that the container should be in and is not; nullptr when there is none.
const NetworkAttachment* LostNetwork(const Container& container, const ContainerSpec& spec) {
  if (container.detail.addresses.size() >= spec.network_attachments.size()) return nullptr;
  for (const NetworkAttachment& attachment : spec.network_attachments) {
    const auto network = spec.networks.find(attachment.network);
    if (network == spec.networks.end()) continue;
    const bool attached =
        std::any_of(container.detail.addresses.begin(), container.detail.addresses.end(),
                    [&](const auto& address) { return IsNameOf(network->second, address.first); });
    if (!attached) return &attachment;
  }
  return nullptr;
}

}  // namespace

bool Planner::DriftHeldBack(const InstanceId& instance) {
  const auto again = in_.troubles.find(DriftKey(instance));
  if (again == in_.troubles.end() || in_.now >= again->second.retry_at) return false;
  WakeAt(again->second.retry_at);
  return true;
}

void Planner::PutRight(const SlotView& view, const Container& container, Action::Kind kind,
                       const std::string& drift, const std::string& object) {
  const InstanceId& id = container.identity.instance;
  if (DriftHeldBack(id)) return;
  Act({.kind = kind,
       .slot = view.key,
       .instance = id,
       .object = object.empty() ? container.id() : object,
       .why = drift,
       .drift = drift});
}

void Planner::Heal(SlotView& view, const Container& container) {
  const ContainerSpec* spec = SpecOf(container.identity.spec);
  const InstanceId& id = container.identity.instance;
  if (spec != nullptr && Rejoin(view, container, *spec)) return;
  switch (container.state()) {
    case ContainerState::kRemoving:
      Wait(id, {.state = InstanceState::kPending, .reason = "the engine is removing it"});
      return;
    case ContainerState::kDead:
      Act(Action::Kind::kRemove, view, container, "the engine could not remove it");
      return;
    case ContainerState::kPaused:
      PutRight(view, container, Action::Kind::kUnpause, "it was paused");
      return;
    case ContainerState::kCreated:
    case ContainerState::kExited:
      return HealExited(view, container, spec);
    case ContainerState::kRestarting:
      if (view.record.taken_over) {
        Act(Action::Kind::kStop, view, container, "crash loop: the agent restarts it slowly");
      } else {
        Wait(id, {.state = InstanceState::kExited,
                  .failure = FailureKind::kApplication,
                  .reason = "exited with code " + std::to_string(container.detail.exit_code) +
                            "; the engine restarts it"});
      }
      return;
    case ContainerState::kRunning:
      return HealRunning(view, container, spec);
  }
}

void Planner::HealExited(SlotView& view, const Container& container, const ContainerSpec* spec) {
  const InstanceId& id = container.identity.instance;
  std::string why = "it should run";
  const bool unhealthy =
      container.ever_ran() && view.record.unhealthy_run == container.detail.started_at;
  if (!unhealthy) view.record.unhealthy_run = absl::InfinitePast();
  if (unhealthy) {
    why = "it was unhealthy";
  } else if (container.ever_ran()) {
    const bool by_hand = container.armed() && !view.record.taken_over;
    const RestartDecision decision =
        DecideRestart(spec != nullptr ? spec->restart : RestartSpec{}, view.record, container);
    if (decision.kind == RestartDecision::Kind::kComplete) {
      view.record.completed = true;
      return;
    }
    if (decision.kind == RestartDecision::Kind::kLeave) {
      Wait(id, {.state = InstanceState::kExited,
                .failure = FailureKind::kApplication,
                .reason = decision.reason});
      return;
    }
    if (!by_hand && in_.now < decision.at) {
      WakeAt(decision.at);
      Wait(id, {.state = InstanceState::kExited,
                .failure = FailureKind::kApplication,
                .reason = decision.reason});
      return;
    }
    why = by_hand ? "it was stopped" : decision.reason;
  }
  const std::vector<const Container*> blockers = Blockers(view, id);
  if (!blockers.empty()) {
    Wait(id, {.state = InstanceState::kPending,
              .failure = FailureKind::kInfrastructure,
              .reason = "waits until " + blockers.front()->detail.row.name + " has stopped"});
    return;
  }
  if (view.record.taken_over && container.armed()) {
    Act(Action::Kind::kDisarm, view, container, "crash loop: the agent restarts it slowly");
    return;
  }
  if (HeldBack(BusyKeyOfInstance(id), id, InstanceState::kExited)) return;
  const bool drifted = container.kill_seen && !container.stopped_by_us && !unhealthy;
  if (drifted && DriftHeldBack(id)) {
    Wait(id, {.state = InstanceState::kExited,
              .failure = FailureKind::kInfrastructure,
              .reason = "it was stopped again right after it was put right; started more slowly"});
    return;
  }
  Wait(id, {.state = InstanceState::kStarting, .reason = why});
  if (drifted) {
    PutRight(view, container, Action::Kind::kStart, "it was stopped");
  } else {
    Act(Action::Kind::kStart, view, container, std::move(why));
  }
}

void Planner::HealRunning(SlotView& view, const Container& container, const ContainerSpec* spec) {
  const InstanceId& id = container.identity.instance;
  if (spec == nullptr) return;  // what it should be is not known any more; it runs
  // Off its network it cannot be healthy: that is put right first.
  const NetworkAttachment* lost = LostNetwork(container, *spec);
  if (lost == nullptr && HealUnhealthy(view, container, *spec)) return;
  if (view.record.taken_over) {
    const MonoTime trusted = container.running_since + kTrustedRun;
    if (in_.now >= trusted) {
      view.record.taken_over = false;
      view.record.restart_failures = 0;
      Notify(event_kind::kCrashLoopLeft, view, id, "it has run for 10 minutes");
    } else {
      WakeAt(trusted);
    }
  }
  const Assessment* health = HealthOf(id);
  const bool should_be_armed = ShouldBeArmed(spec->restart, view.record);
  const bool armed_right = container.detail.policy == ArmedPolicy::kUnlessStopped;
  if (should_be_armed && !armed_right && health != nullptr && health->proven) {
    if (!container.was_armed) return Act(Action::Kind::kArm, view, container, "proven");
    return PutRight(view, container, Action::Kind::kArm, "its restart policy was changed");
  }
  if (!should_be_armed && container.armed()) {
    return Act(Action::Kind::kDisarm, view, container, "the agent restarts it");
  }
  const bool renamed = container.detail.row.name != ContainerName(view.key, id);
  const bool limited = !SameLimits(container.detail, spec->resources, in_.engine);
  if (!renamed && lost == nullptr && !limited) return;
  if (HeldBack(BusyKeyOfInstance(id), id, InstanceState::kRunning)) return;
  if (renamed) {
    PutRight(view, container, Action::Kind::kRename,
             "it was renamed to " + container.detail.row.name);
  } else if (lost != nullptr) {
    PutRight(view, container, Action::Kind::kConnectNetwork,
             "it was disconnected from network " + spec->networks.at(lost->network).name,
             lost->network);
  } else {
    PutRight(view, container, Action::Kind::kSetLimits, "its limits were changed");
  }
}

bool Planner::HealUnhealthy(SlotView& view, const Container& container, const ContainerSpec& spec) {
  const InstanceId& id = container.identity.instance;
  SlotRecord& record = view.record;
  const Assessment* health = HealthOf(id);
  if (health == nullptr) return false;
  const bool to_be_ended = record.unhealthy_run == container.detail.started_at;
  // Nothing is stopped while its successor is prepared (R12), and then the replacement decides.
  const bool replaced = view.candidate || !record.candidate.empty();
  if (health->failed && !replaced) {
    Wait(id,
         {.state = health->state, .failure = FailureKind::kApplication, .reason = health->reason});
  }
  if (to_be_ended && Busy(BusyKeyOfInstance(id))) return true;
  if (to_be_ended && health->failed && !replaced) {
    if (HeldBack(BusyKeyOfInstance(id), id, InstanceState::kUnhealthy)) return true;
    Act(Action::Kind::kStop, view, container, health->reason);
    return true;
  }
  // It runs again, it has recovered by itself, or a replacement has begun.
  record.unhealthy_run = absl::InfinitePast();
  if (health->failed) return !replaced && RestartUnhealthy(view, container, spec, *health);
  if (record.unhealthy_restarts > 0) {
    const MonoTime trusted = container.running_since + kTrustedRun;
    if (in_.now < trusted) {
      WakeAt(trusted);
    } else if (health->checks_pass) {
      record.unhealthy_restarts = 0;
    }
  }
  return false;
}

bool Planner::RestartUnhealthy(SlotView& view, const Container& container,
                               const ContainerSpec& spec, const Assessment& health) {
  const InstanceId& id = container.identity.instance;
  SlotRecord& record = view.record;
  const bool alone =
      std::none_of(view.containers.begin(), view.containers.end(),
                   [&](const auto& entry) { return entry.first != id && Occupies(*entry.second); });
  if (!alone || Busy(BusyKeyOfInstance(id))) return false;
  const RestartDecision decision = DecideUnhealthyRestart(spec.restart, record, container);
  const MonoTime at = std::max(decision.at, in_.limits.next_unhealthy_restart);
  const bool now = decision.kind == RestartDecision::Kind::kStart && in_.now >= at;
  if (!now || restarts_unhealthy_) {
    if (decision.kind == RestartDecision::Kind::kStart) WakeAt(at);
    Wait(id, {.state = health.state,
              .failure = FailureKind::kApplication,
              .reason = health.reason + "; " + decision.reason});
    return false;
  }
  restarts_unhealthy_ = true;
  ++record.unhealthy_restarts;
  record.unhealthy_run = container.detail.started_at;
  std::string text = health.reason + "; restarted";
  if (record.unhealthy_restarts > 1) {
    text += ", " + std::to_string(record.unhealthy_restarts) + " times without 10 healthy minutes";
  }
  Notify(event_kind::kContainerUnhealthy, view, id, std::move(text));
  return true;
}

}  // namespace quayside::agent
