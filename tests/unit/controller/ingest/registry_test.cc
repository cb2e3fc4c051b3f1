#include "controller/ingest/registry.h"

#include <future>

#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/model/digest.h"
#include "tests/unit/common/net/scripted_server.h"

namespace quayside::controller {
namespace {

using testing_support::ScriptedServer;

std::string Answer(const std::string& status, const std::string& body,
                   const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string kConfig =
    R"({"os":"linux","architecture":"amd64","config":{"Volumes":{"/data":{}}}})";
const std::string kManifest = R"({"config":{"digest":")" + Sha256Digest(kConfig) + R"("}})";
std::string IndexOf(const std::vector<std::string>& digests) {
  std::string entries;
  for (const std::string& digest : digests) {
    entries += (entries.empty() ? "" : ",") +
               (R"({"platform":{"os":"linux","architecture":"a)" + std::to_string(entries.size()) +
                R"("},"digest":")" + digest + "\"}");
  }
  return "{\"manifests\":[" + entries + "]}";
}
// An index whose manifests nobody needs: it has none that Docker can be asked for.
const std::string kIndex = R"({"manifests":[{"platform":{"os":"linux","architecture":"amd64"}}]})";
const std::string kDigest = Sha256Digest(kIndex);
// HEAD has no body; its Content-Length would be that of the GET.
const std::string kHead =
    "HTTP/1.1 200 OK\r\nDocker-Content-Digest: " + kDigest + "\r\nContent-Length: 0\r\n\r\n";

class RegistryTest : public testing::Test {
 protected:
  absl::StatusOr<ResolvedImage> Resolve(const std::string& image) {
    std::promise<absl::StatusOr<ResolvedImage>> promise;
    auto answer = promise.get_future();
    resolver_.Resolve(image, [&promise](absl::StatusOr<ResolvedImage> resolved) {
      promise.set_value(std::move(resolved));
    });
    return answer.get();
  }
  static std::string Repository(const ScriptedServer& server) {
    return "127.0.0.1:" + std::to_string(server.port()) + "/team/web";
  }

  RegistryResolver resolver_{{}};
};

TEST_F(RegistryTest, AsksWithHeadThenGetsTheManifestOnce) {
  ScriptedServer server({kHead, Answer("200 OK", kIndex), kHead});
  const auto first = Resolve(Repository(server) + ":v1");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->digest_ref, Repository(server) + "@" + kDigest);
  EXPECT_EQ(first->facts.platforms, std::vector<std::string>{"linux/amd64"});
  EXPECT_TRUE(Resolve(Repository(server) + ":v2").ok());
  ASSERT_EQ(server.requests().size(), 3u);
  EXPECT_TRUE(server.requests()[0].starts_with("HEAD /v2/team/web/manifests/v1 "));
  EXPECT_NE(server.requests()[0].find("application/vnd.oci.image.index.v1+json"),
            std::string::npos);
  EXPECT_TRUE(server.requests()[1].starts_with("GET /v2/team/web/manifests/" + kDigest + " "));
  EXPECT_TRUE(server.requests()[2].starts_with("HEAD "));
}

TEST_F(RegistryTest, TakesTheDigestOfTheBytesWhereTheHeaderIsMissing) {
  ScriptedServer server({Answer("200 OK", ""), Answer("200 OK", kIndex)});
  const auto resolved = Resolve(Repository(server));
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_TRUE(resolved->digest_ref.ends_with("@" + kDigest));
  EXPECT_NE(server.requests()[0].find("/manifests/latest "), std::string::npos);
}

std::string HeadOf(const std::string& manifest) {
  return "HTTP/1.1 200 OK\r\nDocker-Content-Digest: " + Sha256Digest(manifest) +
         "\r\nContent-Length: 0\r\n\r\n";
}

TEST_F(RegistryTest, TellsPlatformAndVolumesOfASingleImage) {
  ScriptedServer server(
      {HeadOf(kManifest), Answer("200 OK", kManifest), Answer("200 OK", kConfig)});
  const auto resolved = Resolve(Repository(server));
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->facts.platforms, std::vector<std::string>{"linux/amd64"});
  EXPECT_EQ(resolved->facts.volumes, std::vector<std::string>{"/data"});
  EXPECT_NE(server.requests()[2].find("/blobs/" + Sha256Digest(kConfig)), std::string::npos);
}

