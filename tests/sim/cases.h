// The cases that both simulations are put through, for GoogleTest. `run` is RunAgents or RunSystem.
#pragma once

#include <gtest/gtest.h>

#include "tests/sim/run.h"

namespace quayside::sim {

inline void ExpectEveryRuleKept(Runner run, uint64_t seed) {
  Options options;
  options.seed = seed;
  const Outcome outcome = run(options);
  EXPECT_FALSE(outcome.violation) << Explain(options, outcome, 120);
  EXPECT_GT(outcome.accepted_changes, 3u);
}

inline void ExpectRestWhenNothingBreaks(Runner run) {
  Options options;
  options.faults = false;
  options.changes = false;
  options.troubled = absl::Minutes(3);
  options.converges = absl::Minutes(3);
  const Outcome outcome = run(options);
  EXPECT_FALSE(outcome.violation) << Explain(options, outcome, 200);
  EXPECT_GE(outcome.accepted_changes, 5u);
}

inline void ExpectTheSameForTheSameSeed(Runner run) {
  Options options;
  options.seed = 42;
  options.troubled = absl::Minutes(4);
  const Outcome first = run(options);
  const Outcome second = run(options);
  EXPECT_EQ(first.trace_hash, second.trace_hash);
  EXPECT_EQ(first.events, second.events);
  options.seed = 43;
  EXPECT_NE(run(options).trace_hash, first.trace_hash);
}

}  // namespace quayside::sim
