// The two ends of a session over loopback: the controller's Dispatcher behind a real gRPC server,
// the agent's Session, and a scripted core and agent around them.
#include "agent/session/session.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "agent/session/session_thread.h"
#include "common/base/status.h"
#include "common/model/digest.h"
#include "common/net/grpc_util.h"
#include "common/wire/wire.h"
#include "controller/dispatch/dispatcher.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "quayside/v1/agent.grpc.pb.h"

namespace quayside {
namespace {

using controller::AgentAck;
using controller::AgentCommandResult;
using controller::AgentGone;
using controller::AgentHeartbeat;
using controller::AgentHello;
using controller::AgentReport;
using controller::CoreEvent;
using controller::SessionId;

// Values from other threads, waited for with a limit that only a failing test reaches.
template <typename T>
class Inbox {
 public:
  void Put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  // Takes the first value that is an `Event`; those before it are dropped.
  template <typename Event>
  Event Next() {
    std::unique_lock lock(mutex_);
    Event found;
    const bool came = changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      while (!values_.empty()) {
        T value = std::move(values_.front());
        values_.erase(values_.begin());
        if (auto* event = std::get_if<Event>(&value)) {
          found = std::move(*event);
          return true;
        }
      }
      return false;
    });
    EXPECT_TRUE(came) << "nothing came within 20 s";
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
};

class Controller {
 public:
  explicit Controller(SystemClock& clock, std::string address = "127.0.0.1:0",
                      controller::DispatchOptions options = {})
      : dispatcher(options, clock, [this](CoreEvent event) {
          inbox.Put(std::move(event));
          return true;
        }) {
    grpc::ServerBuilder builder;
    net::SetServerArguments(builder);
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(dispatcher.service());
    server_ = builder.BuildAndStart();
  }
  ~Controller() { Shutdown(); }