TEST_F(RegistryTest, TellsVolumesOfAnIndexByOneOfItsPlatformsThatIsThere) {
  const std::string index = IndexOf({Sha256Digest("not mirrored"), Sha256Digest(kManifest)});
  ScriptedServer server({HeadOf(index), Answer("200 OK", index), Answer("404 Not Found", ""),
                         Answer("200 OK", kManifest), Answer("200 OK", kConfig), HeadOf(index)});
  const auto resolved = Resolve(Repository(server));
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->facts.platforms.size(), 2u);
  EXPECT_EQ(resolved->facts.volumes, std::vector<std::string>{"/data"});
  // What a digest says cannot change: it is asked once.
  EXPECT_EQ(Resolve(Repository(server))->facts, resolved->facts);
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST_F(RegistryTest, RefusesAnIndexOfWhichNothingIsThere) {
  const std::string index = IndexOf({Sha256Digest("a"), Sha256Digest("b")});
  ScriptedServer server({HeadOf(index), Answer("200 OK", index), Answer("404 Not Found", ""),
                         Answer("404 Not Found", "")});
  EXPECT_EQ(Resolve(Repository(server)).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryTest, RefusesAnIndexWithinAnIndex) {
  const std::string index = IndexOf({Sha256Digest(kIndex)});
  ScriptedServer server({HeadOf(index), Answer("200 OK", index), Answer("200 OK", kIndex)});
  EXPECT_EQ(Resolve(Repository(server)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RegistryTest, RefusesAConfigThatIsWrongOrTooLarge) {
  const std::pair<std::string, absl::StatusCode> kCases[] = {
      {R"({"os":"linux","architecture":"amd64"})", absl::StatusCode::kUnavailable},  // another's
      {std::string((4 << 20) + 1, ' '), absl::StatusCode::kResourceExhausted}};
  for (const auto& [config, code] : kCases) {
    ScriptedServer server(
        {HeadOf(kManifest), Answer("200 OK", kManifest), Answer("200 OK", config)});
    EXPECT_EQ(Resolve(Repository(server)).status().code(), code);
  }
}

TEST_F(RegistryTest, ChecksADigestThatIsGiven) {
  ScriptedServer server({Answer("404 Not Found", "")});
  EXPECT_EQ(Resolve(Repository(server) + "@" + kDigest).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_NE(server.requests()[0].find("/manifests/" + kDigest), std::string::npos);
}

TEST_F(RegistryTest, RefusesAManifestThatIsNotWhatTheDigestSays) {
  ScriptedServer server({kHead, Answer("200 OK", "{}")});
  EXPECT_EQ(Resolve(Repository(server)).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RegistryTest, FetchesATokenAndSendsItToTheRegistryOnly) {
  ScriptedServer tokens({Answer("200 OK", R"({"token":"secret"})")});
  ScriptedServer storage({Answer("200 OK", kIndex)});
  ScriptedServer server(
      {Answer("401 Unauthorized", "",
              "WWW-Authenticate: Bearer realm=\"" + tokens.url() + "/token\",service=\"s\"\r\n"),
       kHead, Answer("307 Temporary Redirect", "", "Location: " + storage.url() + "/blob\r\n")});
  const auto resolved = Resolve(Repository(server));
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_NE(tokens.requests()[0].find("GET /token?service=s&scope=repository%3Ateam%2Fweb%3Apull "),
            std::string::npos);
  EXPECT_NE(server.requests()[1].find("Authorization: Bearer secret"), std::string::npos);
  EXPECT_EQ(storage.requests()[0].find("Authorization"), std::string::npos);
}

TEST_F(RegistryTest, DoesNotAskForATokenTwice) {
  ScriptedServer tokens({Answer("200 OK", R"({"token":"t"})")});
  const std::string challenge = Answer(
      "401 Unauthorized", "", "WWW-Authenticate: Bearer realm=\"" + tokens.url() + "/token\"\r\n");
  ScriptedServer server({challenge, challenge});
  EXPECT_EQ(Resolve(Repository(server)).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(tokens.requests().size(), 1u);
}

TEST_F(RegistryTest, TellsRefusalsApart) {
  using absl::StatusCode;
  const std::pair<std::string, StatusCode> kCases[] = {
      {Answer("404 Not Found", ""), StatusCode::kNotFound},
      {Answer("401 Unauthorized", "", "WWW-Authenticate: Basic realm=\"x\"\r\n"),
       StatusCode::kPermissionDenied},
      {Answer("403 Forbidden", ""), StatusCode::kPermissionDenied},
      {Answer("429 Too Many Requests", "", "Retry-After: 17\r\n"), StatusCode::kResourceExhausted},
      {Answer("502 Bad Gateway", ""), StatusCode::kUnavailable},
      {Answer("400 Bad Request", ""), StatusCode::kInvalidArgument},
      {Answer("302 Found", "", "Location: ftp://x/\r\n"), StatusCode::kUnavailable},
  };
  for (const auto& [answer, code] : kCases) {
    ScriptedServer server({answer});
    const auto resolved = Resolve(Repository(server));
    EXPECT_EQ(resolved.status().code(), code) << answer << resolved.status();
    if (code == StatusCode::kResourceExhausted) {
      EXPECT_NE(Message(resolved.status()).find("after 17 s"), std::string::npos);
    }
  }
}

TEST_F(RegistryTest, EndsARedirectLoop) {
  const std::string loop = Answer("307 Temporary Redirect", "", "Location: /v2/again\r\n");
  ScriptedServer server({loop, loop, loop, loop, loop});
  EXPECT_EQ(Resolve(Repository(server)).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(RegistryTest, RefusesAnEndlessManifest) {
  ScriptedServer server({kHead, Answer("200 OK", std::string((4 << 20) + 1, ' '))});
  EXPECT_EQ(Resolve(Repository(server)).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(RegistryTest, RefusesWhatIsNoImageName) {
  EXPECT_EQ(Resolve("Not An Image").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace quayside::controller
