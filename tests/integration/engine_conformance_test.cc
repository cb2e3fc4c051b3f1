// One suite for the fake engine and the real one: what agent/engine.h promises, and the facts of
// Docker that planning hangs on. The real one runs where an engine is given (engine_bed_docker.cc
// says how).
#include "tests/integration/engine_conformance.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "agent/engine.h"
#include "agent/labels.h"
#include "agent/network_settings.h"
#include "common/base/status.h"

namespace quayside::agent {
namespace {

using absl::StatusCode;

INSTANTIATE_TEST_SUITE_P(Engines, EngineConformance, testing::Values("fake", "docker"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST_P(EngineConformance, FactsNameVersionPlatformAndDisk) {
  EXPECT_TRUE(facts_.reachable);
  EXPECT_FALSE(facts_.version.empty());
  EXPECT_TRUE(facts_.api_version.starts_with("1."));
  EXPECT_EQ(facts_.os, "linux");
  EXPECT_FALSE(facts_.arch.empty());
  EXPECT_GT(facts_.cpus, 0);
  EXPECT_GT(facts_.memory_bytes, 0);
  EXPECT_GT(facts_.disk_total_bytes, facts_.disk_free_bytes);
  EXPECT_GT(facts_.disk_free_bytes, 0);
}

TEST_P(EngineConformance, APullMakesExactlyThatDigestLocal) {
  const std::string image = Pulled(Program::kServes);
  const EngineReply reply = Call(InspectImage{image});
  ASSERT_TRUE(reply.ok()) << reply.status();
  const auto& digests = std::get<ImageDetail>(*reply).repo_digests;
  EXPECT_NE(std::find(digests.begin(), digests.end(), image), digests.end());
  const EngineReply list = Call(ListImages{});
  ASSERT_TRUE(list.ok());
  const auto& images = std::get<std::vector<ImageDetail>>(*list);
  EXPECT_TRUE(std::any_of(images.begin(), images.end(), [&image](const ImageDetail& detail) {
    const auto& names = detail.repo_digests;
    return std::find(names.begin(), names.end(), image) != names.end();
  }));
}

TEST_P(EngineConformance, APullOfAnUnknownDigestOrOfATagFails) {
  const auto missing = bed_->MissingImage();
  EXPECT_EQ(CodeOf(PullImage{*missing, ""}), StatusCode::kNotFound);
  EXPECT_EQ(CodeOf(InspectImage{*missing}), StatusCode::kNotFound);
  EXPECT_EQ(CodeOf(PullImage{"registry/conformance:latest", ""}), StatusCode::kInvalidArgument);
}

TEST_P(EngineConformance, AnUnknownContainerIsNotFound) {
  EXPECT_EQ(CodeOf(InspectContainer{"qsconf-none"}), StatusCode::kNotFound);
  EXPECT_EQ(CodeOf(StartContainer{"qsconf-none"}), StatusCode::kNotFound);
  EXPECT_EQ(CodeOf(StopContainer{"qsconf-none", absl::Seconds(1)}), StatusCode::kNotFound);
  EXPECT_EQ(CodeOf(RemoveContainer{"qsconf-none"}), StatusCode::kNotFound);
  EXPECT_EQ(CodeOf(SetPolicy{"qsconf-none", ArmedPolicy::kNo}), StatusCode::kNotFound);
  EXPECT_EQ(CodeOf(ReadLogs{"qsconf-none"}), StatusCode::kNotFound);
}

TEST_P(EngineConformance, ACreateWithoutItsImageIsNotFound) {
  ContainerPlan plan;
  plan.name = tag_ + "-a";
  plan.labels = {{"test", tag_}};
  plan.spec.image = *bed_->MissingImage();
  EXPECT_EQ(CodeOf(CreateContainer{plan}), StatusCode::kNotFound);
}

TEST_P(EngineConformance, AContainerLivesFromCreateToRemove) {
  const std::string id = Create(Plan(Program::kServes));
  ContainerDetail detail = Inspect(id);
  EXPECT_EQ(detail.row.state, ContainerState::kCreated);
  EXPECT_EQ(detail.row.name, tag_ + "-a");
  EXPECT_EQ(detail.started_at, absl::InfinitePast());
  EXPECT_EQ(detail.policy, ArmedPolicy::kNo);
  EXPECT_TRUE(Call(StartContainer{id}).ok());
  detail = Inspect(id);
  EXPECT_EQ(detail.row.state, ContainerState::kRunning);
  EXPECT_GT(detail.pid, 0);
  EXPECT_LT(absl::AbsDuration(detail.started_at - bed_->Wall()), absl::Minutes(1));
  EXPECT_TRUE(Call(StartContainer{id}).ok());  // 304
  EXPECT_EQ(CodeOf(RemoveContainer{id}), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Call(StopContainer{id, absl::Seconds(10)}).ok());
  detail = Inspect(id);
  EXPECT_EQ(detail.row.state, ContainerState::kExited);
  EXPECT_EQ(detail.exit_code, 0);
  EXPECT_GT(detail.finished_at, detail.started_at);
  EXPECT_TRUE(Call(StopContainer{id, absl::Seconds(10)}).ok());  // 304
  EXPECT_TRUE(Call(RemoveContainer{id}).ok());
  EXPECT_EQ(CodeOf(InspectContainer{id}), StatusCode::kNotFound);
  ASSERT_TRUE(AwaitEvent(id, "destroy"));
  EXPECT_EQ(Actions(id),
            (std::vector<std::string>{"create", "start", "kill", "die", "stop", "destroy"}));
}

TEST_P(EngineConformance, AListShowsStoppedOnesAndComparesLabelsExactly) {
  const std::string a = Create(Plan(Program::kServes, "a"));
  ContainerPlan other = Plan(Program::kServes, "b");
  other.labels["test"] = tag_ + "x";
  const std::string b = Create(other);
  const EngineReply reply = Call(ListContainers{"test=" + tag_});
  ASSERT_TRUE(reply.ok());
  const auto& rows = std::get<std::vector<ContainerRow>>(*reply);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].id, a);
  EXPECT_EQ(rows[0].name, tag_ + "-a");
  EXPECT_EQ(rows[0].state, ContainerState::kCreated);
  EXPECT_EQ(rows[0].labels.at(kInstanceLabel), "a");
  EXPECT_EQ(rows[0], Inspect(a).row);
  EXPECT_TRUE(Call(RemoveContainer{b}).ok());
}

TEST_P(EngineConformance, ARepeatedCreateIsOneActAndATakenNameIsSaid) {
  const ContainerPlan plan = Plan(Program::kServes);
  const std::string id = Create(plan);
  EXPECT_EQ(Create(plan), id);
  for (const char* label : {kInstanceLabel, kHostLabel, kFleetLabel}) {
    ContainerPlan other = plan;
    other.labels[label] = "other";
    EXPECT_EQ(CodeOf(CreateContainer{other}), StatusCode::kAlreadyExists) << label;
  }
}

TEST_P(EngineConformance, ARenameTakesAFreeName) {
  const std::string a = Create(Plan(Program::kServes, "a"));
  Create(Plan(Program::kServes, "b"));
  EXPECT_EQ(CodeOf(RenameContainer{a, tag_ + "-b"}), StatusCode::kAlreadyExists);
  EXPECT_TRUE(Call(RenameContainer{a, tag_ + "-c"}).ok());
  EXPECT_EQ(Inspect(a).row.name, tag_ + "-c");
}

TEST_P(EngineConformance, AStopKillsWhatIgnoresItAfterTheGrace) {
  const std::string id = CreateAndStart(Plan(Program::kIgnoresStop));
  const absl::Time before = bed_->Wall();
  EXPECT_TRUE(Call(StopContainer{id, absl::Seconds(1)}).ok());
  EXPECT_GE(bed_->Wall() - before, absl::Seconds(1));
  EXPECT_EQ(Inspect(id).exit_code, 137);
}

TEST_P(EngineConformance, AnExitIsToldWithItsCode) {
  const std::string id = CreateAndStart(Plan(Program::kExitsWith3));
  ASSERT_TRUE(AwaitEvent(id, "die"));
  EXPECT_EQ(LastEvent(id, "die").exit_code, 3);
  EXPECT_EQ(LastEvent(id, "die").labels.at("test"), tag_);
  const ContainerDetail detail = Inspect(id);
  EXPECT_EQ(detail.row.state, ContainerState::kExited);
  EXPECT_EQ(detail.exit_code, 3);
  EXPECT_EQ(detail.restart_count, 0);
}

TEST_P(EngineConformance, AnArmedContainerIsRestartedAndAStopEndsThat) {
  ContainerPlan plan = Plan(Program::kCrashLoops);
  plan.policy = ArmedPolicy::kUnlessStopped;
  const std::string id = CreateAndStart(plan);
  ASSERT_TRUE(AwaitEvent(id, "start", 4));
  EXPECT_GE(Inspect(id).restart_count, 3);
  EXPECT_TRUE(Call(StartContainer{id}).ok());  // also within the back-off
  EXPECT_TRUE(Call(StopContainer{id, absl::Seconds(10)}).ok());
  EXPECT_EQ(Inspect(id).row.state, ContainerState::kExited);
  const int starts = CountEvents(id, "start");
  EXPECT_FALSE(bed_->Await([&] { return CountEvents(id, "start") > starts; }, absl::Seconds(2)));
}

TEST_P(EngineConformance, DisarmingDoesNotCancelAPendingRestartButIsTheLast) {
  ContainerPlan plan = Plan(Program::kCrashLoops);
  plan.policy = ArmedPolicy::kUnlessStopped;
  const std::string id = CreateAndStart(plan);
  ASSERT_TRUE(AwaitEvent(id, "die", 4));  // the next start comes 800 ms later
  EXPECT_TRUE(Call(SetPolicy{id, ArmedPolicy::kNo}).ok());
  ASSERT_TRUE(AwaitEvent(id, "die", 5));
  EXPECT_FALSE(bed_->Await([&] { return CountEvents(id, "start") > 5; }, absl::Seconds(3)));
  EXPECT_EQ(Inspect(id).row.state, ContainerState::kExited);
}

TEST_P(EngineConformance, AManualStartCountsRestartsAnew) {
  ContainerPlan plan = Plan(Program::kCrashLoops);
  plan.policy = ArmedPolicy::kUnlessStopped;
  const std::string id = CreateAndStart(plan);
  ASSERT_TRUE(AwaitEvent(id, "start", 4));
  EXPECT_TRUE(Call(StopContainer{id, absl::Seconds(10)}).ok());
  EXPECT_TRUE(Call(SetPolicy{id, ArmedPolicy::kNo}).ok());
  EXPECT_TRUE(Call(StartContainer{id}).ok());
  EXPECT_EQ(Inspect(id).restart_count, 0);
}

TEST_P(EngineConformance, SettingThePolicyChangesNothingElse) {
  ContainerPlan plan = Plan(Program::kServes);
  plan.spec.resources = {.nano_cpus = 500'000'000, .memory_bytes = 64 << 20, .pids_limit = 50};
  const std::string id = CreateAndStart(plan);
  ContainerDetail before = Inspect(id);
  EXPECT_EQ(before.memory_bytes, 64 << 20);
  EXPECT_TRUE(Call(SetPolicy{id, ArmedPolicy::kUnlessStopped}).ok());
  const ContainerDetail armed = Inspect(id);
  EXPECT_EQ(armed.policy, ArmedPolicy::kUnlessStopped);
  before.policy = ArmedPolicy::kUnlessStopped;
  EXPECT_EQ(armed, before);
  EXPECT_TRUE(Call(SetPolicy{id, ArmedPolicy::kNo}).ok());
  before.policy = ArmedPolicy::kNo;
  EXPECT_EQ(Inspect(id), before);
}

TEST_P(EngineConformance, LimitsChangeWhileItRuns) {
  ContainerPlan plan = Plan(Program::kServes);
  plan.spec.resources.memory_bytes = 32 << 20;
  const std::string id = CreateAndStart(plan);
  const EngineReply reply =
      Call(SetLimits{id, {.nano_cpus = 250'000'000, .memory_bytes = 128 << 20}});
  EXPECT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(Inspect(id).memory_bytes, 128 << 20);
  EXPECT_EQ(Inspect(id).nano_cpus, 250'000'000);
  EXPECT_EQ(Inspect(id).row.state, ContainerState::kRunning);
}

TEST_P(EngineConformance, AMemoryLimitIsNeverTakenAwayOnlyRaised) {
  const std::string id = CreateAndStart(Plan(Program::kServes));
  EXPECT_TRUE(Call(SetLimits{id, {.memory_bytes = 64 << 20}}).ok());
  EXPECT_EQ(CodeOf(SetLimits{id, {.memory_bytes = -1, .memory_swap_bytes = -1}}),
            StatusCode::kInvalidArgument);
  const EngineReply raised = Call(SetLimits{id, {.memory_bytes = int64_t{1} << 40}});
  EXPECT_TRUE(raised.ok()) << raised.status();
  EXPECT_EQ(Inspect(id).memory_bytes, int64_t{1} << 40);
}

TEST_P(EngineConformance, ARestartIsCountedWhenTheEngineHasSeenTheEnd) {
  ContainerPlan plan = Plan(Program::kCrashLoops);
  plan.policy = ArmedPolicy::kUnlessStopped;
  const std::string id = CreateAndStart(plan);
  ASSERT_TRUE(AwaitEvent(id, "die", 4));  // its back-off is 800 ms now: it is met there
  const ContainerDetail detail = Inspect(id);
  EXPECT_EQ(detail.row.state, ContainerState::kRestarting);
  EXPECT_EQ(detail.restart_count, 4);
}

TEST_P(EngineConformance, AKillEndsIt) {
  const std::string id = CreateAndStart(Plan(Program::kIgnoresStop));
  EXPECT_TRUE(Call(KillContainer{id, "SIGKILL"}).ok());
  ASSERT_TRUE(AwaitEvent(id, "die"));
  EXPECT_EQ(Inspect(id).exit_code, 137);
  EXPECT_EQ(CodeOf(KillContainer{id, "SIGKILL"}), StatusCode::kFailedPrecondition);
}

TEST_P(EngineConformance, ATakenPortFailsTheStartAndIsInItsRecord) {
  const auto port = static_cast<uint32_t>(20000 + getpid() % 20000);
  ContainerPlan first = Plan(Program::kServes, "a");
  first.spec.ports = {{"", port, 80, "tcp"}, {"", 0, 81, "tcp"}};
  ContainerPlan second = Plan(Program::kServes, "b");
  second.spec.ports = {{"", port, 80, "tcp"}};
  const std::string a = CreateAndStart(first);
  const ContainerDetail detail = Inspect(a);
  EXPECT_TRUE(std::any_of(detail.ports.begin(), detail.ports.end(), [port](const PublishedPort& p) {
    return p.host_port == port && p.container_port == 80 && p.protocol == "tcp";
  }));
  EXPECT_TRUE(std::any_of(detail.ports.begin(), detail.ports.end(), [](const PublishedPort& p) {
    return p.host_port != 0 && p.container_port == 81;
  }));
  const std::string b = Create(second);
  const EngineReply clash = Call(StartContainer{b});
  EXPECT_EQ(clash.status().code(), StatusCode::kFailedPrecondition) << clash.status();
  EXPECT_EQ(Inspect(b).row.state, ContainerState::kCreated);
  EXPECT_FALSE(Inspect(b).error.empty());
  EXPECT_TRUE(Call(StopContainer{a, absl::Seconds(10)}).ok());
  EXPECT_TRUE(Call(StartContainer{b}).ok());
  EXPECT_TRUE(Inspect(b).error.empty());
}

TEST_P(EngineConformance, AMissingBindSourceIsRefused) {
  if (!bed_->is_real())
    GTEST_SKIP() << "skipped, because the fake's paths are declared by each test";
  ContainerPlan plan = Plan(Program::kServes);
  plan.spec.mounts = {{.type = MountType::kBind, .source = "/nonexistent/" + tag_, .target = "/x"}};
  EXPECT_EQ(CodeOf(CreateContainer{plan}), StatusCode::kInvalidArgument);
}

TEST_P(EngineConformance, EveryNetworkOfThePlanIsJoined) {
  ContainerPlan plan = Plan(Program::kServes);
  plan.aliases = {"web"};
  for (const char* key : {"front", "back"}) {
    const NetworkSpec network{.name = tag_ + "-" + key};
    plan.spec.networks[key] = network;
    plan.spec.network_attachments.push_back({.network = key});
    ASSERT_TRUE(Call(EnsureNetwork{network, {{"test", tag_}}}).ok());
  }
  const std::string id = CreateAndStart(plan);
  const ContainerDetail detail = Inspect(id);
  ASSERT_EQ(detail.addresses.size(), 2u);
  EXPECT_FALSE(detail.addresses.at(tag_ + "-front").empty());
  EXPECT_FALSE(detail.addresses.at(tag_ + "-back").empty());
  EXPECT_EQ(CodeOf(RemoveNetwork{tag_ + "-front"}), StatusCode::kFailedPrecondition);
}

TEST_P(EngineConformance, ANetworkWithOtherSettingsGetsAnotherNameAndIsJoined) {
  const NetworkSpec first{.name = tag_ + "-net"};
  NetworkSpec second = first;
  second.internal = true;
  const EngineReply one = Call(EnsureNetwork{first, {{"test", tag_}}});
  const EngineReply again = Call(EnsureNetwork{first, {{"test", tag_}}});
  const EngineReply two = Call(EnsureNetwork{second, {{"test", tag_}}});
  ASSERT_TRUE(one.ok() && again.ok() && two.ok());
  EXPECT_EQ(std::get<Created>(*one), std::get<Created>(*again));
  EXPECT_NE(std::get<Created>(*one), std::get<Created>(*two));
  EXPECT_EQ(Call(EnsureNetwork{second, {{"test", tag_}}}), two);
  EXPECT_EQ(Names(ListNetworks{"test=" + tag_}),
            (std::vector<std::string>{first.name, AlternativeName(second)}));
  ContainerPlan plan = Plan(Program::kServes);
  plan.spec.networks["n"] = second;
  plan.spec.network_attachments = {{.network = "n"}};
  EXPECT_TRUE(Inspect(CreateAndStart(plan)).addresses.contains(AlternativeName(second)));
}

TEST_P(EngineConformance, AMissingNetworkFailsTheCreate) {
  ContainerPlan plan = Plan(Program::kServes);
  plan.spec.networks["n"] = {.name = tag_ + "-none"};
  plan.spec.network_attachments = {{.network = "n"}};
  EXPECT_EQ(CodeOf(CreateContainer{plan}), StatusCode::kNotFound);
}

TEST_P(EngineConformance, ExternalNetworksAndVolumesAreNeverMade) {
  const EngineReply network = Call(EnsureNetwork{{.name = tag_ + "-ext", .external = true}, {}});
  EXPECT_EQ(network.status().code(), StatusCode::kNotFound);
  EXPECT_NE(Message(network.status()).find("docker network create"), std::string::npos);
  const EngineReply volume = Call(EnsureVolume{{.name = tag_ + "-ext", .external = true}, {}});
  EXPECT_EQ(volume.status().code(), StatusCode::kNotFound);
  EXPECT_NE(Message(volume.status()).find("docker volume create"), std::string::npos);
  ASSERT_TRUE(Call(EnsureNetwork{{.name = tag_ + "-own"}, {{"test", tag_}}}).ok());
  EXPECT_TRUE(
      Call(EnsureNetwork{{.name = tag_ + "-own", .external = true, .internal = true}, {}}).ok());
}

TEST_P(EngineConformance, AContainerJoinsANetworkLater) {
  const EngineReply network = Call(EnsureNetwork{{.name = tag_ + "-late"}, {{"test", tag_}}});
  ASSERT_TRUE(network.ok());
  ContainerPlan plan = Plan(Program::kServes);
  plan.spec.networks["n"] = {.name = tag_ + "-first"};
  plan.spec.network_attachments = {{.network = "n"}};
  ASSERT_TRUE(Call(EnsureNetwork{plan.spec.networks["n"], {{"test", tag_}}}).ok());
  const std::string id = CreateAndStart(plan);
  const EngineReply connected =
      Call(ConnectNetwork{id, std::get<Created>(*network).id, {.network = "late"}, {"web"}});
  EXPECT_TRUE(connected.ok()) << connected.status();
  EXPECT_FALSE(Inspect(id).addresses[tag_ + "-late"].empty());
}

TEST_P(EngineConformance, AVolumeInUseStays) {
  const VolumeSpec volume{.name = tag_ + "-data"};
  ASSERT_TRUE(Call(EnsureVolume{volume, {{"test", tag_}}}).ok());
  ASSERT_TRUE(Call(EnsureVolume{volume, {{"test", tag_}}}).ok());
  EXPECT_EQ(Names(ListVolumes{"test=" + tag_}), std::vector<std::string>{volume.name});
  VolumeSpec other = volume;
  other.driver_opts = {{"type", "tmpfs"}, {"device", "tmpfs"}};
  EXPECT_EQ(CodeOf(EnsureVolume{other, {}}), StatusCode::kFailedPrecondition);
  ContainerPlan plan = Plan(Program::kServes);
  plan.spec.volumes["data"] = volume;
  plan.spec.mounts = {{.type = MountType::kVolume, .source = "data", .target = "/data"}};
  plan.managed_volumes = {{"/cache", tag_ + "-cache"}};
  ASSERT_TRUE(Call(EnsureVolume{{.name = tag_ + "-cache"}, {{"test", tag_}}}).ok());
  const std::string id = Create(plan);
  std::vector<std::string> names = Inspect(id).volume_names;
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{tag_ + "-cache", tag_ + "-data"}));
  EXPECT_EQ(CodeOf(RemoveVolume{volume.name}), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Call(RemoveContainer{id}).ok());
  EXPECT_TRUE(Call(RemoveVolume{volume.name}).ok());
  EXPECT_EQ(CodeOf(RemoveVolume{volume.name}), StatusCode::kNotFound);
}

