#include "common/model/validate.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace quayside {
namespace {

using testing::HasSubstr;

AppSpec GoodApp() {
  AppSpec app;
  app.name = AppName("shop");
  ServiceSpec web;
  web.name = ServiceName("web");
  web.container.image = "nginx:1.25";
  app.services.push_back(std::move(web));
  return app;
}

// What validation says of a good app after `change` to its only service; "" when it is accepted.
std::string ErrorAfter(const std::function<void(ServiceSpec&)>& change) {
  AppSpec app = GoodApp();
  change(app.services.front());
  const absl::Status status = ValidateAppSpec(app);
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kInvalidArgument);
  return Message(status);
}

// The same for its container.
std::string ErrorIn(const std::function<void(ContainerSpec&)>& change) {
  return ErrorAfter([&](ServiceSpec& service) { change(service.container); });
}

TEST(Validate, AcceptsAGoodApp) { EXPECT_TRUE(ValidateAppSpec(GoodApp()).ok()); }

TEST(Validate, NamesTheAppTheServiceAndTheField) {
  EXPECT_EQ(ErrorIn([](ContainerSpec& c) { c.image = ""; }),
            "The app shop cannot be accepted: service web, image: no image is named");
}

TEST(Validate, BoundsTheAppsName) {
  const auto good = [](const std::string& name) { return ValidateAppName(AppName(name)).ok(); };
  EXPECT_TRUE(good("a"));
  EXPECT_TRUE(good("0_-"));
  EXPECT_TRUE(good(std::string(kMaxAppNameBytes, 'a')));
  EXPECT_FALSE(good(std::string(kMaxAppNameBytes + 1, 'a')));
  for (const char* bad : {"", "-a", "_a", "A", "a.b", "a b", "a/b", "ä"})
    EXPECT_FALSE(good(bad)) << bad;
  AppSpec app = GoodApp();
  app.name = AppName("../x");
  EXPECT_FALSE(ValidateAppSpec(app).ok());
}

TEST(Validate, BoundsServicesAndTheirNames) {
  AppSpec app = GoodApp();
  const ServiceSpec one = app.services.front();
  app.services.clear();
  EXPECT_THAT(Message(ValidateAppSpec(app)), HasSubstr("it has no service"));
  for (size_t i = 0; i <= kMaxServices; ++i) {
    std::string digits = std::to_string(i);
    digits.insert(0, 5 - digits.size(), '0');
    ServiceSpec service = one;
    service.name = ServiceName("s" + digits);
    app.services.push_back(std::move(service));
  }
  EXPECT_THAT(Message(ValidateAppSpec(app)), HasSubstr("more than 1000 services"));
  app.services.pop_back();
  EXPECT_TRUE(ValidateAppSpec(app).ok());
  std::swap(app.services[0], app.services[1]);
  EXPECT_THAT(Message(ValidateAppSpec(app)), HasSubstr("not sorted by name"));
  app.services = {one, one};
  EXPECT_THAT(Message(ValidateAppSpec(app)), HasSubstr("one is there twice"));

  const auto with_name = [](const std::string& name) {
    return ErrorAfter([&](ServiceSpec& service) { service.name = ServiceName(name); });
  };
  EXPECT_EQ(with_name("My_db.1-x"), "");
  EXPECT_EQ(with_name(std::string(kMaxServiceNameBytes, 'x')), "");
  EXPECT_NE(with_name(std::string(kMaxServiceNameBytes + 1, 'x')), "");
  for (const char* bad : {"", "a b", "a/b", "a\nb"}) EXPECT_NE(with_name(bad), "") << bad;
}

TEST(Validate, BoundsImages) {
  const auto with = [](const std::string& image) {
    return ErrorIn([&](ContainerSpec& c) { c.image = image; });
  };
  EXPECT_EQ(with(std::string(kMaxImageBytes, 'x')), "");
  EXPECT_NE(with(std::string(kMaxImageBytes + 1, 'x')), "");
  EXPECT_NE(with("a b"), "");
  EXPECT_NE(with(std::string("a\0b", 3)), "");
  EXPECT_NE(ErrorAfter([](ServiceSpec& s) { s.host_images["h"] = "a b"; }), "");
}

