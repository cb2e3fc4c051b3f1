#include "bench/controller_program.h"

#include <filesystem>
#include <utility>

#include <signal.h>

#include "common/base/random.h"
#include "common/net/grpc_util.h"
#include "common/wire/convert.h"
#include "grpcpp/create_channel.h"

namespace quayside::bench {
namespace {

std::string RequestId() { return SystemRandom().Base32(16); }

void Must(const grpc::Status& status, const std::string& what) {
  if (!status.ok()) EndWith(what + ": " + status.error_message());
}

}  // namespace

ControllerProgram::ControllerProgram(std::string directory, std::string registry)
    : directory_(std::move(directory)), registry_(std::move(registry)) {
  std::filesystem::create_directories(directory_);
}

void ControllerProgram::Start() {
  const std::string data = directory_ + "/data";
  process_ = std::make_unique<Process>(
      std::vector<std::string>{Beside("quayside-controller"), "--data-dir", data, "--listen",
                               address_, "--https", "127.0.0.1:0", "--insecure-registry", registry_,
                               "--log-level", "warn"},
      directory_ + "/controller.log");
  const std::string line = process_->ReadLine();
  const std::string key = "grpc=";
  const size_t at = line.find(key);
  if (at == line.npos) EndWith("the controller said: " + line);
  address_ = line.substr(at + key.size(), line.find(' ', at) - at - key.size());
  grpc::ChannelArguments arguments = net::ClientChannelArguments();
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  admin_ = v1::AdminService::NewStub(grpc::CreateCustomChannel(
      "unix:" + data + "/ctl.sock", grpc::InsecureChannelCredentials(), arguments));
}

int64_t ControllerProgram::Apply(const AppSpec& spec) {
  v1::ApplyRequest request;
  request.set_request_id(RequestId());
  wire::ToProto(spec, request.mutable_spec());
  request.set_cause("benchmark");
  grpc::ClientContext context;
  v1::ChangeReply reply;
  Must(admin_->Apply(&context, request, &reply), "apply " + spec.name.value);
  return reply.revision();
}

int64_t ControllerProgram::Restart(const std::string& app) {
  v1::RestartRequest request;
  request.set_request_id(RequestId());
  request.set_app(app);
  grpc::ClientContext context;
  v1::ChangeReply reply;
  Must(admin_->Restart(&context, request, &reply), "restart " + app);
  return reply.revision();
}

MonoTime ControllerProgram::WaitSucceeded(const std::string& app, int64_t revision) {
  SystemClock clock;
  grpc::ClientContext context;
  v1::WatchRequest request;
  request.set_app(app);
  const auto stream = admin_->Watch(&context, request);
  v1::WatchReply reply;
  while (stream->Read(&reply)) {
    const v1::Rollout& rollout = reply.status().rollout();
    if (rollout.to() != revision) continue;
    if (rollout.state() == "succeeded") {
      const MonoTime now = clock.Now();
      context.TryCancel();
      stream->Finish();
      return now;
    }
    if (rollout.state() != "pending" && rollout.state() != "running" &&
        rollout.state() != "monitoring") {
      EndWith(app + " ended " + rollout.state() + ": " + rollout.reason());
    }
  }
  EndWith("the watch of " + app + " ended: " + stream->Finish().error_message());
}

int ControllerProgram::CountHosts(const std::string& state) {
  grpc::ClientContext context;
  v1::ListHostsReply reply;
  Must(admin_->ListHosts(&context, {}, &reply), "host ls");
  int count = 0;
  for (const v1::Host& host : reply.hosts()) count += host.state() == state ? 1 : 0;
  return count;
}

MonoTime ControllerProgram::WaitEvent(const std::string& host, const std::string& kind,
                                      int64_t after) {
  SystemClock clock;
  grpc::ClientContext context;
  v1::WatchRequest request;
  request.set_events(true);
  request.set_event_host(host);
  request.set_after_event(after);
  const auto stream = admin_->Watch(&context, request);
  v1::WatchReply reply;
  while (stream->Read(&reply)) {
    if (reply.event().kind() != kind) continue;
    const MonoTime now = clock.Now();
    context.TryCancel();
    stream->Finish();
    return now;
  }
  EndWith("the watch of " + host + " ended: " + stream->Finish().error_message());
}

int64_t ControllerProgram::LastEvent(const std::string& host) {
  grpc::ClientContext context;
  v1::ListEventsRequest request;
  request.set_host(host);
  request.set_limit(1);
  v1::ListEventsReply reply;
  Must(admin_->ListEvents(&context, request, &reply), "events");
  return reply.events().empty() ? 0 : reply.events(reply.events_size() - 1).id();
}

}  // namespace quayside::bench
