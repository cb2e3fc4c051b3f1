#include "bench/rig.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/docker/docker_engine.h"
#include "agent/labels.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "common/compose/compose.h"
#include "common/wire/convert.h"
#include "grpcpp/create_channel.h"

namespace quayside::bench {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);

MonoTime Now() {
  static SystemClock clock;
  return clock.Now();
}

}  // namespace

void Fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

std::string FromBed(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) {
    Fail(std::string(variable) +
         " is not set: run this inside a bed, tests/testbed/testbed.py run --hosts 4 -- PROGRAM");
  }
  return value;
}

// ---- DirectEngine ----

DirectEngine::DirectEngine(const std::string& url) {
  auto engine = agent::docker::DockerEngine::Open(url);
  if (!engine.ok()) Fail(Message(engine.status()));
  engine_ = *std::move(engine);
  engine_->Watch([this](agent::EngineEvent event) {
    if (event.kind != agent::EngineEvent::Kind::kContainer) return;
    const absl::MutexLock lock(&mutex_);
    std::string& service = event.labels[agent::kServiceLabel];
    if (service.empty()) service = event.labels["com.docker.swarm.service.name"];
    seen_.push_back({Now(), event.action, event.container, service});
    if (seen_.size() > 10'000) seen_.pop_front();
  });
}

DirectEngine::~DirectEngine() { engine_.reset(); }

agent::EngineAnswer DirectEngine::Call(agent::EngineCall call) {
  const std::string what = agent::Describe(call);
  std::promise<agent::EngineReply> answered;
  engine_->Submit(std::move(call),
                  [&](agent::EngineReply reply) { answered.set_value(std::move(reply)); });
  agent::EngineReply reply = answered.get_future().get();
  if (!reply.ok()) Fail(what + ": " + Message(reply.status()));
  return *std::move(reply);
}

void DirectEngine::EnsureNetworks(const ContainerSpec& spec) {
  for (const auto& [key, network] : spec.networks) Call(agent::EnsureNetwork{network, {}});
}

std::string DirectEngine::Create(const ContainerSpec& spec, const std::string& name) {
  agent::ContainerPlan plan;
  plan.name = name + "-" + std::to_string(Now().nanos());
  plan.spec = spec;
  plan.labels[agent::kServiceLabel] = kFloor;
  plan.aliases = {"web"};
  return std::get<agent::Created>(Call(agent::CreateContainer{plan})).id;
}

std::string DirectEngine::Digest(const std::string& tag) {
  const auto image = std::get<agent::ImageDetail>(Call(agent::InspectImage{tag}));
  if (image.repo_digests.empty()) Fail("The image " + tag + " was never pushed");
  return image.repo_digests.front();
}

DirectEngine::Seen DirectEngine::WaitFor(const std::string& action, MonoTime since,
                                         const std::string& container) {
  const MonoTime deadline = Now() + kPatience;
  Seen found;
  const auto arrived = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const Seen& seen : seen_) {
      if (seen.at < since || seen.action != action) continue;
      if (!container.empty() && seen.container != container) continue;
      found = seen;
      return true;
    }
    return false;
  };
  const absl::MutexLock lock(&mutex_);
  if (!mutex_.AwaitWithTimeout(absl::Condition(&arrived), deadline - Now())) {
    Fail("No '" + action + "' within a minute");
  }
  return found;
}

std::vector<DirectEngine::Seen> DirectEngine::EventsSince(MonoTime since) {
  const absl::MutexLock lock(&mutex_);
  std::vector<Seen> events;
  for (const Seen& seen : seen_) {
    if (seen.at >= since) events.push_back(seen);
  }
  return events;
}

MonoTime DirectEngine::last_event() {
  const absl::MutexLock lock(&mutex_);
  return seen_.empty() ? MonoTime() : seen_.back().at;
}

// ---- Programs ----

Programs::Programs(const std::string& directory, const std::vector<std::string>& engine_urls,
                   const std::string& registry)
    : directory_(directory) {
  std::filesystem::create_directories(directory_);
  const std::string binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::string data = directory_ + "/controller";
  std::filesystem::remove(data + "/endpoints.json");  // of a run before
  pids_.push_back(Spawn({binaries + "/quayside-controller", "--data-dir", data, "--listen",
                         "127.0.0.1:0", "--https", "127.0.0.1:0", "--insecure-registry", registry},
                        directory_ + "/controller.log"));
  const std::string endpoints = data + "/endpoints.json";
  const MonoTime deadline = Now() + kPatience;
  std::string grpc;
  while (grpc.empty()) {
    if (Now() > deadline) Fail("The controller does not serve; see " + directory_);
    std::ifstream file(endpoints);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const std::string key = "\"grpc\":\"";
    if (const size_t at = text.find(key); at != std::string::npos) {
      grpc = text.substr(at + key.size(), text.find('"', at + key.size()) - at - key.size());
    }
    poll(nullptr, 0, 10);
  }
  for (size_t i = 0; i < engine_urls.size(); ++i) {
    const std::string name = "bench" + std::to_string(i + 1);
    pids_.push_back(Spawn({binaries + "/quayside-agent", "--data-dir", directory_ + "/" + name,
                           "--controller", grpc, "--name", name, "--engine", engine_urls[i]},
                          directory_ + "/" + name + ".log"));
  }
  admin_ = v1::AdminService::NewStub(
      grpc::CreateChannel("unix:" + data + "/ctl.sock", grpc::InsecureChannelCredentials()));
  for (size_t ready = 0; ready < engine_urls.size();) {
    if (Now() > deadline) Fail("The hosts are not ready; see " + directory_);
    grpc::ClientContext context;
    v1::ListHostsReply reply;
    ready = 0;
    if (admin_->ListHosts(&context, {}, &reply).ok()) {
      for (const v1::Host& host : reply.hosts()) {
        ready += host.state() == "ready" && host.engine_state() == "ok" ? 1 : 0;
      }
    }
    poll(nullptr, 0, 20);
  }
}

