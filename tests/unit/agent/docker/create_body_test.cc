#include "agent/docker/create_body.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "agent/labels.h"
#include "agent/network_settings.h"
#include "tests/source_dir.h"

namespace quayside::agent::docker {
namespace {

using nlohmann::json;

// Compares with tests/golden/docker/NAME; QUAYSIDE_UPDATE_GOLDEN=1 rewrites the file instead.
void ExpectGolden(const std::string& name, const std::string& body) {
  const std::string path = SourceDir() + "/tests/golden/docker/" + name;
  const std::string text = json::parse(body).dump(2) + "\n";
  if (getenv("QUAYSIDE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(golden.str(), text) << path;
}

// Every field that a container can have, each with a value that differs from its default.
ContainerPlan FullPlan() {
  ContainerPlan plan;
  plan.name = "shop-web-1-ab12";
  plan.labels = {{kInstanceLabel, "ab12"}, {"team", "blue"}};
  plan.policy = ArmedPolicy::kUnlessStopped;
  plan.managed_volumes = {{"/var/cache", "shop_web-1_cache"},
                          {"/image/volume", "shop_web-1_image"}};
  plan.joined_containers = {{"pid", "0123456789ab"}};
  plan.aliases = {"web"};
  ContainerSpec& spec = plan.spec;
  spec.image = "registry.example/shop/web@sha256:" + std::string(64, 'a');
  spec.command = {"serve", "--port", "8080"};
  spec.entrypoint = std::vector<std::string>{};
  spec.environment = {{"MODE", "production"}, {"EMPTY", ""}};
  spec.ports = {{"", 80, 8080, "tcp"}, {"127.0.0.1", 8443, 8080, "tcp"}, {"", 0, 53, "udp"}};
  spec.expose = {"9090", "9091/udp"};
  spec.mounts = {{.type = MountType::kVolume,
                  .source = "data",
                  .target = "/data",
                  .read_only = true,
                  .volume_nocopy = true},
                 {.type = MountType::kVolume, .source = "", .target = "/var/cache"},
                 {.type = MountType::kBind,
                  .source = "/srv/www",
                  .target = "/www",
                  .bind_propagation = "rslave"},
                 {.type = MountType::kTmpfs,
                  .target = "/run",
                  .tmpfs_size_bytes = 65536,
                  .tmpfs_mode = 01777}};
  spec.network_attachments = {{.network = "back", .aliases = {"db-client"}},
                              {.network = "front",
                               .aliases = {"web", "www"},
                               .ipv4_address = "10.5.0.7",
                               .ipv6_address = "fd00::7",
                               .link_local_ips = {"169.254.1.2"},
                               .mac_address = "02:42:ac:11:00:07",
                               .priority = 10}};
  spec.networks = {{"front", {.name = "shop_front"}}, {"back", {.name = "shop_back"}}};
  spec.volumes = {{"data", {.name = "shop_data"}}};
  spec.health_check = HealthCheck{.test = {"CMD", "/probe"},
                                  .interval = absl::Seconds(5),
                                  .timeout = absl::Milliseconds(1500),
                                  .start_period = absl::Seconds(30),
                                  .start_interval = absl::Seconds(1),
                                  .retries = 4};
  spec.user = "1000:1000";
  spec.group_add = {"audio"};
  spec.working_dir = "/app";
  spec.hostname = "web";
  spec.domainname = "example.test";
  spec.init = true;
  spec.tty = true;
  spec.stdin_open = true;
  spec.read_only = true;
  spec.privileged = true;
  spec.cap_add = {"NET_ADMIN"};
  spec.cap_drop = {"ALL"};
  spec.ulimits = {{"nofile", 1024, 2048}, {"memlock", -1, -1}};
  spec.sysctls = {{"net.core.somaxconn", "1024"}};
  spec.extra_hosts = {"db:10.0.0.2"};
  spec.dns = {"10.0.0.53"};
  spec.dns_search = {"example.test"};
  spec.dns_opt = {"ndots:1"};
  spec.stop_signal = "SIGQUIT";
  spec.stop_grace_period = absl::Milliseconds(2500);
  spec.resources = {.nano_cpus = 1'500'000'000,
                    .memory_bytes = 64 << 20,
                    .memory_reservation_bytes = 32 << 20,
                    .memory_swap_bytes = -1,
                    .memory_swappiness = 0,
                    .pids_limit = 100,
                    .cpu_shares = 512,
                    .cpu_quota = 50000,
                    .cpu_period = 100000,
                    .cpu_rt_runtime = 950,
                    .cpu_rt_period = 1000,
                    .cpu_count = 2,
                    .cpu_percent = 50,
                    .cpuset_cpus = "0,1",
                    .oom_kill_disable = true,
                    .oom_score_adj = -500,
                    .shm_size_bytes = 128 << 20};
  spec.log_driver = "json-file";
  spec.log_options = {{"max-size", "10m"}};
  spec.pid_mode = "service:app";
  spec.ipc_mode = "shareable";
  spec.uts_mode = "host";
  spec.userns_mode = "host";
  spec.cgroup_mode = "private";
  spec.cgroup_parent = "/shop";
  spec.devices = {{"/dev/ttyS0", "/dev/tty0", "rw"}, {"/dev/fuse", "", "rwm"}};
  spec.device_cgroup_rules = {"c 1:3 mr"};
  spec.security_opt = {"no-new-privileges:true"};
  spec.runtime = "runc";
  return plan;
}

const NetworkNames kNames = {{"front", "shop_front-0a1b2c3d"}, {"back", "shop_back"}};

TEST(CreateBody, MapsEveryFieldForTheOldestApi) {
  ExpectGolden("create_1.41.json", CreateBody(FullPlan(), kNames, 41));
}

TEST(CreateBody, MapsEveryFieldForTheNewestApi) {
  ExpectGolden("create_1.47.json", CreateBody(FullPlan(), kNames, 47));
}

TEST(CreateBody, OfAPlainContainerSaysLittle) {
  ContainerPlan plan;
  plan.name = "a";
  plan.spec.image = "busybox@sha256:b";
  EXPECT_EQ(json::parse(CreateBody(plan, {}, 41)),
            json::parse(R"({"Image":"busybox@sha256:b","Labels":{},
                            "HostConfig":{"RestartPolicy":{"Name":"no"}}})"));
}

TEST(CreateBody, ConnectsTheNetworkOfTheLargestPriorityFirst) {
  const json old = json::parse(CreateBody(FullPlan(), kNames, 41));
  EXPECT_EQ(old["HostConfig"]["NetworkMode"], "shop_front-0a1b2c3d");
  EXPECT_EQ(old["NetworkingConfig"]["EndpointsConfig"].size(), 1u);
  const json recent = json::parse(CreateBody(FullPlan(), kNames, 44));
  EXPECT_EQ(recent["NetworkingConfig"]["EndpointsConfig"].size(), 2u);
}

TEST(CreateBody, NeverUsesBinds) {
  EXPECT_FALSE(json::parse(CreateBody(FullPlan(), kNames, 41))["HostConfig"].contains("Binds"));
}

TEST(CreateBody, SurvivesTextThatIsNotUtf8) {
  ContainerPlan plan;
  plan.spec.environment = {{"X", "\xff\xfe"}};
  EXPECT_TRUE(json::accept(CreateBody(plan, {}, 41)));
}

TEST(CreateBody, TakesTheHealthCheckAway) {
  ContainerPlan plan;
  plan.spec.health_check = HealthCheck{.disable = true, .test = {"CMD", "x"}};
  EXPECT_EQ(json::parse(CreateBody(plan, {}, 41))["Healthcheck"]["Test"], json({"NONE"}));
}

TEST(CreateBody, JoinsContainersOfOtherServices) {
  ContainerPlan plan;
  plan.spec.network_mode = "service:app";
  plan.joined_containers = {{"network", "0123"}};
  EXPECT_EQ(json::parse(CreateBody(plan, {}, 41))["HostConfig"]["NetworkMode"], "container:0123");
}

TEST(PolicyBody, SaysThePolicyAndNothingElse) {
  EXPECT_EQ(PolicyBody(ArmedPolicy::kUnlessStopped),
            R"({"RestartPolicy":{"Name":"unless-stopped"}})");
  EXPECT_EQ(PolicyBody(ArmedPolicy::kNo), R"({"RestartPolicy":{"Name":"no"}})");
}

TEST(LimitsBody, RaisesSwapWithMemory) {
  const json body = json::parse(LimitsBody({.nano_cpus = 5, .memory_bytes = 100}));
  EXPECT_EQ(body, json::parse(R"({"NanoCpus":5,"Memory":100,"MemorySwap":200})"));
}

TEST(NetworkBody, CarriesSettingsLabelsAndPools) {
  NetworkSpec network{
      .name = "shop_front",
      .driver_opts = {{"mtu", "1400"}},
      .labels = {{"a", "b"}},
      .internal = true,
      .enable_ipv6 = true,
      .ipam_driver = "default",
      .ipam_pools = {{"10.5.0.0/24", "10.5.0.1", "10.5.0.128/25", {{"x", "10.5.0.9"}}}}};
  const json body = json::parse(NetworkBody(network, "shop_front-1", {{kAppLabel, "shop"}}));
  EXPECT_EQ(body["Name"], "shop_front-1");
  EXPECT_EQ(body["Driver"], "bridge");
  EXPECT_EQ(body["Labels"],
            json({{"a", "b"}, {kAppLabel, "shop"}, {kSettingsLabel, SettingsDigest(network)}}));
  EXPECT_EQ(body["IPAM"]["Config"][0]["Subnet"], "10.5.0.0/24");
  EXPECT_EQ(body["IPAM"]["Config"][0]["AuxiliaryAddresses"]["x"], "10.5.0.9");
  EXPECT_EQ(body["Internal"], true);
}

TEST(NetworkSettings, DifferOnlyInWhatCannotBeChanged) {
  NetworkSpec network{.name = "n"};
  NetworkSpec same = network;
  same.name = "m";
  same.labels = {{"a", "b"}};
  same.driver = "bridge";
  EXPECT_EQ(SettingsDigest(network), SettingsDigest(same));
  NetworkSpec other = network;
  other.internal = true;
  EXPECT_NE(SettingsDigest(network), SettingsDigest(other));
  EXPECT_TRUE(IsNameOf(network, "n"));
  EXPECT_TRUE(IsNameOf(network, "n-" + SettingsDigest(network)));
  EXPECT_FALSE(IsNameOf(network, "n-" + SettingsDigest(other)));
}

}  // namespace
}  // namespace quayside::agent::docker
