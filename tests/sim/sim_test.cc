// The simulation of the whole system: the cases, and long runs (tests/sim/run.h has the flags).
#include <gtest/gtest.h>

#include "tests/sim/run.h"

namespace quayside::sim {
namespace {

// The fixed set: seeds that every change must pass, those of found faults among them.
class FixedSeeds : public testing::TestWithParam<uint64_t> {};

TEST_P(FixedSeeds, KeepEveryRuleAndComeToRest) {
  Options options;
  options.seed = GetParam();
  const Outcome outcome = RunSystem(options);
  EXPECT_FALSE(outcome.violation) << Explain(options, outcome, 120);
  EXPECT_GT(outcome.accepted_changes, 3u);
}

INSTANTIATE_TEST_SUITE_P(Simulation, FixedSeeds, testing::Range<uint64_t>(4, 22));
INSTANTIATE_TEST_SUITE_P(OfFoundFaults, FixedSeeds,
                         testing::Values(25, 28, 30, 105, 1023, 1026, 1039, 1043, 1048, 2015, 7061,
                                         91131, 710142));

TEST(Simulation, ComesToRestWhenNothingBreaks) {
  Options options;
  options.faults = false;
  options.changes = false;
  options.troubled = absl::Minutes(3);
  options.converges = absl::Minutes(3);
  const Outcome outcome = RunSystem(options);
  EXPECT_FALSE(outcome.violation) << Explain(options, outcome, 200);
  EXPECT_GE(outcome.accepted_changes, 5u);
}

TEST(Simulation, IsTheSameForTheSameSeed) {
  Options options;
  options.seed = 42;
  options.troubled = absl::Minutes(4);
  const Outcome first = RunSystem(options);
  const Outcome second = RunSystem(options);
  EXPECT_EQ(first.trace_hash, second.trace_hash);
  EXPECT_EQ(first.events, second.events);
  options.seed = 43;
  EXPECT_NE(RunSystem(options).trace_hash, first.trace_hash);
}

}  // namespace
}  // namespace quayside::sim

int main(int argc, char** argv) {
  return quayside::sim::SeedsMain(argc, argv, quayside::sim::RunSystem);
}