TEST(Validate, BoundsEveryText) {
  using Setter = std::function<void(ServiceSpec&, std::string)>;
  const std::vector<std::pair<std::string, Setter>> texts = {
      {"platform", [](ServiceSpec& s, std::string t) { s.container.platform = std::move(t); }},
      {"user", [](ServiceSpec& s, std::string t) { s.container.user = std::move(t); }},
      {"hostname", [](ServiceSpec& s, std::string t) { s.container.hostname = std::move(t); }},
      {"domainname", [](ServiceSpec& s, std::string t) { s.container.domainname = std::move(t); }},
      {"stop_signal",
       [](ServiceSpec& s, std::string t) { s.container.stop_signal = std::move(t); }},
      {"logging.driver",
       [](ServiceSpec& s, std::string t) { s.container.log_driver = std::move(t); }},
      {"network_mode",
       [](ServiceSpec& s, std::string t) { s.container.network_mode = std::move(t); }},
      {"pid", [](ServiceSpec& s, std::string t) { s.container.pid_mode = std::move(t); }},
      {"ipc", [](ServiceSpec& s, std::string t) { s.container.ipc_mode = std::move(t); }},
      {"uts", [](ServiceSpec& s, std::string t) { s.container.uts_mode = std::move(t); }},
      {"userns_mode",
       [](ServiceSpec& s, std::string t) { s.container.userns_mode = std::move(t); }},
      {"cgroup", [](ServiceSpec& s, std::string t) { s.container.cgroup_mode = std::move(t); }},
      {"cgroup_parent",
       [](ServiceSpec& s, std::string t) { s.container.cgroup_parent = std::move(t); }},
      {"runtime", [](ServiceSpec& s, std::string t) { s.container.runtime = std::move(t); }},
      {"cpuset",
       [](ServiceSpec& s, std::string t) { s.container.resources.cpuset_cpus = std::move(t); }},
      {"pull_policy", [](ServiceSpec& s, std::string t) { s.pull_policy = std::move(t); }},
      {"x-quayside.rollout.canary",
       [](ServiceSpec& s, std::string t) { s.rollout.canary = std::move(t); }},
      {"x-quayside.rollout.batch",
       [](ServiceSpec& s, std::string t) { s.rollout.batch = std::move(t); }},
      {"x-quayside.rollout.by", [](ServiceSpec& s, std::string t) { s.rollout.by = std::move(t); }},
      {"x-quayside.rollout.window",
       [](ServiceSpec& s, std::string t) { s.rollout.window = std::move(t); }},
      {"cap_add", [](ServiceSpec& s, std::string t) { s.container.cap_add = {std::move(t)}; }},
      {"cap_drop", [](ServiceSpec& s, std::string t) { s.container.cap_drop = {std::move(t)}; }},
      {"group_add", [](ServiceSpec& s, std::string t) { s.container.group_add = {std::move(t)}; }},
      {"dns", [](ServiceSpec& s, std::string t) { s.container.dns = {std::move(t)}; }},
      {"dns_search",
       [](ServiceSpec& s, std::string t) { s.container.dns_search = {std::move(t)}; }},
      {"dns_opt", [](ServiceSpec& s, std::string t) { s.container.dns_opt = {std::move(t)}; }},
      {"expose", [](ServiceSpec& s, std::string t) { s.container.expose = {std::move(t)}; }},
      {"extra_hosts",
       [](ServiceSpec& s, std::string t) { s.container.extra_hosts = {std::move(t)}; }},
      {"sysctls", [](ServiceSpec& s, std::string t) { s.container.sysctls["k"] = std::move(t); }},
      {"device_cgroup_rules",
       [](ServiceSpec& s, std::string t) { s.container.device_cgroup_rules = {std::move(t)}; }},
      {"ulimits",
       [](ServiceSpec& s, std::string t) { s.container.ulimits = {{.name = std::move(t)}}; }},
  };
  for (const auto& [field, set] : texts) {
    const auto with = [&](std::string text) {
      return ErrorAfter([&](ServiceSpec& service) { set(service, std::move(text)); });
    };
    EXPECT_EQ(with(std::string(kMaxTextBytes, 'x')), "") << field;
    EXPECT_THAT(with(std::string(kMaxTextBytes + 1, 'x')),
                HasSubstr("service web, " + field + ": longer than 4096 bytes"));
    EXPECT_THAT(with(std::string("a\0b", 3)),
                HasSubstr("service web, " + field + ": holds a NUL byte"));
  }
}

