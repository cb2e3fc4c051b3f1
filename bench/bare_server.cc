// What gRPC itself gives: a server of the same shape as the controller's sessions, with the same
// arguments, that keeps nothing and decides nothing. It greets who says Hello, answers heartbeats,
// and at each line "push" on its standard input gives every stream a new revision of one instance;
// it prints "acked" when all have acknowledged it and "proven" when all have reported it so.
//   bare_server HOST:PORT      prints "ready PORT"; ends with its standard input
// Used by bench/fleet.

#include <algorithm>
#include <cstdio>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <signal.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/net/grpc_util.h"
#include "common/wire/convert.h"
#include "common/wire/wire.h"
#include "grpcpp/grpcpp.h"
#include "quayside/v1/agent.grpc.pb.h"

namespace quayside::bench {
namespace {

constexpr char kEpoch[] = "bareserverbareserverbare22";
constexpr char kDigest[] =
    "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

class Stream;

// All streams, and how far the last push has come. A stream that ends is waited for no longer.
class Hub {
 public:
  int Add(Stream* stream) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    streams_.insert(stream);
    return ++names_;
  }
  void Remove(Stream* stream) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    streams_.erase(stream);
    to_ack_.erase(stream);
    to_prove_.erase(stream);
    Tell();
  }
  void Push() ABSL_LOCKS_EXCLUDED(mutex_);
  void Acked(Stream* stream, int64_t generation) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (generation == generation_) to_ack_.erase(stream);
    Tell();
  }
  void Proven(Stream* stream, int64_t generation) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (generation == generation_) to_prove_.erase(stream);
    Tell();
  }

 private:
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (to_ack_.empty() && told_ == 0) Say("acked");
    if (to_ack_.empty() && to_prove_.empty() && told_ == 1) Say("proven");
  }
  void Say(const char* word) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ++told_;
    std::printf("%s\n", word);
    std::fflush(stdout);
  }

  absl::Mutex mutex_;
  std::set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
  int names_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  // Streams that have not acknowledged, or proven, the last push; how much of it was said.
  std::set<Stream*> to_ack_ ABSL_GUARDED_BY(mutex_), to_prove_ ABSL_GUARDED_BY(mutex_);
  int told_ ABSL_GUARDED_BY(mutex_) = 2;
};

class Stream final : public grpc::ServerBidiReactor<v1::AgentMessage, v1::ControllerMessage> {
 public:
  explicit Stream(Hub& hub) : hub_(hub), number_(hub.Add(this)) { StartRead(&in_); }

  void Push(int64_t generation) {
    Assignment assignment;
    assignment.fleet = FleetId("fleetfleet");
    assignment.host = Host();
    assignment.epoch = StoreEpoch(kEpoch);
    assignment.generation = generation;
    Instance instance;
    instance.id = InstanceId("instance" + std::to_string(100'000 + generation));
    instance.slot = {AppName("all"), ServiceName("web"), 1};
    instance.host = assignment.host;
    instance.revision = generation;
    instance.spec = SpecDigest(kDigest);
    assignment.instances.push_back(instance);
    assignment.specs[instance.spec];  // its digest is named
    ContainerSpec spec;
    spec.image = "registry.example.com/team/web@sha256:" + std::string(64, 'a');
    v1::ControllerMessage blob, message;
    blob.mutable_spec()->set_digest(kDigest);
    blob.mutable_spec()->set_spec(wire::EncodeSpec(spec));
    wire::ToProto(assignment, message.mutable_assignment());
    Send(std::move(blob));
    Send(std::move(message));
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      absl::MutexLock lock(&mutex_);
      finished_ = true;
      Finish(grpc::Status::OK);
      return;
    }
    if (in_.has_hello()) Greet();
    if (in_.has_ack()) hub_.Acked(this, in_.ack().generation());
    if (in_.has_heartbeat()) Answer(in_.heartbeat());
    if (in_.has_report() && in_.report().settled() && in_.report().instances_size() > 0) {
      hub_.Proven(this, in_.report().generation());
    }
    StartRead(&in_);
  }
  void OnWriteDone(bool) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    Write();
  }
  void OnDone() override {
    hub_.Remove(this);
    delete this;
  }

 private:
  HostId Host() const { return HostId("host" + std::to_string(100'000 + number_)); }

  void Greet() {
    v1::ControllerMessage message;
    v1::Welcome* welcome = message.mutable_welcome();
    welcome->set_fleet_id("fleetfleet");
    welcome->set_host_id(Host().value);
    welcome->mutable_epoch()->set_value(kEpoch);
    welcome->set_session(1);
    *welcome->mutable_heartbeat_period() = wire::EncodeDuration(absl::Seconds(15));
    *welcome->mutable_lease() = wire::EncodeDuration(absl::Seconds(55));
    Send(std::move(message));
  }

  void Answer(const v1::Heartbeat& heartbeat) {
    v1::ControllerMessage message;
    v1::HeartbeatAnswer* answer = message.mutable_heartbeat_answer();
    answer->set_sequence(heartbeat.sequence());
    answer->set_committed_report(heartbeat.report_sequence());
    *answer->mutable_heartbeat_period() = wire::EncodeDuration(absl::Seconds(15));
    Send(std::move(message));
  }

  void Send(v1::ControllerMessage message) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    waiting_.push_back(std::move(message));
    Write();
  }
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_ || waiting_.empty()) return;
    out_ = std::move(waiting_.front());
    waiting_.pop_front();
    writing_ = true;
    StartWrite(&out_);
  }

  Hub& hub_;
  v1::AgentMessage in_;
  absl::Mutex mutex_;
  v1::ControllerMessage out_;
  std::deque<v1::ControllerMessage> waiting_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  const int number_;
};

// Streams are removed before they are deleted, so with the lock they are there.
void Hub::Push() {
  absl::MutexLock lock(&mutex_);
  ++generation_;
  to_ack_ = to_prove_ = streams_;
  told_ = 0;
  for (Stream* stream : streams_) stream->Push(generation_);
}

class Service final : public v1::AgentService::CallbackService {
 public:
  explicit Service(Hub& hub) : hub_(hub) {}
  grpc::ServerBidiReactor<v1::AgentMessage, v1::ControllerMessage>* Session(
      grpc::CallbackServerContext*) override {
    return new Stream(hub_);
  }

 private:
  Hub& hub_;
};

int Main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bare_server HOST:PORT (bench/fleet starts it)\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the controller
  Hub hub;
  Service service(hub);
  grpc::ServerBuilder builder;
  int port = 0;
  net::SetServerArguments(builder);
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::fprintf(stderr, "bare_server: cannot listen on %s\n", argv[1]);
    return 1;
  }
  std::printf("ready %d\n", port);
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line == "push") hub.Push();
  }
  std::_Exit(0);  // streams may be open: there is nothing to save
}

}  // namespace
}  // namespace quayside::bench

int main(int argc, char** argv) { return quayside::bench::Main(argc, argv); }
