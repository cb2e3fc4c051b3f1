#include "common/compose/deploy_keys.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ServiceSpec Service(const std::string& lines) { return OneService(WebWith(lines)); }

TEST(Deploy, DefaultsAreQuaysides) {
  const ServiceSpec web = Service("");
  EXPECT_EQ(web.mode, ServiceMode::kReplicated);
  EXPECT_EQ(web.replicas, 1);
  EXPECT_FALSE(web.replicas_in_file);
  EXPECT_TRUE(web.placement.together);
  EXPECT_EQ(web.update, UpdateConfig{});
  EXPECT_EQ(web.update.failure_action, FailureAction::kRollback);
  EXPECT_EQ(web.rollback.failure_action, FailureAction::kPause);
  EXPECT_EQ(web.rollout, RolloutSettings{});
  EXPECT_EQ(web.container.restart, RestartSpec{});
}

TEST(Deploy, AServiceThatSaysWhereIsNotKeptTogether) {
  for (const char* lines : {"    deploy: {replicas: 1}\n", "    deploy: {mode: replicated}\n",
                            "    deploy: {mode: global}\n", "    scale: 2\n",
                            "    deploy: {placement: {constraints: ['node.hostname == a']}}\n",
                            "    x-quayside: {placement: spread}\n"}) {
    EXPECT_FALSE(Service(lines).placement.together) << lines;
  }
  EXPECT_TRUE(Service("    deploy: {update_config: {delay: 1s}}\n").placement.together);
  EXPECT_TRUE(Service("    x-quayside: {placement: together}\n").placement.together);
  EXPECT_THAT(
      ErrorOf(WebWith("    deploy: {replicas: 2}\n    x-quayside: {placement: together}\n")),
      HasSubstr("placement: together means one host"));
}

TEST(Deploy, ReplicasAndScaleAreOne) {
  EXPECT_EQ(Service("    deploy: {replicas: 3}\n").replicas, 3);
  EXPECT_TRUE(Service("    deploy: {replicas: 3}\n").replicas_in_file);
  EXPECT_EQ(Service("    scale: 4\n").replicas, 4);
  EXPECT_EQ(Service("    scale: 0\n").replicas, 0);
  EXPECT_EQ(Service("    scale: 4\n    deploy: {replicas: 4}\n").replicas, 4);
  EXPECT_THAT(ErrorOf(WebWith("    scale: 4\n    deploy: {replicas: 3}\n")),
              HasSubstr("compose.yaml:4:12: services.web: scale and deploy.replicas differ"));
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {mode: global, replicas: 3}\n")),
              HasSubstr("a global service has no number of replicas"));
  EXPECT_NE(ErrorOf(WebWith("    deploy: {replicas: -1}\n")), "");
  EXPECT_NE(ErrorOf(WebWith("    deploy: {replicas: 10001}\n")), "");
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {mode: global-job}\n")),
              HasSubstr("the mode global-job is not supported"));
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {mode: some}\n")),
              HasSubstr("is not one of replicated, global"));
}

TEST(Deploy, ReadsConstraintsAndPreferences) {
  const PlacementSpec placement =
      Service(
          "    deploy:\n      placement:\n"
          "        constraints: [node.labels.zone==a, 'host.labels.x != b c', "
          "'node.platform.os == linux', 'node.platform.arch!=arm64', 'node.id == x']\n"
          "        preferences: [{spread: node.labels.rack}, {spread: node.hostname}]\n"
          "        max_replicas_per_node: 2\n")
          .placement;
  ASSERT_EQ(placement.constraints.size(), 5u);
  EXPECT_EQ(placement.constraints[0], (Constraint{"node.labels.zone", true, "a"}));
  EXPECT_EQ(placement.constraints[1], (Constraint{"host.labels.x", false, "b c"}));
  EXPECT_THAT(placement.spread_over, ElementsAre("node.labels.rack", "node.hostname"));
  EXPECT_EQ(placement.max_replicas_per_node, 2);
}

TEST(Deploy, RefusesConstraintsThatNameNoHost) {
  const auto error = [](const std::string& constraint) {
    return ErrorOf(WebWith("    deploy: {placement: {constraints: ['" + constraint + "']}}\n"));
  };
  EXPECT_THAT(error("node.role == manager"), HasSubstr("give the hosts a label"));
  EXPECT_THAT(error("engine.labels.x == y"), HasSubstr("give the hosts a label"));
  EXPECT_THAT(error("node.labels. == y"), HasSubstr("does not name hosts here"));
  EXPECT_THAT(error("zone == y"),
              HasSubstr("compose.yaml:4:40: services.web.deploy.placement.constraints"));
  EXPECT_THAT(error("node.hostname"), HasSubstr("is not a constraint like"));
  EXPECT_THAT(error("node.hostname = a"), HasSubstr("is not a constraint like"));
  EXPECT_THAT(error("node.hostname =="), HasSubstr("is not a constraint like"));
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {placement: {preferences: [{binpack: x}]}}\n")),
              HasSubstr("no such key"));
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {placement: {preferences: [{spread: x}]}}\n")),
              HasSubstr("does not name hosts here"));
}

TEST(Deploy, ReadsUpdateAndRollback) {
  const ServiceSpec web = Service(
      "    deploy:\n"
      "      update_config: {parallelism: 0, delay: 3s, failure_action: pause, monitor: 7s, "
      "max_failure_ratio: 0.25, order: start-first}\n"
      "      rollback_config: {order: stop-first, failure_action: continue}\n");
  EXPECT_EQ(web.update.parallelism, 0);
  EXPECT_EQ(web.update.delay, absl::Seconds(3));
  EXPECT_EQ(web.update.failure_action, FailureAction::kPause);
  EXPECT_EQ(web.update.monitor, absl::Seconds(7));
  EXPECT_EQ(web.update.max_failure_ratio, 0.25);
  EXPECT_EQ(web.update.order, UpdateOrder::kStartFirst);
  EXPECT_EQ(web.rollback.order, UpdateOrder::kStopFirst);
  EXPECT_EQ(web.rollback.failure_action, FailureAction::kContinue);
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {rollback_config: {failure_action: rollback}}\n")),
              HasSubstr("a rollback that fails is never rolled back"));
  EXPECT_NE(ErrorOf(WebWith("    deploy: {update_config: {max_failure_ratio: 1.1}}\n")), "");
  EXPECT_NE(ErrorOf(WebWith("    deploy: {update_config: {order: any}}\n")), "");
  EXPECT_NE(ErrorOf(WebWith("    deploy: {update_config: {parallelism: -1}}\n")), "");
}

TEST(Deploy, ReadsResources) {
  const ServiceSpec web = Service(
      "    deploy: {resources: {limits: {cpus: '0.5', memory: 50M, pids: 10}, "
      "reservations: {cpus: '0.25', memory: 20M}}}\n");
  EXPECT_EQ(web.container.resources.nano_cpus, 500'000'000);
  EXPECT_EQ(web.container.resources.memory_bytes, 50 << 20);
  EXPECT_EQ(web.container.resources.pids_limit, 10);
  EXPECT_EQ(web.reservations.nano_cpus, 250'000'000);
  EXPECT_EQ(web.reservations.memory_bytes, 20 << 20);
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {resources: {reservations: {devices: []}}}\n")),
              HasSubstr("services.web.deploy.resources.reservations.devices: not supported"));
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {endpoint_mode: vip}\n")),
              HasSubstr("services.web.deploy.endpoint_mode: not supported"));
}

}  // namespace
}  // namespace quayside::compose