TEST(Validate, BoundsLongValues) {
  using Setter = std::function<void(ContainerSpec&, std::string)>;
  const std::vector<std::pair<std::string, Setter>> values = {
      {"command", [](ContainerSpec& c, std::string t) { c.command = {{std::move(t)}}; }},
      {"entrypoint", [](ContainerSpec& c, std::string t) { c.entrypoint = {{std::move(t)}}; }},
      {"environment", [](ContainerSpec& c, std::string t) { c.environment["A"] = std::move(t); }},
      {"labels", [](ContainerSpec& c, std::string t) { c.labels["a"] = std::move(t); }},
      {"security_opt", [](ContainerSpec& c, std::string t) { c.security_opt = {std::move(t)}; }},
      {"healthcheck.test",
       [](ContainerSpec& c, std::string t) {
         c.health_check = HealthCheck{.test = {"CMD", std::move(t)}};
       }},
  };
  for (const auto& [field, set] : values) {
    const auto with = [&](std::string text) {
      return ErrorIn([&](ContainerSpec& container) { set(container, std::move(text)); });
    };
    EXPECT_EQ(with(std::string(kMaxValueBytes, 'x')), "") << field;
    EXPECT_THAT(with(std::string(kMaxValueBytes + 1, 'x')), HasSubstr(field + ": longer than"))
        << field;
    EXPECT_THAT(with(std::string(1, '\0')), HasSubstr(field + ": holds a NUL byte")) << field;
  }
}

TEST(Validate, BoundsCounts) {
  const auto with = [](size_t count) {
    return ErrorIn([&](ContainerSpec& c) {
      for (size_t i = 0; i < count; ++i) c.environment["V" + std::to_string(i)] = "x";
    });
  };
  EXPECT_EQ(with(kMaxListItems), "");
  EXPECT_THAT(with(kMaxListItems + 1), HasSubstr("environment: more than 1000 entries"));
  EXPECT_THAT(
      ErrorIn([](ContainerSpec& c) { c.ports.resize(kMaxListItems + 1, {.container_port = 80}); }),
      HasSubstr("ports: more than 1000 entries"));
  EXPECT_THAT(ErrorIn([](ContainerSpec& c) { c.cap_add.resize(kMaxListItems + 1, "A"); }),
              HasSubstr("cap_add: more than 1000 entries"));
}

TEST(Validate, ChecksNamesOfVariables) {
  EXPECT_NE(ErrorIn([](ContainerSpec& c) { c.environment[""] = "x"; }), "");
  EXPECT_NE(ErrorIn([](ContainerSpec& c) { c.environment["A=B"] = "x"; }), "");
  EXPECT_NE(ErrorIn([](ContainerSpec& c) { c.environment[std::string("A\0", 2)] = "x"; }), "");
  EXPECT_EQ(ErrorIn([](ContainerSpec& c) { c.environment["a.b-c"] = ""; }), "");
}

