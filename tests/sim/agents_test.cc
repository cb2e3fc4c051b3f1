// The simulation of agents alone: the cases, and long runs (tests/sim/run.h has the flags).
#include <gtest/gtest.h>

#include "tests/sim/cases.h"
#include "tests/sim/sabotage.h"

namespace quayside::sim {
namespace {

// The fixed set: seeds that every change must pass, those of found faults among them.
class FixedSeeds : public testing::TestWithParam<uint64_t> {};

TEST_P(FixedSeeds, KeepEveryRuleAndComeToRest) { ExpectEveryRuleKept(RunAgents, GetParam()); }

INSTANTIATE_TEST_SUITE_P(Simulation, FixedSeeds, testing::Range<uint64_t>(1, 21));
INSTANTIATE_TEST_SUITE_P(Found, FixedSeeds,
                         testing::Values(148, 214, 302, 1087, 1145, 1240, 3013, 9003, 91126, 649903,
                                         891043));

TEST(Simulation, ComesToRestWhenNothingBreaks) { ExpectRestWhenNothingBreaks(RunAgents); }

TEST(Simulation, IsTheSameForTheSameSeed) { ExpectTheSameForTheSameSeed(RunAgents); }

struct Broken {
  Sabotage sabotage;
  const char* rule;
};

class Checkers : public testing::TestWithParam<Broken> {};

// Without faults: what is found is the sabotage.
TEST_P(Checkers, NoticeAnAgentThatBreaksARule) {
  Outcome outcome;
  for (uint64_t seed = 1; seed <= 5 && !outcome.violation; ++seed) {
    Options options;
    options.seed = seed;
    options.faults = false;
    options.wrap = Break(GetParam().sabotage);
    outcome = RunAgents(options);
  }
  ASSERT_TRUE(outcome.violation) << "nobody noticed";
  EXPECT_EQ(outcome.violation->rule, GetParam().rule) << outcome.violation->text;
}

INSTANTIATE_TEST_SUITE_P(Simulation, Checkers,
                         testing::Values(Broken{Sabotage::kStopsBeforeThePull, "R12"},
                                         Broken{Sabotage::kRemovesWhatIsKept, "R12"},
                                         Broken{Sabotage::kStartsTwo, "R15"},
                                         Broken{Sabotage::kTouchesForeign, "R11"},
                                         Broken{Sabotage::kPullsByTag, "R17"},
                                         Broken{Sabotage::kCreatesArmed, "R13"},
                                         Broken{Sabotage::kArmsTheUnproven, "R13"},
                                         Broken{Sabotage::kStopsTheUnnamed, "R6"}));

}  // namespace
}  // namespace quayside::sim

int main(int argc, char** argv) {
  return quayside::sim::SeedsMain(argc, argv, quayside::sim::RunAgents);
}
