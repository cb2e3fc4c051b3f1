#include "common/compose/quayside_keys.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ServiceSpec Quayside(const std::string& keys) {
  return OneService(WebWith("    x-quayside: {" + keys + "}\n"));
}
std::string QuaysideError(const std::string& keys) {
  return ErrorOf(WebWith("    x-quayside: {" + keys + "}\n"));
}

TEST(Quayside, ReadsRollout) {
  const ServiceSpec web = Quayside(
      "rollout: {canary: 1, batch: 10%, soak: 30s, min_healthy: 0s, deadline: 1m, "
      "max_failures: 2, on_failure: pause, by: host.labels.zone, window: w, drain: 5s}");
  EXPECT_EQ(web.rollout.canary, "1");
  EXPECT_EQ(web.rollout.batch, "10%");
  EXPECT_EQ(web.rollout.soak, absl::Seconds(30));
  EXPECT_EQ(web.rollout.min_healthy, absl::ZeroDuration());
  EXPECT_EQ(web.rollout.deadline, absl::Minutes(1));
  EXPECT_EQ(web.rollout.max_failures, 2);
  EXPECT_EQ(web.update.failure_action, FailureAction::kPause);
  EXPECT_EQ(web.rollout.by, "host.labels.zone");
  EXPECT_EQ(web.rollout.window, "w");
  EXPECT_EQ(web.rollout.drain, absl::Seconds(5));
  for (const char* bad : {"0", "0%", "101%", "-1", "some", "1.5", "%"}) {
    EXPECT_NE(QuaysideError("rollout: {canary: '" + std::string(bad) + "'}"), "") << bad;
  }
  EXPECT_THAT(QuaysideError("rollout: {min_healthy: 6m}"),
              HasSubstr("must be longer than min_healthy"));
}

TEST(Quayside, ReadsProbes) {
  const ProbeSpec http = *Quayside(
                              "probe: {http: /healthz, port: 8080, status: 200-299, interval: 1s, "
                              "timeout: 2s, healthy: 2, unhealthy: 5}")
                              .container.probe;
  EXPECT_EQ(http.kind, ProbeSpec::Kind::kHttp);
  EXPECT_EQ(http.http_path, "/healthz");
  EXPECT_EQ(http.port, 8080u);
  EXPECT_EQ(http.status_min, 200u);
  EXPECT_EQ(http.status_max, 299u);
  EXPECT_EQ(http.interval, absl::Seconds(1));
  EXPECT_EQ(http.timeout, absl::Seconds(2));
  EXPECT_EQ(http.healthy, 2);
  EXPECT_EQ(http.unhealthy, 5);
  const ProbeSpec tcp = *Quayside("probe: {tcp: 5432}").container.probe;
  EXPECT_EQ(tcp.kind, ProbeSpec::Kind::kTcp);
  EXPECT_EQ(tcp.port, 5432u);
  EXPECT_EQ(tcp.interval, absl::Seconds(2));
  const ProbeSpec command = *Quayside("probe: {command: [test, -f, /x]}").container.probe;
  EXPECT_EQ(command.kind, ProbeSpec::Kind::kCommand);
  EXPECT_THAT(command.command, ElementsAre("test", "-f", "/x"));
  EXPECT_THAT(Quayside("probe: {command: test -f /x}").container.probe->command,
              ElementsAre("test", "-f", "/x"));
  EXPECT_EQ(Quayside("probe: {http: /, port: 80, status: 204}").container.probe->status_max, 204u);
}

TEST(Quayside, RefusesProbesThatCannotWork) {
  for (const char* bad :
       {"{}", "{http: /}", "{http: healthz, port: 80}", "{http: /, tcp: 80, port: 80}", "{tcp: 0}",
        "{tcp: 65536}", "{command: []}", "{http: /, port: 80, status: 99}",
        "{http: /, port: 80, status: 300-200}", "{tcp: 80, interval: 0s}", "{tcp: 80, healthy: 0}",
        "{tcp: 80, unhealthy: 1001}", "{udp: 80}", "text"}) {
    EXPECT_NE(QuaysideError("probe: " + std::string(bad)), "") << bad;
  }
}

TEST(Quayside, RefusesWhatIsNotThereYet) {
  for (const char* key : {"failover", "track", "ingress"}) {
    EXPECT_THAT(QuaysideError(std::string(key) + ": {}"),
                HasSubstr("services.web.x-quayside." + std::string(key) + ": not supported; "));
    EXPECT_THAT(
        ErrorOf("x-quayside: {" + std::string(key) + ": {}}\n" + WebWith("")),
        HasSubstr("compose.yaml:1:14: x-quayside." + std::string(key) + ": not supported; "));
  }
  EXPECT_THAT(QuaysideError("rolout: {}"), HasSubstr("did you mean rollout?"));
}

TEST(Quayside, TheTopGivesDefaultsKeyByKey) {
  const auto loaded = LoadText(
      "x-quayside:\n"
      "  rollout: {min_healthy: 1s, canary: 2, on_failure: pause}\n"
      "  probe: {tcp: 80, interval: 9s}\n"
      "services:\n"
      "  a: {image: i}\n"
      "  b:\n    image: i\n"
      "    x-quayside: {rollout: {canary: 3}, probe: {http: /, port: 1}}\n"
      "    deploy: {update_config: {failure_action: continue}}\n"
      "  c: {image: i, x-quayside: {probe: }}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const ServiceSpec& a = loaded->spec.services[0];
  EXPECT_EQ(a.rollout.min_healthy, absl::Seconds(1));
  EXPECT_EQ(a.container.probe->port, 80u);
  EXPECT_EQ(a.update.failure_action, FailureAction::kPause);
  const ServiceSpec& b = loaded->spec.services[1];
  EXPECT_EQ(b.rollout.min_healthy, absl::Seconds(1));
  EXPECT_EQ(b.rollout.canary, "3");
  EXPECT_EQ(b.container.probe->kind, ProbeSpec::Kind::kHttp);
  EXPECT_EQ(b.container.probe->port, 1u);
  EXPECT_EQ(b.container.probe->interval, absl::Seconds(9));
  EXPECT_EQ(b.update.failure_action, FailureAction::kContinue);
  EXPECT_FALSE(loaded->spec.services[2].container.probe.has_value());
}

TEST(Quayside, OnFailureAndFailureActionMustAgree) {
  EXPECT_THAT(ErrorOf(WebWith("    x-quayside: {rollout: {on_failure: pause}}\n"
                              "    deploy: {update_config: {failure_action: rollback}}\n")),
              HasSubstr("deploy.update_config.failure_action says another thing"));
  EXPECT_EQ(ErrorOf(WebWith("    x-quayside: {rollout: {on_failure: pause}}\n"
                            "    deploy: {update_config: {failure_action: pause}}\n")),
            "");
}

}  // namespace
}  // namespace quayside::compose
