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
#include <sys/socket.h>
#include <sys/un.h>
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

std::string SocketPath(const std::string& url) {
  const std::string scheme = "unix://";
  return url.starts_with(scheme) ? url.substr(scheme.size()) : url;
}

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) Fail("The socket path " + path + " is too long");
  path.copy(address.sun_path, path.size());
  return address;
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
    seen_.push_back({Now(), event.action, event.container, event.labels[agent::kServiceLabel],
                     event.labels[agent::kSlotLabel]});
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

std::string DirectEngine::Create(const std::string& image, const std::string& name,
                                 uint32_t host_port) {
  agent::ContainerPlan plan;
  plan.name = name;
  plan.spec.image = image;
  plan.spec.ports.push_back({.host_port = host_port, .container_port = 8080});
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

// ---- Door ----

Door::Door(const std::string& engine_url, const std::string& path)
    : engine_path_(SocketPath(engine_url)), path_(path) {
  unlink(path_.c_str());
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(path_);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 64) != 0) {
    Fail("Cannot listen on " + path_);
  }
  acceptor_ = std::thread([this] { Run(); });
}

Door::~Door() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  unlink(path_.c_str());
}

void Door::Run() {
  while (!stopping_) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    // Ends with its connection; the door outlives the agent, which is ended first.
    std::thread([this, client] { Pump(client); }).detach();
  }
}

void Door::Pump(int client) {
  const int engine = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(engine_path_);
  if (connect(engine, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    pollfd ends[] = {{client, POLLIN, 0}, {engine, POLLIN, 0}};
    char buffer[1 << 16];
    for (bool open = true; open;) {
      if (poll(ends, 2, -1) < 0) break;
      for (int i = 0; i < 2 && open; ++i) {
        if ((ends[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
        const ssize_t n = read(ends[i].fd, buffer, sizeof buffer);
        if (i == 0 && n > 0) {
          int64_t unset = 0;
          first_.compare_exchange_strong(unset, Now().nanos());
          const std::string_view request(buffer, static_cast<size_t>(n));
          if (request.find("/start HTTP/1.1\r\n") != request.npos) last_start_ = Now().nanos();
        }
        open = n > 0 && write(ends[1 - i].fd, buffer, static_cast<size_t>(n)) == n;
      }
    }
  }
  close(client);
  close(engine);
}

// ---- Programs ----

Programs::Programs(const std::string& directory, const std::vector<std::string>& engine_urls,
                   const std::string& registry)
    : directory_(directory) {
  std::filesystem::create_directories(directory_);
  const std::string binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::string data = directory_ + "/controller";
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
    dup2(out, 1);
    dup2(out, 2);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(out);
  return pid;
}

void Programs::Apply(const std::string& name, const std::string& compose) {
  const std::string path = directory_ + "/" + name + ".yaml";
  std::ofstream(path) << compose;
  compose::LoadOptions options;
  options.files = {path};
  options.project_name = name;
  auto loaded = compose::Load(options);
  if (!loaded.ok()) Fail(Message(loaded.status()));
  v1::ApplyRequest request;
  SystemRandom random;
  request.set_request_id(random.Base32(16));
  wire::ToProto(loaded->spec, request.mutable_spec());
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
