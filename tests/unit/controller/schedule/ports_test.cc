#include "controller/schedule/ports.h"

#include <gtest/gtest.h>

namespace quayside::controller {
namespace {

TEST(HasLocalState, KnowsWritableMountsAndUncoveredVolumesOfTheImage) {
  ContainerSpec spec;
  EXPECT_FALSE(HasLocalState(spec, {}));
  EXPECT_TRUE(HasLocalState(spec, {"/data"}));
  spec.mounts = {{.type = MountType::kTmpfs, .target = "/data"}};
  EXPECT_FALSE(HasLocalState(spec, {"/data"}));
  EXPECT_TRUE(HasLocalState(spec, {"/data", "/other"}));
  spec.mounts = {
      {.type = MountType::kBind, .source = "/srv", .target = "/data", .read_only = true}};
  EXPECT_FALSE(HasLocalState(spec, {"/data"}));
  spec.mounts.front().read_only = false;
  EXPECT_TRUE(HasLocalState(spec, {}));
  spec.mounts = {{.type = MountType::kVolume, .source = "data", .target = "/data"}};
  EXPECT_TRUE(HasLocalState(spec, {}));
}

TEST(Clash, IsThePortOnAnAddressThatBothUse) {
  const PortUse every{"", 80, "tcp"}, one{"10.0.0.1", 80, "tcp"}, other{"10.0.0.2", 80, "tcp"};
  EXPECT_TRUE(Clash(every, one));
  EXPECT_TRUE(Clash(one, one));
  EXPECT_FALSE(Clash(one, other));
  EXPECT_FALSE(Clash(every, {"", 80, "udp"}));
  EXPECT_FALSE(Clash(every, {"", 81, "tcp"}));
}

}  // namespace
}  // namespace quayside::controller