TEST(Validate, ChecksPorts) {
  const auto with = [](PortSpec port) {
    return ErrorIn([&](ContainerSpec& c) { c.ports = {port}; });
  };
  EXPECT_EQ(with({.host_port = 65535, .container_port = 65535}), "");
  EXPECT_EQ(with({.host_port = 0, .container_port = 1, .protocol = "sctp"}), "");
  EXPECT_NE(with({.container_port = 0}), "");
  EXPECT_NE(with({.container_port = 65536}), "");
  EXPECT_NE(with({.host_port = 65536, .container_port = 1}), "");
  EXPECT_NE(with({.container_port = 1, .protocol = "icmp"}), "");
  EXPECT_THAT(
      ErrorIn([](ContainerSpec& c) {
        c.ports = {{.host_port = 80, .container_port = 1}, {.host_port = 80, .container_port = 2}};
      }),
      HasSubstr("the host port 80/tcp is published twice"));
  EXPECT_EQ(ErrorIn([](ContainerSpec& c) {
              c.ports = {{.host_ip = "10.0.0.1", .host_port = 80, .container_port = 1},
                         {.host_ip = "10.0.0.2", .host_port = 80, .container_port = 1},
                         {.host_port = 80, .container_port = 1, .protocol = "udp"},
                         {.container_port = 1},
                         {.container_port = 2}};
            }),
            "");
}

TEST(Validate, ChecksMounts) {
  const auto with = [](MountType type, std::string source, std::string target) {
    return ErrorIn([&](ContainerSpec& c) {
      c.mounts = {{.type = type, .source = std::move(source), .target = std::move(target)}};
      c.volumes["data"].name = "shop_data";
    });
  };
  EXPECT_EQ(with(MountType::kVolume, "data", "/d"), "");
  EXPECT_EQ(with(MountType::kVolume, "", "/d"), "");
  EXPECT_EQ(with(MountType::kBind, "/s", "/d"), "");
  EXPECT_EQ(with(MountType::kTmpfs, "", "/d"), "");
  EXPECT_NE(with(MountType::kVolume, "other", "/d"), "");
  EXPECT_NE(with(MountType::kVolume, "data", "d"), "");
  EXPECT_NE(with(MountType::kBind, "s", "/d"), "");
  EXPECT_NE(with(MountType::kBind, "", "/d"), "");
  EXPECT_NE(with(MountType::kTmpfs, "x", "/d"), "");
  EXPECT_NE(with(MountType::kTmpfs, "", "/" + std::string(kMaxTextBytes, 'x')), "");
  EXPECT_THAT(ErrorIn([](ContainerSpec& c) {
                c.mounts = {{.target = "/a"}, {.target = "/a"}};
              }),
              HasSubstr("two mounts have the target /a"));
  EXPECT_NE(ErrorIn([](ContainerSpec& c) { c.volumes["v"].name = "a/b"; }), "");
  EXPECT_NE(ErrorIn([](ContainerSpec& c) { c.volumes["v"].name = ""; }), "");
  EXPECT_NE(ErrorIn([](ContainerSpec& c) { c.working_dir = "w"; }), "");
  EXPECT_NE(ErrorIn([](ContainerSpec& c) {
              c.devices = {{.host_path = "dev", .container_path = "/dev/x"}};
            }),
            "");
}

TEST(Validate, ChecksNetworks) {
  const auto attached = [](ContainerSpec& c) {
    c.network_attachments = {{.network = "n"}};
    c.networks["n"].name = "shop_n";
  };
  EXPECT_EQ(ErrorIn(attached), "");
  EXPECT_NE(ErrorIn([](ContainerSpec& c) { c.network_attachments = {{.network = "n"}}; }), "");
  EXPECT_NE(ErrorIn([&](ContainerSpec& c) {
              attached(c);
              c.network_attachments.push_back({.network = "n"});
            }),
            "");
  EXPECT_NE(ErrorIn([&](ContainerSpec& c) {
              attached(c);
              c.network_mode = "host";
            }),
            "");
  for (const char* bad : {"", "-x", "a b", "a/b"}) {
    EXPECT_NE(ErrorIn([&](ContainerSpec& c) { c.networks["n"].name = bad; }), "") << bad;
  }
}

