#include "agent/docker/parse.h"

#include <gtest/gtest.h>

#include "agent/docker/errors.h"
#include "agent/docker/pull.h"
#include "agent/labels.h"
#include "agent/log_tail.h"
#include "agent/network_settings.h"
#include "common/base/status.h"

namespace quayside::agent::docker {
namespace {

TEST(ParseContainerList, ReadsStateAndHealthOfEachRow) {
  const auto rows = ParseContainerList(R"json([
    {"Id":"a1","Names":["/web","/other/alias"],"Labels":{"k":"v"},"State":"running",
     "Status":"Up 2 minutes (healthy)"},
    {"Id":"a2","Names":["/b"],"Labels":null,"State":"exited","Status":"Exited (1) 2 seconds ago"},
    {"Id":"a3","Names":["/c"],"State":"running","Status":"Up 1 second (health: starting)"},
    {"Id":"a4","Names":["/d"],"State":"running","Status":"Up 1 second (unhealthy)"}])json");
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ(
      (*rows)[0],
      (ContainerRow{"a1", "web", {{"k", "v"}}, ContainerState::kRunning, HealthState::kHealthy}));
  EXPECT_EQ((*rows)[1].state, ContainerState::kExited);
  EXPECT_EQ((*rows)[1].health, HealthState::kNone);
  EXPECT_EQ((*rows)[2].health, HealthState::kStarting);
  EXPECT_EQ((*rows)[3].health, HealthState::kUnhealthy);
}

TEST(ParseContainerList, NeverTakesAnOddAnswerForNoContainers) {
  EXPECT_EQ(ParseContainerList("").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ParseContainerList("null").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ParseContainerList("{}").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ParseContainerList("[{\"Id\":").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ParseContainerList(std::string(100'000, '[')).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(ParseContainer, ReadsWhatPlanningNeeds) {
  const auto detail =
      ParseContainer(R"({"Id":"a1","Name":"/web","Image":"sha256:1","RestartCount":3,
    "Config":{"Image":"r@sha256:2","Labels":{"k":"v"},"Tty":true},
    "State":{"Status":"exited","ExitCode":137,"OOMKilled":true,"Error":"boom","Pid":0,
             "StartedAt":"2026-01-02T03:04:05.5Z","FinishedAt":"0001-01-01T00:00:00Z","Health":{"Status":"unhealthy"}},
    "HostConfig":{"RestartPolicy":{"Name":"unless-stopped"},"NetworkMode":"host","Memory":64,"NanoCpus":5},
    "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],
                                "81/tcp":null},
                       "Networks":{"n":{"IPAddress":"10.0.0.2"}}},
    "Mounts":[{"Type":"volume","Name":"v"},{"Type":"bind","Source":"/x"}]})");
  ASSERT_TRUE(detail.ok()) << detail.status();
  EXPECT_EQ(detail->row.name, "web");
  EXPECT_EQ(detail->row.health, HealthState::kUnhealthy);
  EXPECT_EQ(detail->policy, ArmedPolicy::kUnlessStopped);
  EXPECT_EQ(detail->exit_code, 137);
  EXPECT_TRUE(detail->oom_killed);
  EXPECT_EQ(detail->error, "boom");
  EXPECT_EQ(absl::ToUnixMillis(detail->started_at), 1767323045500);
  EXPECT_EQ(detail->finished_at, absl::InfinitePast());
  ASSERT_EQ(detail->ports.size(), 2u);
  EXPECT_EQ(detail->ports[0], (PublishedPort{"0.0.0.0", 8080, 80, "tcp"}));
  EXPECT_EQ(detail->addresses.at("n"), "10.0.0.2");
  EXPECT_TRUE(detail->host_network);
  EXPECT_EQ(detail->volume_names, std::vector<std::string>{"v"});
  EXPECT_EQ(detail->image, "r@sha256:2");
}

std::string FailedCheckOf(const std::string& log) {
  const auto detail = ParseContainer(R"({"Id":"a","State":{"Health":{"Log":)" + log + "}}}");
  return detail.ok() ? detail->failed_check : detail.status().ToString();
}

TEST(ParseContainer, KeepsWhatAFailedHealthCheckSaidLast) {
  EXPECT_EQ(FailedCheckOf(R"([{"ExitCode":0,"Output":"fine"},
                              {"ExitCode":1,"Output":"wget: can't connect\r\nto port 80\n"}])"),
            "exit code 1: wget: can't connect to port 80");
  EXPECT_EQ(
      FailedCheckOf(R"json([{"ExitCode":-1,"Output":"Health check exceeded timeout (1s)"}])json"),
      "Health check exceeded timeout (1s)");
  EXPECT_EQ(FailedCheckOf(R"([{"ExitCode":2,"Output":""}])"), "exit code 2");
  EXPECT_EQ(FailedCheckOf(R"([{"ExitCode":1,"Output":"x"},{"ExitCode":0,"Output":"fine"}])"), "");
  EXPECT_EQ(FailedCheckOf("[]"), "");
  EXPECT_EQ(FailedCheckOf("null"), "");
  EXPECT_EQ(FailedCheckOf(R"([{"ExitCode":1,"Output":")" + std::string(4000, 'x') + "\"}]").size(),
            std::string("exit code 1: ").size() + 400);
}

