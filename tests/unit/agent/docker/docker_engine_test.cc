// DockerEngine against scripted answers: what a real engine would do only when it breaks, is old,
// or is no engine.
#include "agent/docker/docker_engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/synchronization/mutex.h"
#include "common/base/status.h"
#include "tests/unit/common/net/scripted_server.h"

namespace quayside::agent::docker {
namespace {

using testing_support::ScriptedServer;

std::string Json(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}
const std::string kVersion =
    Json(R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})");
// A stream that ends when the server closes it.
std::string Stream(const std::string& body) { return "HTTP/1.1 200 OK\r\n\r\n" + body; }

class DockerEngineTest : public testing::Test {
 protected:
  // The engine's side of `answers`, and a client of it.
  void Serve(std::vector<std::string> answers) {
    const std::string path =
        testing::TempDir() + "quayside-engine-" + std::to_string(getpid()) + ".sock";
    server_ = std::make_unique<ScriptedServer>(std::move(answers), path);
    engine_ = *DockerEngine::Open("unix://" + path);
  }
  EngineReply Call(EngineCall call) {
    std::optional<EngineReply> answer;
    engine_->Submit(std::move(call), [this, &answer](EngineReply reply) {
      absl::MutexLock lock(&mutex_);
      answer = std::move(reply);
    });
    absl::MutexLock lock(&mutex_);
    const auto answered = [&answer] { return answer.has_value(); };
    mutex_.Await(absl::Condition(&answered));
    return *std::move(answer);
  }
  // Watches until `count` events have come.
  std::vector<EngineEvent> Watch(size_t count) {
    engine_->Watch([this](EngineEvent event) {
      absl::MutexLock lock(&mutex_);
      events_.push_back(std::move(event));
    });
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return events_.size() >= count; };
    mutex_.Await(absl::Condition(&enough));
    return events_;
  }

  absl::Mutex mutex_;
  std::vector<EngineEvent> events_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<DockerEngine> engine_;
};

TEST_F(DockerEngineTest, TakesUnixSocketsOnly) {
  EXPECT_TRUE(DockerEngine::Open("unix:///var/run/docker.sock").ok());
  EXPECT_TRUE(DockerEngine::Open("/var/run/docker.sock").ok());
  for (const char* endpoint : {"tcp://10.0.0.1:2375", "ssh://host", "", "unix://relative"}) {
    EXPECT_EQ(DockerEngine::Open(endpoint).status().code(), absl::StatusCode::kInvalidArgument)
        << endpoint;
  }
}

TEST_F(DockerEngineTest, SaysThatNothingAnswers) {
  engine_ = *DockerEngine::Open("unix:///nonexistent/docker.sock");
  const EngineReply reply = Call(ListContainers{});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(Message(reply.status()).find("/nonexistent/docker.sock"), std::string::npos)
      << reply.status();
}

TEST_F(DockerEngineTest, AsksTheVersionOnceAndPutsItIntoPaths) {
  Serve({kVersion, Json("[]"), Json("[]")});
  EXPECT_TRUE(Call(ListContainers{"dev.quayside.fleet=f"}).ok());
  EXPECT_TRUE(Call(ListContainers{}).ok());
  ASSERT_EQ(server_->requests().size(), 3u);
  EXPECT_TRUE(server_->requests()[0].starts_with("GET /version "));
  EXPECT_TRUE(server_->requests()[1].starts_with(
      "GET "
      "/v1.41/containers/"
      "json?all=1&filters=%7B%22label%22%3A%5B%22dev.quayside.fleet%3Df%22%5D%7D "));
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(DockerEngineTest, RefusesAnEngineThatIsTooOld) {
  Serve({Json(R"({"Version":"19.03.15","ApiVersion":"1.40","MinAPIVersion":"1.12"})")});
  const EngineReply reply = Call(ListContainers{});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(reply.status()).find("19.03.15"), std::string::npos);
  EXPECT_NE(Message(reply.status()).find("update the engine"), std::string::npos);
}

