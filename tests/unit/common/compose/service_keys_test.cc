#include "common/compose/service_keys.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/compose/keys.h"
#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(ServiceKeys, EveryRefusedKeyIsRefusedWithItsHint) {
  for (const KeyDoc& key : AllKeys()) {
    const std::string prefix = "services.*.";
    if (key.status != KeyStatus::kRefused || !key.path.starts_with(prefix)) continue;
    const std::string name = key.path.substr(prefix.size());
    if (name.find('.') != std::string::npos) continue;
    const std::string expected =
        "compose.yaml:4:5: services.web." + name + ": not supported; " + std::string(key.text);
    EXPECT_EQ(ErrorOf(WebWith("    " + name + ": {}\n")), expected);
    LoadOptions options;
    options.ignore_unsupported = true;
    const auto loaded = LoadText(WebWith("    " + name + ": {}\n"), options);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_THAT(loaded->warnings, ElementsAre(expected + " (ignored)"));
  }
}

TEST(ServiceKeys, AListWhereATextBelongsIsSaidForEveryKeyOfText) {
  for (const char* key :
       {"image", "user", "working_dir", "hostname", "domainname", "container_name", "stop_signal",
        "platform", "runtime", "pid", "ipc", "uts", "restart", "tty", "mem_limit", "cpus",
        "stop_grace_period", "pull_policy", "scale"}) {
    EXPECT_THAT(ErrorOf("services:\n  web:\n    " + std::string(key) + ": [x]\n"),
                HasSubstr("services.web." + std::string(key) +
                          ": a text is expected here, and this is a list"))
        << key;
  }
}

TEST(ServiceKeys, AnUnknownKeyGivesTheNearest) {
  EXPECT_EQ(ErrorOf(WebWith("    enviroment: {}\n")),
            "compose.yaml:4:5: services.web.enviroment: no such key; did you mean environment?");
  EXPECT_THAT(ErrorOf(WebWith("    zzzzzzzzz: 1\n")), HasSubstr("docs/compose.md lists the keys"));
  EXPECT_EQ(ErrorOf(WebWith("    x-anything: [1]\n")), "");
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {x-quayside: {}}\n")),
              HasSubstr("stands at the top of the file or in a service only"));
}

TEST(ServiceKeys, CommandIsAListOrWords) {
  EXPECT_THAT(*Container("    command: echo 'a b'\n").command, ElementsAre("echo", "a b"));
  EXPECT_THAT(*Container("    command: [echo, 'a b', 3]\n").command,
              ElementsAre("echo", "a b", "3"));
  EXPECT_THAT(*Container("    command: []\n").command, IsEmpty());
  EXPECT_THAT(*Container("    command: ''\n").command, IsEmpty());
  EXPECT_EQ(Container("    command:\n").command, std::nullopt);
  EXPECT_EQ(Container("").command, std::nullopt);
  EXPECT_THAT(ErrorOf(WebWith("    command: echo 'a\n")), HasSubstr("a quote ' never ends"));
  EXPECT_THAT(ErrorOf(WebWith("    command: {a: b}\n")),
              HasSubstr("services.web.command: a list is expected"));
}

TEST(ServiceKeys, EnvironmentIsAMapOrAList) {
  EXPECT_THAT(Container("    environment: {A: 1, B: true, C: 1.50, D: ''}\n").environment,
              ElementsAre(Pair("A", "1"), Pair("B", "true"), Pair("C", "1.50"), Pair("D", "")));
  EXPECT_THAT(Container("    environment: [A=1=2, B=, NOT_SET]\n").environment,
              ElementsAre(Pair("A", "1=2"), Pair("B", "")));
  EXPECT_THAT(ErrorOf(WebWith("    environment: {A: [1]}\n")),
              HasSubstr("compose.yaml:4:22: services.web.environment.A: a text is expected"));
  EXPECT_THAT(ErrorOf(WebWith("    environment: ['=x']\n")), HasSubstr("the name of a variable"));
}

