// The resolver against a real registry: Debian's docker-registry, started here on a free port of
// loopback.
#include "controller/ingest/registry.h"

#include <cstdlib>
#include <fstream>
#include <future>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/status.h"
#include "tests/integration/push_image.h"

namespace quayside::controller {
namespace {

using testing_support::Ask;
using testing_support::PushImage;
using testing_support::PushIndex;

constexpr char kRegistryProgram[] = "/usr/bin/docker-registry";

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(probe, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  close(probe);
  return ntohs(address.sin_port);
}

class RealRegistry : public testing::Test {
 protected:
  void SetUp() override {
    if (access(kRegistryProgram, X_OK) != 0 || access("/usr/bin/busybox", R_OK) != 0) {
      GTEST_SKIP() << "skipped, because " << kRegistryProgram
                   << " or /usr/bin/busybox is not installed";
    }
    directory_ = testing::TempDir() + "quayside-registry-XXXXXX";
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    registry_ = "127.0.0.1:" + std::to_string(FreePort());
    const std::string config = directory_ + "/config.yml";
    std::ofstream(config)
        << "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " << directory_
        << "/data}}\nhttp: {addr: \"" << registry_ << "\"}\n";
    pid_ = fork();
    if (pid_ == 0) {
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, 1);
      dup2(null, 2);
      execl(kRegistryProgram, kRegistryProgram, "serve", config.c_str(), nullptr);
      _exit(127);
    }
    ASSERT_TRUE(Answers()) << "the registry does not answer at " << registry_;
  }
  void TearDown() override {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }

  // Asks until it answers; each refused connection is asked again after the client's timer.
  bool Answers() {
    for (int attempt = 0; attempt < 200; ++attempt) {
      if (Ask(http_, {.url = "http://" + registry_ + "/v2/"}).ok()) return true;
      std::promise<void> waited;
      http_.After(absl::Milliseconds(50), [&waited] { waited.set_value(); });
      waited.get_future().wait();
    }
    return false;
  }
  absl::StatusOr<ResolvedImage> Resolve(const std::string& image) {
    std::promise<absl::StatusOr<ResolvedImage>> promise;
    auto answer = promise.get_future();
    resolver_.Resolve(image, [&promise](absl::StatusOr<ResolvedImage> resolved) {
      promise.set_value(std::move(resolved));
    });
    return answer.get();
  }

  std::string directory_, registry_;
  pid_t pid_ = -1;
  net::HttpClient http_;
  RegistryResolver resolver_{{}};
};

TEST_F(RealRegistry, ATagBecomesItsDigestAndPlatform) {
  const auto pushed = PushImage(http_, registry_, "team/web", "v1", {.arch = "arm64"});
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  const auto resolved = Resolve(registry_ + "/team/web:v1");
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->digest_ref, *pushed);
  EXPECT_EQ(resolved->facts.platforms, std::vector<std::string>{"linux/arm64"});
  EXPECT_EQ(Resolve(*pushed)->digest_ref, *pushed);
}

TEST_F(RealRegistry, AnIndexListsItsPlatforms) {
  const auto amd64 = PushImage(http_, registry_, "web", "amd64", {.arch = "amd64"});
  const auto arm64 = PushImage(http_, registry_, "web", "arm64", {.arch = "arm64"});
  ASSERT_TRUE(amd64.ok() && arm64.ok());
  const auto index = PushIndex(
      http_, registry_, "web", "v1",
      {{*arm64, "linux/arm64"}, {*amd64, "linux/amd64"}, {*amd64, "unknown/unknown", true}});
  ASSERT_TRUE(index.ok()) << index.status();
  const auto resolved = Resolve(registry_ + "/web:v1");
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->digest_ref, *index);
  EXPECT_EQ(resolved->facts.platforms, (std::vector<std::string>{"linux/amd64", "linux/arm64"}));
}

TEST_F(RealRegistry, WhatIsNotThereIsNotFound) {
  ASSERT_TRUE(PushImage(http_, registry_, "web", "v1", {}).ok());
  EXPECT_EQ(Resolve(registry_ + "/web:v2").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Resolve(registry_ + "/other:v1").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Resolve(registry_ + "/web@sha256:" + std::string(64, '0')).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(RealRegistry, ARegistryThatIsGoneIsUnavailable) {
  EXPECT_EQ(Resolve("127.0.0.1:" + std::to_string(FreePort()) + "/web").status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace quayside::controller
