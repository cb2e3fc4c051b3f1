#include "common/model/image_ref.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace quayside {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(ParseImageRef, ReadsNamesAsDockerDoes) {
  const struct {
    std::string text;
    ImageRef ref;
    const char* familiar;
  } kCases[] = {
      {"nginx", {"docker.io", "library/nginx", "", ""}, "nginx"},
      {"nginx:1.25", {"docker.io", "library/nginx", "1.25", ""}, "nginx"},
      {"team/web", {"docker.io", "team/web", "", ""}, "team/web"},
      {"docker.io/nginx", {"docker.io", "library/nginx", "", ""}, "nginx"},
      {"index.docker.io/team/web:v1", {"docker.io", "team/web", "v1", ""}, "team/web"},
      {"library/nginx", {"docker.io", "library/nginx", "", ""}, "nginx"},
      {"localhost/web", {"localhost", "web", "", ""}, "localhost/web"},
      {"host:5000/a/b_c/d-e.f:T_1",
       {"host:5000", "a/b_c/d-e.f", "T_1", ""},
       "host:5000/a/b_c/d-e.f"},
      {"ghcr.io/Own", {}, nullptr},
      {"[::1]:5000/web", {"[::1]:5000", "web", "", ""}, "[::1]:5000/web"},
      {"nginx@" + kDigest, {"docker.io", "library/nginx", "", kDigest}, "nginx"},
      {"r.example/web:v1@" + kDigest, {"r.example", "web", "v1", kDigest}, "r.example/web"},
      {"Uppercase/web", {"Uppercase", "web", "", ""}, "Uppercase/web"},
      {"a__b", {"docker.io", "library/a__b", "", ""}, "a__b"},
      {"a---b", {"docker.io", "library/a---b", "", ""}, "a---b"},
  };
  for (const auto& c : kCases) {
    const auto ref = ParseImageRef(c.text);
    ASSERT_EQ(ref.ok(), c.familiar != nullptr) << c.text;
    if (!ref.ok()) continue;
    EXPECT_EQ(*ref, c.ref) << c.text;
    EXPECT_EQ(ref->FamiliarRepository(), c.familiar) << c.text;
  }
}

TEST(ParseImageRef, RefusesWhatIsNoName) {
  for (const std::string& text : {std::string(""),
                                  std::string("Nginx"),
                                  std::string(":v1"),
                                  std::string("nginx:"),
                                  std::string("a//b"),
                                  std::string("/a"),
                                  std::string("a/"),
                                  std::string("a___b"),
                                  std::string("a..b"),
                                  std::string("-a"),
                                  std::string("a b"),
                                  std::string("a\nb"),
                                  std::string("nginx:a b"),
                                  "nginx:" + std::string(129, 'x'),
                                  std::string("nginx@sha256:12"),
                                  std::string("nginx@md5:") + std::string(64, 'a'),
                                  std::string(64, 'a'),
                                  std::string(256, 'a'),
                                  std::string("host:port/web"),
                                  std::string("-host.example/web"),
                                  std::string("host..example/web"),
                                  std::string("nginx\0x", 7),
                                  std::string("http://host/web")}) {
    const auto ref = ParseImageRef(text);
    EXPECT_EQ(ref.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ParseImageRef, TakesNamesUpToTheirLimits) {
  EXPECT_TRUE(ParseImageRef(std::string(255, 'a')).ok());
  EXPECT_TRUE(ParseImageRef("a:" + std::string(128, 'x')).ok());
}

TEST(ImageRef, AsksDockerHubAtItsApiName) {
  EXPECT_EQ(ParseImageRef("nginx")->ApiHost(), "registry-1.docker.io");
  EXPECT_EQ(ParseImageRef("r.example:5000/x")->ApiHost(), "r.example:5000");
}

}  // namespace
}  // namespace quayside