TEST(ServiceKeys, RestartReadsAllItsForms) {
  using Condition = RestartSpec::Condition;
  const std::vector<std::pair<std::string, std::pair<Condition, int>>> forms = {
      {"", {Condition::kAny, 0}},
      {"    restart: always\n", {Condition::kAny, 0}},
      {"    restart: unless-stopped\n", {Condition::kAny, 0}},
      {"    restart: 'no'\n", {Condition::kNone, 0}},
      {"    restart: no\n", {Condition::kNone, 0}},
      {"    restart: false\n", {Condition::kNone, 0}},
      {"    restart: on-failure\n", {Condition::kOnFailure, 0}},
      {"    restart: on-failure:5\n", {Condition::kOnFailure, 5}},
      {"    restart: always\n    deploy: {restart_policy: {condition: none}}\n",
       {Condition::kNone, 0}},
      {"    deploy: {restart_policy: {max_attempts: 2}}\n    restart: 'no'\n",
       {Condition::kAny, 2}}};
  for (const auto& [lines, expected] : forms) {
    const RestartSpec restart = Container(lines).restart;
    EXPECT_EQ(restart.condition, expected.first) << lines;
    EXPECT_EQ(restart.max_attempts, expected.second) << lines;
  }
  EXPECT_THAT(ErrorOf(WebWith("    restart: sometimes\n")), HasSubstr("is not no, always"));
  EXPECT_THAT(ErrorOf(WebWith("    restart: on-failure:x\n")), HasSubstr("is not a whole number"));
}

TEST(ServiceKeys, HealthCheckReadsAllItsForms) {
  EXPECT_THAT(Container("    healthcheck: {test: curl -f x}\n").health_check->test,
              ElementsAre("CMD-SHELL", "curl -f x"));
  EXPECT_THAT(Container("    healthcheck: {test: [CMD, a, b]}\n").health_check->test,
              ElementsAre("CMD", "a", "b"));
  EXPECT_TRUE(Container("    healthcheck: {test: [NONE]}\n").health_check->disable);
  EXPECT_TRUE(Container("    healthcheck: {test: x, disable: true}\n").health_check->disable);
  EXPECT_FALSE(Container("    healthcheck: {interval: 5s}\n").health_check->disable);
  for (const char* bad : {"[]", "[CMD]", "[a, b]", "[CMD-SHELL, a, b]", "''", "[NONE, x]"}) {
    EXPECT_NE(ErrorOf(WebWith("    healthcheck: {test: " + std::string(bad) + "}\n")), "") << bad;
  }
}

TEST(ServiceKeys, AHealthCheckThatCannotPassInTimeIsRefused) {
  EXPECT_EQ(
      ErrorOf(WebWith("    healthcheck: {test: x, interval: 90s, timeout: 30s, retries: 3}\n")),
      "compose.yaml:4:18: services.web.healthcheck: start_period + retries × (interval + "
      "timeout) is 6m, longer than the 5m that an instance has to become healthy; raise "
      "x-quayside.rollout.deadline or shorten the check");
  EXPECT_EQ(
      ErrorOf(WebWith("    healthcheck: {test: x, interval: 50s, timeout: 50s, retries: 3}\n")),
      "");
  EXPECT_EQ(ErrorOf(WebWith("    healthcheck: {test: x, interval: 90s, timeout: 30s, retries: 3}\n"
                            "    x-quayside: {rollout: {deadline: 6m}}\n")),
            "");
  EXPECT_EQ(ErrorOf(WebWith("    healthcheck: {disable: true, interval: 1h}\n")), "");
}