  void Shutdown() {
    if (server_ == nullptr) return;
    dispatcher.GoAway("the controller restarts", absl::ZeroDuration(), absl::Milliseconds(20));
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    server_->Wait();
    server_ = nullptr;
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // Takes a Hello and welcomes it.
  AgentHello Greet() {
    AgentHello hello = inbox.Next<AgentHello>();
    dispatcher.Welcome(hello.session, {.fleet = FleetId("fleet"),
                                       .host = HostId("host-" + hello.name),
                                       .epoch = StoreEpoch("epoch"),
                                       .session = hello.session,
                                       .heartbeat_period = absl::Seconds(15),
                                       .lease = absl::Seconds(55)});
    return hello;
  }

  Inbox<CoreEvent> inbox;
  controller::Dispatcher dispatcher;

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class AgentSide {
 public:
  AgentSide(SystemClock& clock, SystemRandom& random, const std::string& address)
      : thread_(clock),
        session({.controller = address,
                 .name = "web-1",
                 .secret = "secret",
                 .machine_id = "machine",
                 .boot_id = "boot",
                 .process_nonce = "nonce",
                 .agent_version = "0.1.0",
                 .labels = {{"zone", "a"}}},
                {.first_retry = absl::Milliseconds(20)}, clock, random,
                {.submit = [this](agent::AgentEvent event) { inbox.Put(std::move(event)); },
                 .wake = [this] { thread_.Wake(); },
                 .on_welcome = [](const FleetId&, const HostId&) {}}) {
    session.SetHello({.epoch = StoreEpoch("epoch"), .generation = 3});
    thread_.Start(session);
  }
  void Stop() { thread_.Stop(); }
  ~AgentSide() { Stop(); }

  Inbox<agent::AgentEvent> inbox;

 private:
  agent::SessionThread thread_;

 public:
  agent::Session session;
};

controller::SharedAssignment MakeAssignment(int64_t generation, const std::string& image) {
  ContainerSpec spec;
  spec.image = image;
  const SpecDigest digest(Sha256Digest(wire::EncodeSpec(spec)));
  Assignment assignment{.fleet = FleetId("fleet"),
                        .host = HostId("host-web-1"),
                        .epoch = StoreEpoch("epoch"),
                        .generation = generation};
  assignment.instances.push_back({.id = InstanceId("abc"),
                                  .slot = {AppName("shop"), ServiceName("web"), 1},
                                  .host = HostId("host-web-1"),
                                  .revision = 1,
                                  .spec = digest});
  assignment.specs.emplace(digest, spec);
  return std::make_shared<const Assignment>(std::move(assignment));
}

class SessionTest : public testing::Test {
 protected:
  SystemClock clock;
  SystemRandom random;
};

TEST_F(SessionTest, SaysHelloAndIsWelcomed) {
  Controller controller(clock);
  AgentSide agent(clock, random, controller.address());
  const AgentHello hello = controller.Greet();
  EXPECT_EQ(hello.name, "web-1");
  EXPECT_EQ(hello.secret, "secret");
  EXPECT_EQ(hello.machine_id, "machine");
  EXPECT_EQ(hello.boot_id, "boot");
  EXPECT_EQ(hello.process_nonce, "nonce");
  EXPECT_EQ(hello.agent_version, "0.1.0");
  EXPECT_EQ(hello.epoch, StoreEpoch("epoch"));
  EXPECT_EQ(hello.generation, 3);
  EXPECT_EQ(hello.labels.at("zone"), "a");
  const auto connected = agent.inbox.Next<agent::Connected>();
  EXPECT_EQ(connected.host, HostId("host-web-1"));
  EXPECT_EQ(connected.session, hello.session);
  EXPECT_EQ(connected.lease, absl::Seconds(55));
}

TEST_F(SessionTest, CarriesAnAssignmentWithItsSpecsAndTheAck) {
  Controller controller(clock);
  AgentSide agent(clock, random, controller.address());
  const SessionId session = controller.Greet().session;
  const auto sent = MakeAssignment(4, "repo@sha256:1");
  controller.dispatcher.Offer(session, sent);
  const auto received = agent.inbox.Next<agent::AssignmentReceived>();
  EXPECT_EQ(received.assignment, *sent);
  EXPECT_EQ(received.assignment.received.bytes.begin()->second,
            wire::EncodeSpec(sent->specs.begin()->second));

  agent.session.SendAck({.epoch = StoreEpoch("epoch"),
                         .generation = 4,
                         .rejections = {{AppName("shop"), "no such device"}}});
  const AgentAck ack = controller.inbox.Next<AgentAck>();
  EXPECT_EQ(ack.generation, 4);
  ASSERT_EQ(ack.rejections.size(), 1u);
  EXPECT_EQ(ack.rejections[0].reason, "no such device");
}

TEST_F(SessionTest, CarriesReportsHeartbeatsAndCommands) {
  Controller controller(clock);
  AgentSide agent(clock, random, controller.address());
  const SessionId session = controller.Greet().session;
  agent.inbox.Next<agent::Connected>();

  agent.session.SendReport({.epoch = StoreEpoch("epoch"), .generation = 4, .sequence = 9});
  EXPECT_EQ(controller.inbox.Next<AgentReport>().report.sequence, 9u);

  agent.session.SendHeartbeat(1, 9);
  const AgentHeartbeat heartbeat = controller.inbox.Next<AgentHeartbeat>();
  EXPECT_EQ(heartbeat.sequence, 1u);
  EXPECT_EQ(heartbeat.report_sequence, 9u);
  controller.dispatcher.AnswerHeartbeat(session, 1, 9, absl::Seconds(20));
  const auto answer = agent.inbox.Next<agent::HeartbeatAnswered>();
  EXPECT_EQ(answer.sequence, 1u);
  EXPECT_EQ(answer.committed_report, 9u);
  EXPECT_EQ(answer.heartbeat_period, absl::Seconds(20));

  controller.dispatcher.SendCommand(session, "c1", true);
  const auto command = agent.inbox.Next<agent::CommandReceived>().command;
  EXPECT_EQ(command.id, "c1");
  EXPECT_TRUE(command.gc);
  EXPECT_TRUE(command.gc_dry_run);
  agent.session.SendCommandOutcome(
      {.id = "c1", .status = Unavailable("no engine"), .lines = {"a"}});
  const auto result = controller.inbox.Next<AgentCommandResult>();
  EXPECT_EQ(result.id, "c1");
  EXPECT_EQ(result.status, Unavailable("no engine"));
  EXPECT_EQ(result.lines, std::vector<std::string>{"a"});
}

TEST_F(SessionTest, ASpecTravelsOnceAlsoOverAReconnect) {
  auto first = std::make_unique<Controller>(clock);
  const std::string address = first->address();
  AgentSide agent(clock, random, address);
  first->dispatcher.Offer(first->Greet().session, MakeAssignment(1, "repo@sha256:1"));
  agent.inbox.Next<agent::AssignmentReceived>();
  first = nullptr;  // the controller goes
  agent.inbox.Next<agent::Disconnected>();

  Controller second(clock, address);
  const SessionId session = second.Greet().session;
  const auto again = MakeAssignment(2, "repo@sha256:1");
  second.dispatcher.Offer(session, again);
  const auto received = agent.inbox.Next<agent::AssignmentReceived>();
  EXPECT_EQ(received.assignment, *again) << "completed from what the agent already held";
}

TEST_F(SessionTest, TheAgentLeavingIsNoReset) {
  Controller controller(clock);
  AgentSide agent(clock, random, controller.address());
  const SessionId session = controller.Greet().session;
  agent.inbox.Next<agent::Connected>();
  agent.Stop();
  const AgentGone gone = controller.inbox.Next<AgentGone>();
  EXPECT_EQ(gone.session, session);
  EXPECT_FALSE(gone.reset);
}

TEST_F(SessionTest, AClosedSessionTellsTheAgentWhyAndTheCoreOnce) {
  Controller controller(clock);
  AgentSide agent(clock, random, controller.address());
  const SessionId session = controller.Greet().session;
  agent.inbox.Next<agent::Connected>();
  controller.dispatcher.Close(session, FailedPrecondition("a newer session took over"));
  EXPECT_EQ(agent.inbox.Next<agent::Disconnected>().reason, "a newer session took over");
  EXPECT_EQ(controller.inbox.Next<AgentGone>().session, session);
  EXPECT_GT(controller.Greet().session, session) << "it connects again with a newer number";
}

// A bare client that reads only when told to.
class RawAgent {
 public:
  explicit RawAgent(const std::string& address)
      : stub_(v1::AgentService::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
        stream_(stub_->Session(&context_)) {}
  ~RawAgent() {
    context_.TryCancel();
    if (!finished_) stream_->Finish();
  }
  grpc::StatusCode Finish() {
    finished_ = true;
    return stream_->Finish().error_code();
  }
  void Hello(const std::string& name) {
    v1::AgentMessage message;
    message.mutable_hello()->set_name(name);
    stream_->Write(message);
  }
  v1::ControllerMessage Read() {
    v1::ControllerMessage message;
    EXPECT_TRUE(stream_->Read(&message));
    return message;
  }
  grpc::ClientReaderWriter<v1::AgentMessage, v1::ControllerMessage>& stream() { return *stream_; }

 private:
  bool finished_ = false;
  grpc::ClientContext context_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::ControllerMessage>> stream_;
};

TEST_F(SessionTest, ASlowReaderGetsTheLatestAssignmentAndCostsNoMore) {
  Controller controller(clock);
  RawAgent slow(controller.address());
  slow.Hello("slow");
  const SessionId session = controller.Greet().session;
  EXPECT_TRUE(slow.Read().has_welcome());
  // Large enough that flow control stops the first ones in the transport.
  const std::string padding(200 << 10, 'x');
  std::weak_ptr<const Assignment> replaced;
  constexpr int64_t kLast = 500;
  for (int64_t generation = 1; generation <= kLast; ++generation) {
    auto offered = MakeAssignment(generation, padding + std::to_string(generation));
    if (generation == kLast - 1) replaced = offered;
    controller.dispatcher.Offer(session, std::move(offered));
  }
  EXPECT_TRUE(replaced.expired()) << "an Assignment that was not sent is let go at once";
  int messages = 0;
  int64_t generation = 0;
  while (generation < kLast) {
    const v1::ControllerMessage message = slow.Read();
    ++messages;
    if (message.has_assignment()) generation = message.assignment().generation();
  }
  EXPECT_LT(messages, 100) << "most of 500 were replaced before they were sent";
}

TEST_F(SessionTest, AMessageBeforeHelloEndsTheStream) {
  Controller controller(clock);
  RawAgent agent(controller.address());
  v1::AgentMessage message;
  message.mutable_heartbeat();
  agent.stream().Write(message);
  v1::ControllerMessage answer;
  EXPECT_FALSE(agent.stream().Read(&answer));
  EXPECT_EQ(agent.Finish(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(SessionTest, ANameThatIsTooLongIsRefused) {
  Controller controller(clock);
  RawAgent agent(controller.address());
  agent.Hello(std::string(256, 'n'));
  v1::ControllerMessage answer;
  EXPECT_FALSE(agent.stream().Read(&answer));
  EXPECT_EQ(agent.Finish(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(SessionTest, AMessageLargerThanTheLimitEndsTheStreamAndNotTheController) {
  Controller controller(clock);
  {
    RawAgent agent(controller.address());
    agent.Hello("big");
    controller.Greet();
    v1::AgentMessage message;
    message.mutable_report()->add_strays(std::string(net::kMaxMessageBytes + 1, 'x'));
    agent.stream().Write(message);
    controller.inbox.Next<AgentGone>();
  }
  AgentSide next(clock, random, controller.address());
  controller.Greet();
  next.inbox.Next<agent::Connected>();
}

TEST_F(SessionTest, AStormIsToldWhenToComeBack) {
  Controller controller(clock, "127.0.0.1:0",
                        {.admission = {.hellos_per_second = 1e-6, .burst = 1}});
  RawAgent first(controller.address());
  first.Hello("one");
  controller.Greet();
  EXPECT_TRUE(first.Read().has_welcome());
  RawAgent second(controller.address());
  second.Hello("two");
  const v1::ControllerMessage answer = second.Read();
  ASSERT_TRUE(answer.has_go_away());
  EXPECT_GE(answer.go_away().reconnect_after_min().seconds(), 1);
  v1::ControllerMessage more;
  EXPECT_FALSE(second.stream().Read(&more));
  EXPECT_EQ(second.Finish(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(SessionTest, AnAssignmentThatIsNotAcknowledgedEndsTheSession) {
  Controller controller(clock, "127.0.0.1:0", {.limits = {.ack_timeout = absl::Milliseconds(1)}});
  RawAgent agent(controller.address());
  agent.Hello("mute");
  controller.dispatcher.Offer(controller.Greet().session, MakeAssignment(1, "repo@sha256:1"));
  EXPECT_NE(controller.inbox.Next<AgentGone>().reason.find("not acknowledged"), std::string::npos);
}

TEST_F(SessionTest, AShutDownControllerEndsEverySessionWithAWindow) {
  auto controller = std::make_unique<Controller>(clock);
  RawAgent agent(controller->address());
  agent.Hello("web");
  controller->Greet();
  EXPECT_TRUE(agent.Read().has_welcome());
  controller->Shutdown();
  EXPECT_TRUE(agent.Read().has_go_away());
  EXPECT_EQ(controller->dispatcher.sessions(), 0u);
}

}  // namespace
}  // namespace quayside