TEST(ParseContainer, SurvivesWrongTypes) {
  const auto detail = ParseContainer(
      R"({"Id":"a","Name":7,"State":[],"Config":"x","HostConfig":null,"NetworkSettings":{"Ports":{"80/tcp":{}}},"Mounts":{}})");
  ASSERT_TRUE(detail.ok());
  EXPECT_EQ(detail->row.id, "a");
  EXPECT_EQ(detail->policy, ArmedPolicy::kNo);
  EXPECT_FALSE(ParseContainer("{}").ok());
  EXPECT_FALSE(ParseContainer("[]").ok());
}

TEST(ParseImage, ReadsDigestsVolumesAndHealthCheck) {
  const auto image =
      ParseImage(R"({"Id":"sha256:1","RepoDigests":["r@sha256:2","<none>@<none>"],"RepoTags":null,
    "Os":"linux","Architecture":"arm64","Variant":"v8","Size":12,
    "Config":{"Volumes":{"/data":{}},"StopSignal":"SIGQUIT","Healthcheck":{"Test":["CMD","x"]}}})");
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->repo_digests, std::vector<std::string>{"r@sha256:2"});
  EXPECT_EQ(image->volumes, std::vector<std::string>{"/data"});
  EXPECT_EQ(image->stop_signal, "SIGQUIT");
  EXPECT_TRUE(image->has_health_check);
  EXPECT_FALSE(
      ParseImage(R"({"Id":"x","Config":{"Healthcheck":{"Test":["NONE"]}}})")->has_health_check);
}

