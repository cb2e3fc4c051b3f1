// The life of a container: start, exit, restart by the daemon, health, stop. Facts of Docker 20.10:
// restart back-off 100 ms doubling to 1 min, reset after a run of 10 s; a manual start resets the
// restart count; a stop or a kill with any signal means that unless-stopped will not start it
// again.
#include <algorithm>
#include <utility>

#include "agent/fake_engine/fake_docker.h"
#include "common/base/status.h"

namespace quayside::agent::fake {
namespace {

constexpr absl::Duration kFirstRestart = absl::Milliseconds(100);
constexpr absl::Duration kLastRestart = absl::Minutes(1);
constexpr absl::Duration kGoodRun = absl::Seconds(10);
constexpr int32_t kKilledCode = 137;
constexpr int32_t kStartFailedCode = 128;

bool IsEveryAddress(const std::string& ip) { return ip.empty() || ip == "0.0.0.0" || ip == "::"; }

bool SamePort(const PortSpec& wanted, const PublishedPort& taken) {
  const std::string protocol = wanted.protocol.empty() ? "tcp" : wanted.protocol;
  return wanted.host_port != 0 && wanted.host_port == taken.host_port &&
         protocol == taken.protocol &&
         (IsEveryAddress(wanted.host_ip) || IsEveryAddress(taken.host_ip) ||
          wanted.host_ip == taken.host_ip);
}

bool ChecksHealth(const FakeContainer& container) {
  const auto& check = container.plan.spec.health_check;
  if (!check) return container.image.has_health_check;
  return !check->disable && (container.image.has_health_check || !check->test.empty());
}

// When a check that always fails is believed: after the start period and `retries` failures.
absl::Duration UnhealthyAfter(const FakeContainer& container) {
  const HealthCheck check = container.plan.spec.health_check.value_or(HealthCheck{});
  const absl::Duration interval =
      check.interval == absl::ZeroDuration() ? absl::Seconds(30) : check.interval;
  return check.start_period + interval * (check.retries == 0 ? 3 : check.retries);
}

}  // namespace

absl::Status FakeDocker::MayStart(const FakeContainer& container) const {
  const ContainerSpec& spec = container.plan.spec;
  const std::string cannot = "cannot start container " + container.id + ": ";
  if (!container.image.behaviour.start_error.empty()) {
    return InvalidArgument(cannot + container.image.behaviour.start_error);
  }
  for (const auto& [mode, joined] : container.plan.joined_containers) {
    const FakeContainer* other = Find(joined);
    if (other == nullptr) return NotFound(cannot + "no such container: " + joined);
    if (!other->running()) {
      return InvalidArgument(cannot + "cannot join network of a non running container: " + joined);
    }
  }
  for (const MountSpec& mount : spec.mounts) {
    if (mount.type == MountType::kBind && missing_paths.contains(mount.source)) {
      return InvalidArgument(cannot + "bind source path does not exist: " + mount.source);
    }
  }
  for (const auto& [network, address] : container.addresses) {
    if (!networks_.contains(network)) return NotFound(cannot + "network " + network + " not found");
  }
  for (const auto& [id, other] : containers_) {
    if (!other.running() || id == container.id) continue;
    for (const PortSpec& wanted : spec.ports) {
      const bool taken =
          std::any_of(other.ports.begin(), other.ports.end(),
                      [&wanted](const PublishedPort& port) { return SamePort(wanted, port); });
      if (taken) {
        return FailedPrecondition(cannot + "Bind for " + wanted.host_ip + ":" +
                                  std::to_string(wanted.host_port) +
                                  " failed: port is already allocated");
      }
    }
    for (const auto& [network, address] : container.static_addresses) {
      const auto theirs = other.addresses.find(network);
      if (theirs != other.addresses.end() && theirs->second == address) {
        return FailedPrecondition(cannot + "Address already in use");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status FakeDocker::StartByCall(FakeContainer& container) {
  switch (container.state) {
    case ContainerState::kRunning:
    case ContainerState::kRestarting:  // Docker counts it as running
      return absl::OkStatus();
    case ContainerState::kPaused:
      return FailedPrecondition("cannot start container " + container.id +
                                ": cannot start a paused container, try unpause instead");
    case ContainerState::kRemoving:
      return Aborted("cannot start container " + container.id + ": it is marked for removal");
    case ContainerState::kCreated:
    case ContainerState::kExited:
    case ContainerState::kDead:
      break;
  }
  container.manually_stopped = false;
  container.restart_count = 0;
  container.restart_delay = absl::ZeroDuration();
  return Run(container);
}

absl::Status FakeDocker::Run(FakeContainer& container) {
  if (absl::Status may = MayStart(container); !may.ok()) {
    container.error = Message(may);
    container.exit_code = kStartFailedCode;
    if (container.state == ContainerState::kRestarting) container.state = ContainerState::kExited;
    Changed();
    return may;
  }
  ++container.run;
  container.state = ContainerState::kRunning;
  container.started_before = true;
  container.run_since = scheduler_.Now();
  container.started_at = scheduler_.Wall();
  container.error.clear();
  container.exit_code = 0;
  container.oom_killed = false;
  container.probe_fails = false;
  container.log += container.image.behaviour.log;
  TakeResources(container);
  EmitContainer(container, "start");
  ScheduleHealth(container);
  ScheduleExit(container);
  Changed();
  return absl::OkStatus();
}

void FakeDocker::TakeResources(FakeContainer& container) {
  container.ports.clear();
  for (const PortSpec& port : container.plan.spec.ports) {
    const uint32_t host_port =
        port.host_port != 0 ? port.host_port : static_cast<uint32_t>(next_port_++);
    container.ports.push_back({port.host_ip.empty() ? "0.0.0.0" : port.host_ip, host_port,
                               port.container_port, port.protocol.empty() ? "tcp" : port.protocol});
  }
  for (auto& [network, address] : container.addresses) {
    const auto fixed = container.static_addresses.find(network);
    if (fixed != container.static_addresses.end()) {
      address = fixed->second;
    } else {
      address = "10.99." + std::to_string(next_address_ / 250 % 250) + "." +
                std::to_string(next_address_ % 250 + 2);
      ++next_address_;
    }
  }
}

void FakeDocker::ScheduleExit(FakeContainer& container) {
  const FakeBehaviour& behaviour = container.image.behaviour;
  const bool fails =
      behaviour.failing_runs < 0 || container.run <= static_cast<uint64_t>(behaviour.failing_runs);
  if (!behaviour.exits_after || !fails) return;
  After(*behaviour.exits_after, [this, id = container.id, run = container.run] {
    FakeContainer* same = Mutable(id);
    if (same == nullptr || same->run != run || !same->running()) return;
    const FakeBehaviour& how = same->image.behaviour;
    Ended(*same, how.oom_killed ? kKilledCode : how.exit_code, how.oom_killed);
  });
}

void FakeDocker::ScheduleHealth(FakeContainer& container) {
  container.health = HealthState::kNone;
  if (!ChecksHealth(container)) return;
  container.health = HealthState::kStarting;
  const auto& healthy_after = container.image.behaviour.healthy_after;
  const HealthState verdict = healthy_after ? HealthState::kHealthy : HealthState::kUnhealthy;
  After(healthy_after.value_or(UnhealthyAfter(container)),
        [this, id = container.id, run = container.run, verdict] {
          const FakeContainer* same = Find(id);
          if (same != nullptr && same->run == run && up_) SetHealth(id, verdict);
        });
}

void FakeDocker::Ended(FakeContainer& container, int32_t exit_code, bool oom_killed) {
  container.state = ContainerState::kExited;
  container.exit_code = exit_code;
  container.oom_killed = oom_killed;
  container.finished_at = scheduler_.Wall();
  container.ports.clear();
  for (auto& [network, address] : container.addresses) address.clear();
  if (oom_killed) EmitContainer(container, "oom");
  EmitContainer(container, "die");
  if (up_ && container.policy == ArmedPolicy::kUnlessStopped && !container.manually_stopped) {
    RestartLater(container);
  }
  for (auto& waiter : std::exchange(container.stop_waiters, {})) waiter();
  Changed();
}

void FakeDocker::RestartLater(FakeContainer& container) {
  const bool good_run = scheduler_.Now() - container.run_since >= kGoodRun;
  container.restart_delay = good_run || container.restart_delay == absl::ZeroDuration()
                                ? kFirstRestart
                                : std::min(2 * container.restart_delay, kLastRestart);
  ++container.restart_count;  // before the back-off, as daemon/monitor.go does
  container.state = ContainerState::kRestarting;
  After(container.restart_delay, [this, id = container.id, run = container.run] {
    FakeContainer* same = Mutable(id);
    // A stop cancels the restart; a policy that was changed meanwhile does not.
    if (same == nullptr || same->run != run || same->state != ContainerState::kRestarting || !up_) {
      return;
    }
    StartByDaemon(*same);
  });
}

void FakeDocker::StartByDaemon(FakeContainer& container) {
  // What keeps it from starting is in its record; the daemon tries once.
  const absl::Status started = Run(container);
  if (!started.ok() && !container.running()) container.state = ContainerState::kExited;
}

void FakeDocker::StopRun(FakeContainer& container, absl::Duration grace,
                         absl::AnyInvocable<void()> done) {
  if (container.state == ContainerState::kRestarting) {
    container.manually_stopped = true;
    container.state = ContainerState::kExited;
    Changed();
    return done();
  }
  if (!container.running()) return done();
  container.manually_stopped = true;
  EmitContainer(container, "kill");
  container.stop_waiters.push_back([this, id = container.id, done = std::move(done)]() mutable {
    if (const FakeContainer* same = Find(id)) EmitContainer(*same, "stop");
    done();
  });
  const FakeBehaviour& behaviour = container.image.behaviour;
  const bool ends_itself = !behaviour.ignores_stop && behaviour.stop_takes <= grace;
  const int32_t code = ends_itself ? behaviour.stop_exit_code : kKilledCode;
  After(ends_itself ? behaviour.stop_takes : grace,
        [this, id = container.id, run = container.run, code] {
          FakeContainer* same = Mutable(id);
          if (same != nullptr && same->run == run && same->running()) Ended(*same, code, false);
        });
}

}  // namespace quayside::agent::fake
