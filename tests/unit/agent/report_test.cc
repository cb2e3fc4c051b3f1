// What a Report says of one instance, where the tests of Plan and of the agent do not show it.
#include "agent/report.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/plan_world.h"

namespace quayside::agent {
namespace {

const ContainerSpec kSpec = {.image = kImage};

InstanceState StateOf(const PlanWorld& world, const std::string& id) {
  const PlanInput input = world.Input();
  for (const InstanceStatus& status : StatusOf(input, Plan(input).waiting)) {
    if (status.id.value == id) return status.state;
  }
  return InstanceState::kUnknown;
}

TEST(Report, AFailedInstanceIsStoppingUntilItsLastLinesAreRead) {
  PlanWorld world;
  world.Want("bbbb", kSpec);
  world.Have("bbbb", ContainerState::kExited, ArmedPolicy::kNo, kSpec);
  world.Committed("").verdicts = {{.instance = InstanceId("bbbb"), .reason = "exited with code 3"}};
  EXPECT_EQ(StateOf(world, "bbbb"), InstanceState::kStopping);
  world.logs_read = {InstanceId("bbbb")};
  EXPECT_EQ(StateOf(world, "bbbb"), InstanceState::kFailed);
}

TEST(Report, NobodyReadsTheLastLinesOfAFailedInstanceThatIsDesiredNoMore) {
  PlanWorld world;
  world.Have("bbbb", ContainerState::kExited, ArmedPolicy::kNo, kSpec);
  world.Committed("").verdicts = {{.instance = InstanceId("bbbb"), .reason = "exited with code 3"}};
  EXPECT_EQ(StateOf(world, "bbbb"), InstanceState::kFailed);
}

}  // namespace
}  // namespace quayside::agent
