#include "agent/prober/prober.h"

#include <future>

#include <gtest/gtest.h>

#include "agent/fake_engine/fake_engine.h"
#include "agent/fake_engine/virtual_time.h"
#include "common/base/status.h"
#include "tests/unit/common/net/scripted_server.h"

namespace quayside::agent {
namespace {

using testing_support::ScriptedServer;

class ProberTest : public testing::Test {
 protected:
  absl::Status Probe(ProbeTarget target) {
    std::promise<absl::Status> promise;
    auto answer = promise.get_future();
    prober_.Probe(std::move(target),
                  [&promise](absl::Status status) { promise.set_value(status); });
    return answer.get();
  }
  static ProbeTarget Http(const ScriptedServer& server, std::string path = "/healthz") {
    ProbeTarget target;
    target.address = "127.0.0.1";
    target.spec.kind = ProbeSpec::Kind::kHttp;
    target.spec.http_path = std::move(path);
    target.spec.port = static_cast<uint32_t>(server.port());
    target.spec.timeout = absl::Seconds(10);
    return target;
  }

  fake::VirtualTime time_;
  fake::FakeRegistry registry_;
  fake::FakeDocker docker_{"host", time_, registry_};
  fake::FakeEngine engine_{docker_};
  SystemProber prober_{engine_};
};

TEST_F(ProberTest, PassesOnAStatusInTheRange) {
  ScriptedServer server(
      {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"});
  EXPECT_TRUE(Probe(Http(server)).ok());
  EXPECT_TRUE(Probe(Http(server)).ok()) << "a redirect is an answer, and 200-399 is the default";
  EXPECT_NE(server.requests()[0].find("GET /healthz HTTP/1.1"), std::string::npos);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ProberTest, FailsOutsideTheRangeAndSaysTheStatus) {
  ScriptedServer server({"HTTP/1.1 503 Service Unavailable\r\n\r\n"});
  const absl::Status status = Probe(Http(server));
  EXPECT_FALSE(status.ok());
  EXPECT_NE(Message(status).find("answered 503, not 200-399"), std::string::npos) << status;
}

TEST_F(ProberTest, DoesNotNeedTheWholeOfALargeBody) {
  ScriptedServer server({"HTTP/1.1 200 OK\r\n\r\n" + std::string(3 << 20, 'x')});
  EXPECT_TRUE(Probe(Http(server)).ok());
}

TEST_F(ProberTest, FailsWhenTheTimeIsOver) {
  ScriptedServer server({""});
  ProbeTarget target = Http(server);
  target.spec.timeout = absl::Milliseconds(500);
  EXPECT_EQ(Probe(target).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ProberTest, TcpPassesWhenThePortAccepts) {
  ScriptedServer server({});
  ProbeTarget target = Http(server);
  target.spec.kind = ProbeSpec::Kind::kTcp;
  EXPECT_TRUE(Probe(target).ok());
  target.spec.port = 1;
  const absl::Status status = Probe(target);
  EXPECT_NE(Message(status).find("127.0.0.1:1"), std::string::npos) << status;
}

TEST_F(ProberTest, ACommandPassesWithExitCodeZero) {
  fake::FakeImage image{.image = "r@sha256:1"};
  docker_.AddLocalImage(image);
  image.image = "r@sha256:2";
  image.behaviour.exec_exit_code = 4;
  docker_.AddLocalImage(image);
  for (const char* name : {"1", "2"}) {
    ContainerPlan plan;
    plan.name = name;
    plan.spec.image = std::string("r@sha256:") + name;
    docker_.ByHand(CreateContainer{plan});
    docker_.ByHand(StartContainer{name});
  }
  ProbeTarget target;
  target.spec.kind = ProbeSpec::Kind::kCommand;
  target.spec.command = {"/check"};
  std::vector<absl::Status> answers;
  for (const char* name : {"1", "2", "3"}) {
    target.container = name;
    prober_.Probe(target, [&answers](absl::Status status) { answers.push_back(status); });
    time_.RunFor(absl::Seconds(1));
  }
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_TRUE(answers[0].ok());
  EXPECT_NE(Message(answers[1]).find("ended with 4"), std::string::npos);
  EXPECT_EQ(answers[2].code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace quayside::agent
