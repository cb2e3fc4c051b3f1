// The simulation of the whole system: the cases, and long runs (tests/sim/run.h has the flags).
#include <gtest/gtest.h>

#include "tests/sim/cases.h"

namespace quayside::sim {
namespace {

// The fixed set: seeds that every change must pass, those of found faults among them.
class FixedSeeds : public testing::TestWithParam<uint64_t> {};

TEST_P(FixedSeeds, KeepEveryRuleAndComeToRest) { ExpectEveryRuleKept(RunSystem, GetParam()); }

INSTANTIATE_TEST_SUITE_P(Simulation, FixedSeeds, testing::Range<uint64_t>(4, 22));
INSTANTIATE_TEST_SUITE_P(OfFoundFaults, FixedSeeds,
                         testing::Values(2, 25, 28, 30, 58, 105, 1023, 1026, 1039, 1043, 1048, 2015,
                                         7061, 9137, 60069, 91131, 710142));

TEST(Simulation, ComesToRestWhenNothingBreaks) { ExpectRestWhenNothingBreaks(RunSystem); }

TEST(Simulation, IsTheSameForTheSameSeed) { ExpectTheSameForTheSameSeed(RunSystem); }

}  // namespace
}  // namespace quayside::sim

int main(int argc, char** argv) {
  return quayside::sim::SeedsMain(argc, argv, quayside::sim::RunSystem);
}