TEST_P(EngineConformance, AnImageInUseStays) {
  ContainerPlan plan = Plan(Program::kExitsWith3);
  const std::string id = Create(plan);
  EXPECT_EQ(CodeOf(RemoveImage{plan.spec.image}), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Call(InspectImage{plan.spec.image}).ok());
  EXPECT_TRUE(Call(RemoveContainer{id}).ok());
  EXPECT_TRUE(Call(RemoveImage{plan.spec.image}).ok());
  EXPECT_EQ(CodeOf(InspectImage{plan.spec.image}), StatusCode::kNotFound);
}

TEST_P(EngineConformance, ACommandInAContainerGivesItsExitCode) {
  const std::string id = CreateAndStart(Plan(Program::kServes));
  const EngineReply reply = Call(ExecCommand{id, {"/bin/busybox", "true"}, absl::Seconds(30)});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(std::get<ExecResult>(*reply).exit_code, 0);
  EXPECT_TRUE(Call(StopContainer{id, absl::Seconds(10)}).ok());
  EXPECT_EQ(CodeOf(ExecCommand{id, {"/bin/busybox", "true"}, absl::Seconds(30)}),
            StatusCode::kFailedPrecondition);
}

TEST_P(EngineConformance, ACommandsOutputAndTimeLimit) {
  if (!bed_->is_real()) GTEST_SKIP() << "skipped, because the fake runs no commands";
  const std::string id = CreateAndStart(Plan(Program::kServes));
  const EngineReply reply = Call(ExecCommand{
      id, {"/bin/busybox", "sh", "-c", "echo out; echo err >&2; exit 7"}, absl::Seconds(30)});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(std::get<ExecResult>(*reply).exit_code, 7);
  EXPECT_NE(std::get<ExecResult>(*reply).output.find("out\n"), std::string::npos);
  EXPECT_NE(std::get<ExecResult>(*reply).output.find("err\n"), std::string::npos);
  EXPECT_EQ(CodeOf(ExecCommand{id, {"/bin/busybox", "sleep", "1000"}, absl::Milliseconds(500)}),
            StatusCode::kDeadlineExceeded);
  const EngineReply left =
      Call(ExecCommand{id,
                       {"/bin/busybox", "sh", "-c", "busybox ps | busybox grep -c '[s]leep 1000$'"},
                       absl::Seconds(30)});
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(std::get<ExecResult>(*left).output, "0\n")
      << "the command that took too long still runs";
}

