#include "controller/ingest/registry_rules.h"

#include <gtest/gtest.h>

namespace quayside::controller {
namespace {

TEST(IsInsecureRegistry, IsLoopbackAndWhatIsListed) {
  const std::vector<std::string> allowed = {"registry.lan", "other.lan:5000", "10.2.0.0/16",
                                            "fd00::/8"};
  for (const char* host :
       {"localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000", "registry.lan",
        "registry.lan:80", "other.lan:5000", "10.2.3.4:5000", "[fd12::1]:5000"}) {
    EXPECT_TRUE(IsInsecureRegistry(host, allowed)) << host;
  }
  for (const char* host : {"registry-1.docker.io", "other.lan", "other.lan:5001", "10.3.0.1",
                           "128.0.0.1", "xlocalhost", "127.0.0.1.example", "[fe80::1]"}) {
    EXPECT_FALSE(IsInsecureRegistry(host, allowed)) << host;
  }
}

TEST(CheckInsecureEntry, TakesHostsAndCidrs) {
  for (const char* entry :
       {"registry", "registry.lan", "registry.lan:5000", "10.0.0.0/8", "::/0", "10.0.0.1:5000"}) {
    EXPECT_TRUE(CheckInsecureEntry(entry).ok()) << entry;
  }
  for (const char* entry :
       {"", "http://registry.lan", "10.0.0.0/33", "10.0.0.0/x", "a b", "registry.lan/path"}) {
    EXPECT_FALSE(CheckInsecureEntry(entry).ok()) << entry;
  }
}

TEST(ParseChallenge, ReadsBearerParameters) {
  const auto challenge = ParseChallenge(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io", scope="repository:library/nginx:pull,push")");
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->realm, "https://auth.docker.io/token");
  EXPECT_EQ(challenge->service, "registry.docker.io");
  EXPECT_EQ(challenge->scope, "repository:library/nginx:pull,push");
  EXPECT_EQ(TokenUrl(*challenge, "x"),
            "https://auth.docker.io/"
            "token?service=registry.docker.io&scope=repository%3Alibrary%2Fnginx%3Apull%2Cpush");
  EXPECT_EQ(TokenUrl({"https://a/t?x=1", "", ""}, "repository:r:pull"),
            "https://a/t?x=1&scope=repository%3Ar%3Apull");
  EXPECT_TRUE(ParseChallenge("bearer realm=https://a"));
}

TEST(ParseChallenge, IgnoresOtherSchemesAndBrokenOnes) {
  for (const char* header : {"", "Basic realm=\"x\"", "Bearer", "Bearer ", "Bearer realm=\"\"",
                             "Bearer service=\"s\"", "Bearer ,,,=", "Bearer \"\"\""}) {
    EXPECT_FALSE(ParseChallenge(header)) << header;
  }
}

TEST(ParseToken, TakesEitherNameAndNoControlCharacters) {
  EXPECT_EQ(*ParseToken(R"({"token":"a"})"), "a");
  EXPECT_EQ(*ParseToken(R"({"access_token":"b"})"), "b");
  EXPECT_FALSE(ParseToken(R"({"token":"a\r\nX-Evil: 1"})").ok());
  EXPECT_FALSE(ParseToken(R"({"token":7})").ok());
  EXPECT_FALSE(ParseToken("no").ok());
}

TEST(ParseManifest, ListsPlatformsOfAnIndexWithoutAttestations) {
  const auto manifest = ParseManifest(R"({"manifests":[
    {"platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
    {"platform":{"os":"linux","architecture":"amd64"}},
    {"platform":{"os":"linux","architecture":"arm","variant":"v7"}},
    {"platform":{"os":"linux","architecture":"amd64"}},
    {"platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}},
    {"platform":7}, 8, null]})");
  ASSERT_TRUE(manifest.ok());
  EXPECT_TRUE(manifest->is_index);
  EXPECT_EQ(manifest->platforms,
            (std::vector<std::string>{"linux/amd64", "linux/arm/v7", "linux/arm64"}));
}

TEST(ParseManifest, FindsTheConfigOfASingleManifest) {
  const std::string digest = "sha256:" + std::string(64, 'c');
  EXPECT_EQ(ParseManifest(R"({"config":{"digest":")" + digest + "\"}}")->config_digest, digest);
  EXPECT_EQ(ParseManifest(R"({"config":{"digest":"../../etc"}})").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseManifest(R"({"schemaVersion":1,"fsLayers":[]})").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(ParseManifest("").ok());
}

TEST(ParseManifest, PutsTheCommonPlatformOfAnIndexFirst) {
  const auto entry = [](const std::string& arch, char digit) {
    return R"({"platform":{"os":"linux","architecture":")" + arch + R"("},"digest":"sha256:)" +
           std::string(64, digit) + "\"}";
  };
  const auto manifest = ParseManifest("{\"manifests\":[" + entry("s390x", '3') + "," +
                                      entry("amd64", '1') + "," + entry("arm64", '2') +
                                      R"(,{"platform":{"os":"linux","architecture":"mips"}}]})");
  ASSERT_TRUE(manifest.ok());
  EXPECT_EQ(manifest->platforms.size(), 4u);
  const auto digest = [](char digit) { return "sha256:" + std::string(64, digit); };
  EXPECT_EQ(manifest->manifest_digests,
            (std::vector<std::string>{digest('1'), digest('2'), digest('3')}));
}

TEST(ParseImageConfig, ReadsOsAndArchitecture) {
  EXPECT_EQ(ParseImageConfig(R"({"os":"linux","architecture":"amd64"})")->platform, "linux/amd64");
  EXPECT_EQ(ParseImageConfig(R"({"os":"linux","architecture":"arm","variant":"v6"})")->platform,
            "linux/arm/v6");
  EXPECT_FALSE(ParseImageConfig(R"({"os":"linux"})").ok());
}

TEST(ParseImageConfig, ReadsVolumesWithinTheirLimits) {
  const auto config = [](const std::string& volumes) {
    return ParseImageConfig(R"({"os":"linux","architecture":"amd64","config":{"Volumes":)" +
                            volumes + "}}");
  };
  EXPECT_EQ(config(R"({"/data":{},"/cache":{}})")->volumes,
            (std::vector<std::string>{"/cache", "/data"}));
  for (const char* none : {"null", "{}", "[]", "7"}) EXPECT_TRUE(config(none)->volumes.empty());
  const auto with = [&](const std::string& path) { return config("{\"" + path + "\":{}}"); };
  EXPECT_TRUE(with("/" + std::string(4095, 'a')).ok());
  EXPECT_FALSE(with("/" + std::string(4096, 'a')).ok());
  EXPECT_FALSE(with("data").ok());
  EXPECT_FALSE(with("").ok());
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += (i > 0 ? "," : "") + ("\"/v" + std::to_string(i) + "\":{}");
  EXPECT_EQ(config("{" + many + "}")->volumes.size(), 1000u);
  EXPECT_FALSE(config("{" + many + ",\"/one-more\":{}}").ok());
}

TEST(HostOf, IsTheHostAndPort) {
  EXPECT_EQ(HostOf("https://a.b:5000/x?y"), "a.b:5000");
  EXPECT_EQ(HostOf("http://user@evil/x"), "evil");
  EXPECT_EQ(HostOf("https://a.b?x"), "a.b");
  EXPECT_EQ(HostOf("/x"), "");
}

}  // namespace
}  // namespace quayside::controller
