// Health decides whether a running container is well: its Docker health, the agent's own probe, and
// how long it has run. Pure; the agent thread calls it each turn for every container it watches.
//
// *Proven* means: every check there is passes and it ran for the minimum time without a restart.
// Without any check that is uptime alone, and is said so. What has failed (`failed`) is judged when
// it is a candidate and restarted when it is committed (restart.h).
#pragma once

#include <string>

#include "agent/container.h"
#include "common/base/mono_time.h"
#include "common/model/instance.h"
#include "common/model/spec.h"

namespace quayside::agent {

// The history of one container's probe within one run.
struct ProbeTrack {
  int32_t passes = 0;    // in a row
  int32_t failures = 0;  // in a row
  bool passed_once = false;
  bool healthy = false;    // `healthy` passes in a row, and not since lost
  bool unhealthy = false;  // `unhealthy` failures in a row after the first pass
  bool in_flight = false;
  absl::Duration wait;  // the last wait before the first pass
  MonoTime next;        // when to ask again
  std::string last_error;
  bool operator==(const ProbeTrack&) const = default;
};

// Folds one answer in and sets when to ask again: before the first pass 5 ms (`first`) doubling to
// 250 ms, then the probe's interval. kCancelled is no answer: it changes nothing but when.
void NoteProbe(ProbeTrack& track, const ProbeSpec& spec, const absl::Status& answer,
               absl::Duration first, MonoTime now);

struct HealthRules {
  absl::Duration min_healthy = absl::Seconds(10);
  absl::Duration healthy_deadline = absl::Minutes(5);
  bool has_probe = false;
};

struct Assessment {
  InstanceState state = InstanceState::kUnknown;
  bool proven = false;
  bool checks_pass = false;  // whatever checks there are pass now
  bool uptime_only = false;
  bool failed = false;  // unhealthy, or its checks have not passed within its deadline
  std::string reason;
  MonoTime next = MonoTime::Never();  // when time alone may change the answer
  bool operator==(const Assessment&) const = default;
};

// REQUIRES: `container` is running. `hold_until`: until then a committed container whose checks
// have not answered yet keeps its last verdict (an engine restart resets its health to starting;
// an agent restart forgets its probes), and one that is not committed does not run out of its time.
Assessment Assess(const Container& container, const HealthRules& rules, const ProbeTrack& probe,
                  bool committed, MonoTime hold_until, MonoTime now);

// How long the last verdict is held after an engine or agent start: one full round of its checks.
absl::Duration HoldWindow(const ContainerSpec& spec);

}  // namespace quayside::agent