TEST(Validate, ChecksNumbersAndDurations) {
  const std::vector<std::function<void(ServiceSpec&)>> bad = {
      [](ServiceSpec& s) { s.replicas = -1; },
      [](ServiceSpec& s) { s.replicas = kMaxReplicas + 1; },
      [](ServiceSpec& s) { s.update.parallelism = -1; },
      [](ServiceSpec& s) { s.update.max_failure_ratio = 1.01; },
      [](ServiceSpec& s) { s.rollback.max_failure_ratio = -0.01; },
      [](ServiceSpec& s) { s.update.delay = -absl::Seconds(1); },
      [](ServiceSpec& s) { s.update.monitor = kMaxSpecDuration + absl::Seconds(1); },
      [](ServiceSpec& s) { s.update.delay = absl::InfiniteDuration(); },
      [](ServiceSpec& s) { s.rollout.deadline = s.rollout.min_healthy; },
      [](ServiceSpec& s) { s.rollout.max_failures = -1; },
      [](ServiceSpec& s) { s.placement.max_replicas_per_node = -1; },
      [](ServiceSpec& s) { s.reservations.nano_cpus = -1; },
      [](ServiceSpec& s) { s.container.resources.memory_bytes = -1; },
      [](ServiceSpec& s) { s.container.resources.memory_swap_bytes = -2; },
      [](ServiceSpec& s) { s.container.resources.memory_swappiness = 101; },
      [](ServiceSpec& s) { s.container.resources.oom_score_adj = -1001; },
      [](ServiceSpec& s) { s.container.resources.pids_limit = -2; },
      [](ServiceSpec& s) { s.container.restart.max_attempts = -1; },
      [](ServiceSpec& s) { s.container.restart.delay = -absl::Seconds(1); },
      [](ServiceSpec& s) { s.container.stop_grace_period = -absl::Seconds(1); },
      [](ServiceSpec& s) { s.container.health_check = HealthCheck{.retries = -1}; },
  };
  for (size_t i = 0; i < bad.size(); ++i) EXPECT_NE(ErrorAfter(bad[i]), "") << i;
  EXPECT_EQ(ErrorAfter([](ServiceSpec& s) {
              s.replicas = kMaxReplicas;
              s.update.delay = kMaxSpecDuration;
              s.update.max_failure_ratio = 1;
              s.container.resources.memory_swap_bytes = -1;
              s.container.resources.memory_swappiness = 100;
              s.rollout.min_healthy = absl::ZeroDuration();
            }),
            "");
}

TEST(Validate, ChecksProbes) {
  const auto with = [](const std::function<void(ProbeSpec&)>& change) {
    return ErrorIn([&](ContainerSpec& c) {
      c.probe = ProbeSpec{.http_path = "/", .port = 80};
      change(*c.probe);
    });
  };
  EXPECT_EQ(with([](ProbeSpec&) {}), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.http_path = "x"; }), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.port = 0; }), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.port = 65536; }), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.status_min = 99; }), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.status_max = 199; }), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.status_max = 600; }), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.healthy = 0; }), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.unhealthy = 1001; }), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.interval = absl::ZeroDuration(); }), "");
  EXPECT_NE(with([](ProbeSpec& p) { p.kind = ProbeSpec::Kind::kCommand; }), "");
  EXPECT_EQ(with([](ProbeSpec& p) {
              p.kind = ProbeSpec::Kind::kCommand;
              p.command = {"true"};
            }),
            "");
}

TEST(Validate, ChecksDependencies) {
  EXPECT_THAT(ErrorIn([](ContainerSpec& c) { c.depends_on = {{.service = ServiceName("db")}}; }),
              HasSubstr("there is no service db"));
  EXPECT_THAT(ErrorIn([](ContainerSpec& c) { c.depends_on = {{.service = ServiceName("web")}}; }),
              HasSubstr("depends on itself"));
  EXPECT_EQ(ErrorIn([](ContainerSpec& c) {
              c.depends_on = {{.service = ServiceName("db"), .required = false}};
            }),
            "");
}

}  // namespace
}  // namespace quayside