Programs::~Programs() {
  for (auto pid = pids_.rbegin(); pid != pids_.rend(); ++pid) {
    kill(*pid, SIGTERM);
    waitpid(*pid, nullptr, 0);
  }
}

pid_t Programs::Spawn(const std::vector<std::string>& argv, const std::string& log) {
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);  // also when a failure ends this program at once
    dup2(out, 1);
    dup2(out, 2);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(out);
  return pid;
}

namespace {

AppSpec LoadApp(const std::string& directory, const std::string& name, const std::string& compose) {
  const std::string path = directory + "/" + name + ".yaml";
  std::ofstream(path) << compose;
  compose::LoadOptions options;
  options.files = {path};
  options.project_name = name;
  auto loaded = compose::Load(options);
  if (!loaded.ok()) Fail(Message(loaded.status()));
  return std::move(loaded->spec);
}

}  // namespace

ContainerSpec SpecOf(const std::string& directory, const std::string& name,
                     const std::string& compose) {
  return LoadApp(directory, name, compose).services.front().container;
}

void Programs::Connect() {
  const MonoTime deadline = Now() + kPatience;
  for (;;) {
    grpc::ClientContext context;
    v1::ListHostsReply reply;
    if (admin_->ListHosts(&context, {}, &reply).ok()) return;
    if (Now() > deadline) Fail("The controller does not answer; see " + directory_);
    poll(nullptr, 0, 20);
  }
}

void Programs::Apply(const std::string& name, const std::string& compose) {
  Connect();
  const AppSpec spec = LoadApp(directory_, name, compose);
  v1::ApplyRequest request;
  SystemRandom random;
  request.set_request_id(random.Base32(16));
  wire::ToProto(spec, request.mutable_spec());
  request.set_cause("benchmark");
  grpc::ClientContext context;
  v1::ChangeReply reply;
  const grpc::Status status = admin_->Apply(&context, request, &reply);
  if (!status.ok()) Fail("apply " + name + ": " + status.error_message());
  WaitSucceeded(name);
}

void Programs::Deploy(const std::string& app, const std::string& service,
                      const std::string& image) {
  v1::DeployRequest request;
  SystemRandom random;
  request.set_request_id(random.Base32(16));
  request.set_app(app);
  v1::StringEntry* entry = request.add_images();
  entry->set_key(service);
  entry->set_value(image);
  grpc::ClientContext context;
  v1::ChangeReply reply;
  const grpc::Status status = admin_->Deploy(&context, request, &reply);
  if (!status.ok()) Fail("deploy " + app + ": " + status.error_message());
  if (reply.nothing_to_do()) Fail("deploy " + app + ": nothing to do with " + image);
}

void Programs::WaitSucceeded(const std::string& app) {
  Connect();  // the controller may have closed the connection as idle
  grpc::ClientContext context;
  v1::WatchRequest request;
  request.set_app(app);
  const auto stream = admin_->Watch(&context, request);
  v1::WatchReply reply;
  while (stream->Read(&reply)) {
    const std::string& state = reply.status().rollout().state();
    if (state == "succeeded") {
      context.TryCancel();
      stream->Finish();
      return;
    }
    if (state == "failed" || state == "rolled_back" || state == "paused" || state == "partial") {
      Fail(app + " ended " + state + ": " + reply.status().rollout().reason());
    }
  }
  Fail("The watch of " + app + " ended: " + stream->Finish().error_message());
}

void Programs::Remove(const std::string& app) {
  Connect();
  v1::RemoveAppRequest request;
  SystemRandom random;
  request.set_request_id(random.Base32(16));
  request.set_app(app);
  grpc::ClientContext context;
  v1::ChangeReply reply;
  const grpc::Status status = admin_->RemoveApp(&context, request, &reply);
  if (!status.ok()) Fail("rm " + app + ": " + status.error_message());
}

}  // namespace quayside::bench