TEST_P(EngineConformance, LogsEndWithTheNewestLines) {
  const std::string id = CreateAndStart(Plan(Program::kServes));
  const EngineReply stopped = Call(StopContainer{id, absl::Seconds(10)});
  ASSERT_TRUE(stopped.ok());
  const EngineReply reply = Call(ReadLogs{id, 1, 1000});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(std::get<LogText>(*reply).text, "started\n");
}

TEST_P(EngineConformance, HealthIsToldByEventsAndLists) {
  const std::string good = CreateAndStart(Plan(Program::kTurnsHealthy, "a"));
  ContainerPlan plan = Plan(Program::kTurnsUnhealthy, "b");
  plan.spec.health_check = HealthCheck{.interval = absl::Milliseconds(200), .retries = 1};
  const std::string bad = CreateAndStart(plan);
  ASSERT_TRUE(AwaitEvent(good, "health_status: healthy"));
  ASSERT_TRUE(AwaitEvent(bad, "health_status: unhealthy"));
  EXPECT_EQ(Inspect(good).row.health, HealthState::kHealthy);
  EXPECT_EQ(Inspect(bad).row.health, HealthState::kUnhealthy);
  const EngineReply reply = Call(ListContainers{"test=" + tag_});
  ASSERT_TRUE(reply.ok());
  for (const ContainerRow& row : std::get<std::vector<ContainerRow>>(*reply)) {
    EXPECT_EQ(row.health, row.id == good ? HealthState::kHealthy : HealthState::kUnhealthy);
  }
}

