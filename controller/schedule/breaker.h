// The mass loss breaker (R23): when many hosts are lost together, the network or the controller
// itself is more likely to be broken than the hosts, so rollouts hold until it is stable again.
// Pure, monotonic time only. Called by the core thread; its answer is never stored.
#pragma once

#include <vector>

#include "common/base/mono_time.h"

namespace quayside::controller {

struct BreakerRules {
  // So many at least: in a small fleet one or two hosts are everyday life.
  int least = 3;
  // And this share of the hosts that were there, within `window`. Kubernetes stops evicting when
  // 55 % of a zone are gone; a rollout that holds costs less than an eviction, so it holds earlier.
  double share = 0.25;
  absl::Duration window = absl::Minutes(1);
  // So long without another loss, and what is left counts as stable. Longer than a lease.
  absl::Duration stable = absl::Minutes(2);
};

struct BreakerFacts {
  bool open = false;  // what was decided last
  // When each host that is not back went away, in any order.
  std::vector<MonoTime> lost_at;
  int present = 0;  // hosts that are ready, or not known yet since the controller started
};

struct BreakerVerdict {
  bool open = false;
  int together = 0;  // hosts that were lost within the window
  // Open: when it closes if nothing else happens. Closed: Never, because only a loss opens it.
  MonoTime closes_at = MonoTime::Never();
  bool operator==(const BreakerVerdict&) const = default;
};

// Opens at a loss: at least `least` hosts and `share` of those that were there within `window`, or
// all hosts, however slowly. Closes when those hosts are back, or `stable` after the last loss: it
// never waits for ever.
BreakerVerdict DecideBreaker(const BreakerFacts& facts, const BreakerRules& rules, MonoTime now);

}  // namespace quayside::controller