TEST(ServiceKeys, DependenciesReadBothForms) {
  const auto loaded = LoadText(
      "services:\n"
      "  a: {image: i, depends_on: [c, b]}\n"
      "  b: {image: i, depends_on: {c: {condition: service_completed_successfully, restart: "
      "true}}}\n"
      "  c: {image: i}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const auto& a = loaded->spec.services[0].container.depends_on;
  ASSERT_EQ(a.size(), 2u);
  EXPECT_EQ(a[0].service.value, "b");
  EXPECT_EQ(a[0].condition, DependencyCondition::kStarted);
  EXPECT_TRUE(a[0].required);
  const Dependency& c = loaded->spec.services[1].container.depends_on.at(0);
  EXPECT_EQ(c.condition, DependencyCondition::kCompletedSuccessfully);
  EXPECT_TRUE(c.restart);
}

TEST(ServiceKeys, DependenciesThatCannotBeMetAreRefused) {
  EXPECT_THAT(ErrorOf(WebWith("    depends_on: [none]\n")),
              HasSubstr("compose.yaml:4:18: services.web.depends_on: there is no service none"));
  EXPECT_THAT(
      ErrorOf("services:\n  a: {image: i, depends_on: [b]}\n  b: {image: i, depends_on: [c]}\n"
              "  c: {image: i, depends_on: [a]}\n"),
      HasSubstr("the services depend on each other in a circle"));
  EXPECT_THAT(ErrorOf(WebWith("    depends_on: [web]\n")), HasSubstr("in a circle"));
  EXPECT_THAT(ErrorOf(WebWith("    depends_on: {web: {condition: soon}}\n")),
              HasSubstr("is not one of service_started"));
  EXPECT_EQ(
      ErrorOf("services:\n  a: {image: i, depends_on: [b, c]}\n  b: {image: i, depends_on: [c]}\n"
              "  c: {image: i}\n"),
      "");
}

TEST(ServiceKeys, ALongChainOfDependenciesIsNoCircle) {
  std::string text = "services:\n";
  for (int i = 0; i < 900; ++i) {
    text +=
        "  s" + std::to_string(i) + ": {image: i, depends_on: [s" + std::to_string(i + 1) + "]}\n";
  }
  EXPECT_EQ(ErrorOf(text + "  s900: {image: i}\n"), "");
}

TEST(ServiceKeys, ExtraHostsReadAllTheirForms) {
  EXPECT_THAT(
      Container(
          "    extra_hosts: ['a:10.0.0.1', 'b=10.0.0.2', 'c:::1', 'd=[::1]', 'e:host-gateway']\n")
          .extra_hosts,
      ElementsAre("a:10.0.0.1", "b:10.0.0.2", "c:::1", "d:::1", "e:host-gateway"));
  EXPECT_THAT(Container("    extra_hosts: {a: 10.0.0.1, b: [10.0.0.2, '::1']}\n").extra_hosts,
              ElementsAre("a:10.0.0.1", "b:10.0.0.2", "b:::1"));
  EXPECT_THAT(
      ErrorOf(WebWith("    extra_hosts: ['a:nowhere']\n")),
      HasSubstr("compose.yaml:4:19: services.web.extra_hosts: an extra host is NAME:ADDRESS"));
  EXPECT_NE(ErrorOf(WebWith("    extra_hosts: [a]\n")), "");
}

TEST(ServiceKeys, UlimitsAndDevicesReadBothForms) {
  const ContainerSpec web = Container(
      "    ulimits: {nproc: 10, core: {soft: 0, hard: -1}}\n"
      "    devices: [/dev/a, '/dev/b:/dev/c', '/dev/d:/dev/e:r', '/dev/f:rw', {source: /dev/g}]\n");
  ASSERT_EQ(web.ulimits.size(), 2u);
  EXPECT_EQ(web.ulimits[0].name, "core");
  EXPECT_EQ(web.ulimits[0].hard, -1);
  EXPECT_EQ(web.ulimits[1].soft, 10);
  ASSERT_EQ(web.devices.size(), 5u);
  EXPECT_EQ(web.devices[0].container_path, "/dev/a");
  EXPECT_EQ(web.devices[2].permissions, "r");
  EXPECT_EQ(web.devices[3].container_path, "/dev/f");
  EXPECT_EQ(web.devices[3].permissions, "rw");
  EXPECT_EQ(web.devices[4].container_path, "/dev/g");
  EXPECT_THAT(ErrorOf(WebWith("    devices: ['vendor.com/gpu=all']\n")),
              HasSubstr("is not a device file"));
  EXPECT_THAT(ErrorOf(WebWith("    devices: ['/dev/a:/dev/b:x']\n")), HasSubstr("letters of rwm"));
  EXPECT_THAT(
      ErrorOf(WebWith("    ulimits: {nproc: many}\n")),
      HasSubstr("compose.yaml:4:22: services.web.ulimits.nproc: \"many\" is not a whole number"));
  EXPECT_THAT(ErrorOf(WebWith("    ulimits: {nproc: {soft: 1}}\n")),
              HasSubstr("has soft and hard"));
}

TEST(ServiceKeys, ResourcesSaidTwiceMustAgree) {
  EXPECT_EQ(Container("    mem_limit: 1g\n    deploy: {resources: {limits: {memory: 1024m}}}\n")
                .resources.memory_bytes,
            1 << 30);
  EXPECT_THAT(
      ErrorOf(WebWith("    mem_limit: 1g\n    deploy: {resources: {limits: {memory: 2g}}}\n")),
      HasSubstr("compose.yaml:5:43: services.web.deploy.resources.limits.memory: another key"));
  EXPECT_THAT(ErrorOf(WebWith("    cpus: 1\n    deploy: {resources: {limits: {cpus: '2'}}}\n")),
              HasSubstr("another key of the service says another value"));
}

TEST(ServiceKeys, ReservationsOfMemoryAreOneThing) {
  const ServiceSpec web = OneService(WebWith("    mem_reservation: 64m\n"));
  EXPECT_EQ(web.reservations.memory_bytes, 64 << 20);
  EXPECT_EQ(web.container.resources.memory_reservation_bytes, 64 << 20);
}

TEST(ServiceKeys, NumbersHaveLimits) {
  for (const char* bad :
       {"mem_swappiness: 101", "mem_swappiness: -1", "oom_score_adj: 1001", "oom_score_adj: -1001",
        "cpus: -1", "cpu_percent: 101", "pids_limit: -2", "mem_limit: -5", "memswap_limit: -2",
        "stop_grace_period: 5", "scale: 10001", "shm_size: lots", "tty: 2", "init: perhaps"}) {
    EXPECT_NE(ErrorOf(WebWith("    " + std::string(bad) + "\n")), "") << bad;
  }
  for (const char* good : {"mem_swappiness: 100", "mem_swappiness: 0", "oom_score_adj: 1000",
                           "oom_score_adj: -1000", "pids_limit: -1", "memswap_limit: -1",
                           "stop_grace_period: 0s", "scale: 10000", "init: on"}) {
    EXPECT_EQ(ErrorOf(WebWith("    " + std::string(good) + "\n")), "") << good;
  }
}

TEST(ServiceKeys, LabelsOfQuaysideAndComposeAreReserved) {
  EXPECT_THAT(
      ErrorOf(WebWith("    labels: {dev.quayside.app: x}\n")),
      HasSubstr("compose.yaml:4:14: services.web.labels: the label dev.quayside.app is reserved"));
  EXPECT_THAT(ErrorOf(WebWith("    labels: ['com.docker.compose.project=x']\n")),
              HasSubstr("is reserved"));
  EXPECT_THAT(ErrorOf(WebWith("    deploy: {labels: {dev.quayside.x: y}}\n")),
              HasSubstr("is reserved"));
  EXPECT_EQ(ErrorOf(WebWith("    labels: {dev.quaysides: x, com.docker.other: y}\n")), "");
}

TEST(ServiceKeys, PullPolicyIsKeptAndSaid) {
  const auto loaded = LoadText(WebWith("    pull_policy: always\n"));
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->spec.services[0].pull_policy, "always");
  EXPECT_THAT(loaded->warnings,
              ElementsAre(HasSubstr("services.web.pull_policy: accepted, and changes nothing")));
  EXPECT_EQ(ErrorOf(WebWith("    pull_policy: every_12h\n")), "");
  EXPECT_NE(ErrorOf(WebWith("    pull_policy: every_x\n")), "");
  EXPECT_NE(ErrorOf(WebWith("    pull_policy: maybe\n")), "");
  EXPECT_THAT(ErrorOf(WebWith("    pull_policy: build\n")), HasSubstr("not supported with build"));
}

TEST(ServiceKeys, AServiceNeedsAnImage) {
  EXPECT_THAT(ErrorOf("services: {web: {command: x}}\n"),
              HasSubstr("compose.yaml:1:12: services.web: the service has no image"));
  LoadOptions options;
  options.set_images = {{"web", "given:1"}};
  EXPECT_EQ(OneService("services: {web: {command: x}}\n", options).container.image, "given:1");
  options.set_images = {{"wep", "given:1"}};
  EXPECT_EQ(ErrorOf(WebWith(""), options),
            "--set-image: there is no service wep; did you mean web?");
}

}  // namespace
}  // namespace quayside::compose