TEST(ParseEvent, ReadsTypeActionAndActorOnlyAndWhoLeftANetwork) {
  const auto event = ParseEvent(
      R"({"status":"wrong","id":"wrong","Type":"container","Action":"die","Actor":{"ID":"a1","Attributes":{"exitCode":"137","k":"v"}}})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->container, "a1");
  EXPECT_EQ(event->action, "die");
  EXPECT_EQ(event->exit_code, 137);
  EXPECT_EQ(event->labels.at("k"), "v");
  EXPECT_FALSE(ParseEvent(R"({"Type":"network","Action":"create","Actor":{"ID":"n"}})"));
  const auto left = ParseEvent(
      R"({"Type":"network","Action":"disconnect","Actor":{"ID":"n","Attributes":{"container":"c1","name":"front"}}})");
  ASSERT_TRUE(left);
  EXPECT_EQ(left->container, "c1");
  EXPECT_EQ(left->action, "network_disconnect");
  EXPECT_FALSE(ParseEvent("not json"));
  EXPECT_FALSE(ParseEvent(R"({"Type":"container","Actor":7})"));
}

TEST(NegotiateApi, TakesTheSmallerMaximum) {
  EXPECT_EQ(*NegotiateApi({.max_api = 41, .min_api = 12}), 41);
  EXPECT_EQ(*NegotiateApi({.max_api = 52, .min_api = 44}), 47);
}

TEST(NegotiateApi, RefusesEnginesThatAreTooOldOrTooNew) {
  const auto old = NegotiateApi({.engine = "19.03.15", .max_api = 40, .min_api = 12});
  EXPECT_EQ(old.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(old.status()).find("19.03.15"), std::string::npos);
  EXPECT_EQ(NegotiateApi({.max_api = 60, .min_api = 48}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ParseVersion, RefusesWhatIsNoEngine) {
  EXPECT_EQ(ParseVersion("<html>").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ParseVersion("{}").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(
      ParseVersion(R"({"ApiVersion":"1.41","MinAPIVersion":"1.12","Version":"20.10.24+dfsg1"})")
          ->max_api,
      41);
}

TEST(WarningsFor, NamesTheReleasesThatCutAGraceShort) {
  for (const char* bad : {"23.0.0", "23.0.6", "24.0.0", "24.0.2", "24.0.2-rd"})
    EXPECT_EQ(WarningsFor(bad).size(), 1u) << bad;
  for (const char* good : {"20.10.24+dfsg1", "23.0.7", "24.0.3", "29.0.0", ""})
    EXPECT_TRUE(WarningsFor(good).empty()) << good;
}

TEST(Shown, ShortensIdsAndLeavesNames) {
  EXPECT_EQ(Shown(std::string(64, 'a')), "container aaaaaaaaaaaa");
  EXPECT_EQ(Shown("shop-web-1-abcdefghijkl"), "container shop-web-1-abcdefghijkl");
}

TEST(ErrorOfAnswer, TellsClassesApart) {
  using absl::StatusCode;
  const struct {
    int status;
    const char* message;
    StatusCode code;
  } kCases[] = {
      {404, "No such container: x", StatusCode::kNotFound},
      {409, "Conflict. The container name \"/x\" is already in use by container \"1\".",
       StatusCode::kAlreadyExists},
      {409, "removal of container x is already in progress", StatusCode::kAborted},
      {409, "You cannot remove a running container x. Stop the container before attempting removal",
       StatusCode::kFailedPrecondition},
      {400, "invalid mount config for type \"bind\": bind source path does not exist: /x",
       StatusCode::kInvalidArgument},
      {500,
       "driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:80 failed: "
       "port is already allocated",
       StatusCode::kFailedPrecondition},
      {500, "write /var/lib/docker/x: no space left on device", StatusCode::kResourceExhausted},
      {500,
       "could not find an available, non-overlapping IPv4 address pool among the defaults to "
       "assign to the network",
       StatusCode::kResourceExhausted},
      {400, "OCI runtime create failed: exec: \"nope\": executable file not found in $PATH",
       StatusCode::kInvalidArgument},
      {403, "Address already in use", StatusCode::kFailedPrecondition},
      {500, "something unheard of", StatusCode::kUnavailable},
      {503, "This node is not a swarm manager", StatusCode::kUnavailable},
  };
  for (const auto& c : kCases) {
    const std::string body = std::string(R"({"message":)") + "\"" + [&] {
      std::string escaped;
      for (const char* p = c.message; *p; ++p) {
        if (*p == '"' || *p == '\\') escaped += '\\';
        escaped += *p;
      }
      return escaped;
    }() + "\"}";
    const absl::Status status = ErrorOfAnswer(c.status, body, "start container x");
    EXPECT_EQ(status.code(), c.code) << c.message;
    EXPECT_NE(Message(status).find(std::string("cannot start container x: ") + c.message),
              std::string::npos);
  }
}

TEST(ErrorOfPull, TellsClassesApart) {
  using absl::StatusCode;
  const std::pair<const char*, StatusCode> kCases[] = {
      {"manifest for r@sha256:1 not found: manifest unknown: manifest unknown",
       StatusCode::kNotFound},
      {"pull access denied for r, repository does not exist or may require 'docker login'",
       StatusCode::kPermissionDenied},
      {"unauthorized: authentication required", StatusCode::kPermissionDenied},
      {"toomanyrequests: You have reached your pull rate limit.", StatusCode::kResourceExhausted},
      {"failed to register layer: write /x: no space left on device",
       StatusCode::kResourceExhausted},
      {"no matching manifest for linux/arm64 in the manifest list entries",
       StatusCode::kInvalidArgument},
      {"Get http://r/v2/: dial tcp 127.0.0.1:5000: connect: connection refused",
       StatusCode::kUnavailable},
      {"received unexpected HTTP status: 502 Bad Gateway", StatusCode::kUnavailable},
  };
  for (const auto& [message, code] : kCases) {
    EXPECT_EQ(ErrorOfPull(message, "r@sha256:1").code(), code) << message;
  }
}

TEST(PullProgress, SumsLayersAcrossBrokenPieces) {
  PullProgress progress;
  EXPECT_EQ(progress.Text(), "");
  progress.Add(
      R"({"status":"Downloading","id":"a","progressDetail":{"current":1000000,"total":4000000}})");
  progress.Add("\n{\"status\":\"Downloading\",\"id\":\"b\",\"progress");
  progress.Add("Detail\":{\"current\":500000,\"total\":2000000}}\nnot json\n");
  EXPECT_EQ(progress.Text(), "1.5 of 6.0 MB");
  progress.Add("{\"status\":\"Download complete\",\"id\":\"a\"}\n");
  EXPECT_EQ(progress.Text(), "4.5 of 6.0 MB");
  EXPECT_FALSE(progress.error());
}

TEST(PullProgress, FindsTheErrorInsideTheStream) {
  PullProgress progress;
  progress.Add("{\"errorDetail\":{\"message\":\"manifest unknown\"},\"error\":\"old\"}\n");
  EXPECT_EQ(progress.error(), "manifest unknown");
  PullProgress old_form;
  old_form.Add("{\"error\":\"old\"}\n");
  EXPECT_EQ(old_form.error(), "old");
}

TEST(PullProgress, ForgetsALineWithoutEnd) {
  PullProgress progress;
  progress.Add(std::string(1 << 20, 'x'));
  progress.Add("\n{\"errorDetail\":{\"message\":\"m\"}}\n");
  EXPECT_EQ(progress.error(), "m");
}

TEST(ParsePinned, WantsADigest) {
  EXPECT_EQ(ParsePinned("host:5000/a/b@sha256:12")->repository, "host:5000/a/b");
  EXPECT_EQ(ParsePinned("host:5000/a/b@sha256:12")->digest, "sha256:12");
  EXPECT_EQ(ParsePinned("nginx:1.25").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParsePinned("@sha256:12").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParseMultiplexed, JoinsPayloads) {
  const std::string bytes =
      std::string("\1\0\0\0\0\0\0\3abc", 11) + std::string("\2\0\0\0\0\0\0\2de", 10);
  EXPECT_EQ(ParseMultiplexed(bytes), "abcde");
  EXPECT_EQ(ParseMultiplexed(bytes.substr(0, 9)), "a");
  EXPECT_EQ(ParseMultiplexed(std::string("\1\0\0\0\xff\xff\xff\xff"
                                         "ab",
                                         10)),
            "ab");
  EXPECT_EQ(ParseMultiplexed("plain text here"), "");
}

TEST(Tail, KeepsTheNewestLinesWithinBothLimits) {
  EXPECT_EQ(Tail("a\nb\nc\n", 1, 100), "c\n");
  EXPECT_EQ(Tail("a\nb\nc", 2, 100), "b\nc");
  EXPECT_EQ(Tail("a\nb\n", 5, 100), "a\nb\n");
  EXPECT_EQ(Tail("", 5, 100), "");
  EXPECT_EQ(Tail("aaaa\nbb\n", 5, 6), "bb\n");
  EXPECT_EQ(Tail("aaaaaaaa", 5, 4), "aaaa");
  EXPECT_EQ(Tail("a\nb\n", 0, 100), "");
}

TEST(HasSettingsOf, ComparesOursByLabelAndOthersBySettings) {
  NetworkSpec wanted{.name = "n", .internal = true, .ipam_pools = {{.subnet = "10.1.0.0/24"}}};
  NetworkInspect ours{.settings_label = SettingsDigest(wanted)};
  EXPECT_TRUE(HasSettingsOf(ours, wanted));
  ours.settings_label = "00000000";
  EXPECT_FALSE(HasSettingsOf(ours, wanted));
  NetworkInspect theirs{.spec = {.name = "n",
                                 .driver = "bridge",
                                 .internal = true,
                                 .ipam_pools = {{.subnet = "10.1.0.0/24", .gateway = "10.1.0.1"}}}};
  EXPECT_TRUE(HasSettingsOf(theirs, wanted));
  theirs.spec.internal = false;
  EXPECT_FALSE(HasSettingsOf(theirs, wanted));
}

}  // namespace
}  // namespace quayside::agent::docker
