#include "agent/health.h"

#include <algorithm>

#include "common/base/status.h"

namespace quayside::agent {
namespace {

// Before its first pass a container is asked at least this often: what people wait for in a deploy.
constexpr absl::Duration kSlowestFirstProbe = absl::Milliseconds(250);

enum class Check { kNone, kWaiting, kPass, kBad };

Check DockerCheck(HealthState health) {
  switch (health) {
    case HealthState::kNone:
      return Check::kNone;
    case HealthState::kStarting:
      return Check::kWaiting;
    case HealthState::kHealthy:
      return Check::kPass;
    case HealthState::kUnhealthy:
      return Check::kBad;
  }
  return Check::kNone;
}

Check ProbeCheck(const HealthRules& rules, const ProbeTrack& probe) {
  if (!rules.has_probe) return Check::kNone;
  if (probe.unhealthy) return Check::kBad;
  return probe.healthy ? Check::kPass : Check::kWaiting;
}

// `says` and what the engine's last check said, if that did not pass.
std::string WithCheck(std::string says, const Container& container) {
  if (container.detail.failed_check.empty()) return says;
  return says + ": " + container.detail.failed_check;
}

std::string WaitingReason(Check docker, const Container& container, const ProbeTrack& probe) {
  if (docker == Check::kWaiting) return WithCheck("waiting for its health check", container);
  if (probe.last_error.empty()) return "waiting for its probe";
  return "its probe does not pass yet: " + probe.last_error;
}

}  // namespace

void NoteProbe(ProbeTrack& track, const ProbeSpec& spec, const absl::Status& answer,
               absl::Duration first, MonoTime now) {
  track.in_flight = false;
  if (absl::IsCancelled(answer)) {  // unknown is no verdict (R10)
    track.next = now + spec.interval;
    return;
  }
  if (answer.ok()) {
    ++track.passes;
    track.failures = 0;
    track.passed_once = true;
    track.last_error.clear();
    if (track.passes >= spec.healthy) {
      track.healthy = true;
      track.unhealthy = false;
    }
  } else {
    ++track.failures;
    track.passes = 0;
    track.last_error = Message(answer);
    if (track.passed_once && track.failures >= spec.unhealthy) {
      track.unhealthy = true;
      track.healthy = false;
    }
  }
  if (track.passed_once) {
    // The passes that are still asked for before it is healthy come quickly, too.
    track.wait = track.healthy || track.unhealthy ? spec.interval
                                                  : std::min(kSlowestFirstProbe, spec.interval);
  } else {
    track.wait = track.wait == absl::ZeroDuration()
                     ? first
                     : std::min({track.wait * 2, kSlowestFirstProbe, spec.interval});
  }
  track.next = now + track.wait;
}

Assessment Assess(const Container& container, const HealthRules& rules, const ProbeTrack& probe,
                  bool committed, MonoTime hold_until, MonoTime now) {
  const Check docker = DockerCheck(container.detail.row.health);
  const Check ours = ProbeCheck(rules, probe);
  Assessment result;
  result.uptime_only = docker == Check::kNone && ours == Check::kNone;

  if (docker == Check::kBad || ours == Check::kBad) {
    result.state = InstanceState::kUnhealthy;
    result.failed = true;
    result.reason = docker == Check::kBad ? WithCheck("its health check says unhealthy", container)
                                          : "its probe fails: " + probe.last_error;
    return result;
  }
  const bool waiting = docker == Check::kWaiting || ours == Check::kWaiting;
  const bool held = waiting && committed && now < hold_until;
  if (held) result.next = hold_until;
  if (waiting && !held) {
    // Nobody asked it while the agent was away: it gets one window of its checks all the same.
    const MonoTime deadline =
        std::max(container.running_since + rules.healthy_deadline, hold_until);
    result.state = InstanceState::kStarting;
    result.reason = WaitingReason(docker, container, probe);
    result.failed = now >= deadline;
    if (result.failed) {
      result.reason = "not healthy within " + absl::FormatDuration(rules.healthy_deadline) + ": " +
                      result.reason;
    } else {
      result.next = deadline;
    }
    return result;
  }
  result.checks_pass = true;
  result.state = result.uptime_only ? InstanceState::kRunning : InstanceState::kHealthy;
  const MonoTime proven_at = container.running_since + rules.min_healthy;
  result.proven = now >= proven_at;
  if (!result.proven) {
    result.next = std::min(result.next, proven_at);
    result.reason = "proven when it has run for " + absl::FormatDuration(rules.min_healthy);
  }
  return result;
}

absl::Duration HoldWindow(const ContainerSpec& spec) {
  absl::Duration window = absl::Seconds(5);
  if (spec.probe) {
    window = std::max(window, (spec.probe->interval + spec.probe->timeout) * spec.probe->unhealthy);
  }
  // Docker's defaults: every 30 s, 30 s for an answer, 3 tries, no start period.
  HealthCheck check = spec.health_check.value_or(HealthCheck{});
  if (check.disable) return window;
  if (check.interval == absl::ZeroDuration()) check.interval = absl::Seconds(30);
  if (check.timeout == absl::ZeroDuration()) check.timeout = absl::Seconds(30);
  if (check.retries == 0) check.retries = 3;
  return std::max(window, check.start_period + (check.interval + check.timeout) * check.retries);
}

}  // namespace quayside::agent