TEST_F(DockerEngineTest, NeverTakesGarbageForAnEmptyList) {
  Serve({kVersion, Json("<html>busy</html>"), Json("{}"), Json("[]", "500 Internal Server Error")});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Call(ListContainers{}).status().code(), absl::StatusCode::kUnavailable) << i;
  }
}

TEST_F(DockerEngineTest, FollowsEventsAndConnectsAgainWithANewNegotiation) {
  const auto start = [](const std::string& id) {
    return R"({"Type":"container","Action":"start","Actor":{"ID":")" + id +
           "\",\"Attributes\":{}}}\n";
  };
  Serve({kVersion, Stream(start("a") + "garbage\n" + start("b")),
         Json(R"({"Version":"27.0.0","ApiVersion":"1.46","MinAPIVersion":"1.24"})"),
         Stream(start("c"))});
  const std::vector<EngineEvent> events = Watch(6);
  using Kind = EngineEvent::Kind;
  std::vector<Kind> kinds;
  std::string containers;
  for (size_t i = 0; i < 6; ++i) {
    kinds.push_back(events[i].kind);
    containers += events[i].container;
  }
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::kConnected, Kind::kContainer, Kind::kContainer,
                                      Kind::kDisconnected, Kind::kConnected, Kind::kContainer}));
  EXPECT_EQ(containers, "abc");
  EXPECT_TRUE(server_->requests()[1].starts_with("GET /v1.41/events?"));
  EXPECT_TRUE(server_->requests()[3].starts_with("GET /v1.46/events?"));
}

TEST_F(DockerEngineTest, APullBelievesTheStreamAndThenTheImage) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  Serve({kVersion,
         Stream("{\"status\":\"Downloading\",\"id\":\"l\",\"progressDetail\":{\"current\":1,"
                "\"total\":2}}\n"
                "{\"errorDetail\":{\"message\":\"manifest unknown\"}}\n"),
         Stream("{\"status\":\"Download complete\",\"id\":\"l\"}\n"),
         Json(R"({"Id":"sha256:1","RepoDigests":[]})"), Stream(""),
         Json(R"({"Id":"sha256:1","RepoDigests":["r@)" + digest + "\"]}")});
  EXPECT_EQ(Call(PullImage{"r@" + digest, ""}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Call(PullImage{"r@" + digest, ""}).status().code(), absl::StatusCode::kUnavailable)
      << "the stream was fine, but the image is not there with its digest";
  EXPECT_TRUE(Call(PullImage{"r@" + digest, "linux/arm64"}).ok());
  EXPECT_NE(server_->requests()[1].find("fromImage=r&tag=sha256%3Aaaa"), std::string::npos);
  EXPECT_NE(server_->requests()[4].find("&platform=linux%2Farm64"), std::string::npos);
}

TEST_F(DockerEngineTest, AFailedPullsStatusIsReadLikeItsStream) {
  Serve(
      {kVersion, Json(R"({"message":"toomanyrequests: slow down"})", "500 Internal Server Error")});
  EXPECT_EQ(Call(PullImage{"r@sha256:" + std::string(64, 'a'), ""}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(DockerEngineTest, AnEmptyCommandKeepsTheImagesEntrypoint) {
  Serve({kVersion,
         Json(R"({"Id":"sha256:1","Config":{"Entrypoint":["/init","-x"],"Cmd":["serve"]}})"),
         Json(R"({"Id":"c1"})", "201 Created")});
  ContainerPlan plan;
  plan.name = "web";
  plan.spec.image = "r@sha256:1";
  plan.spec.command = std::vector<std::string>{};
  const EngineReply created = Call(CreateContainer{plan});
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(std::get<Created>(*created).id, "c1");
  EXPECT_NE(server_->requests()[2].find(R"("Cmd":[],"Entrypoint":["/init","-x"])"),
            std::string::npos);
}

TEST_F(DockerEngineTest, AStopIsGivenItsGraceInWholeSeconds) {
  Serve({kVersion, "HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"});
  EXPECT_TRUE(Call(StopContainer{"web", absl::Milliseconds(1500)}).ok());
  EXPECT_TRUE(server_->requests()[1].starts_with("POST /v1.41/containers/web/stop?t=2 "));
}

}  // namespace
}  // namespace quayside::agent::docker