TEST_P(EngineConformance, AHealthCheckCanBeTakenAway) {
  ContainerPlan plan = Plan(Program::kTurnsUnhealthy);
  plan.spec.health_check = HealthCheck{.disable = true};
  EXPECT_EQ(Inspect(CreateAndStart(plan)).row.health, HealthState::kNone);
}

TEST_P(EngineConformance, CallsOfOneContainerKeepTheirOrder) {
  const std::string id = Create(Plan(Program::kServes));
  std::vector<std::string> answers;
  std::optional<ContainerState> seen;
  const auto note = [&](std::string name) {
    return [&, name](EngineReply reply) {
      bed_->Locked([&] {
        answers.push_back(name + (reply.ok() ? "" : " failed"));
        if (reply.ok() && std::holds_alternative<ContainerDetail>(*reply)) {
          seen = std::get<ContainerDetail>(*reply).row.state;
        }
      });
    };
  };
  bed_->engine().Submit(StartContainer{id}, note("start"));
  bed_->engine().Submit(StopContainer{id, absl::Seconds(10)}, note("stop"));
  bed_->engine().Submit(InspectContainer{id}, note("inspect"));
  bed_->engine().Submit(RemoveContainer{id}, note("remove"));
  ASSERT_TRUE(bed_->Await([&] { return answers.size() == 4; }, kPatience));
  EXPECT_EQ(answers, (std::vector<std::string>{"start", "stop", "inspect", "remove"}));
  EXPECT_EQ(seen, ContainerState::kExited);
}

}  // namespace
}  // namespace quayside::agent
