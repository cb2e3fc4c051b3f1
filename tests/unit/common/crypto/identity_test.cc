#include "common/crypto/identity.h"

#include <gtest/gtest.h>

namespace quayside::crypto {
namespace {

using Kind = Identity::Kind;

TEST(Identity, IsWrittenAndReadBack) {
  const std::pair<Identity, std::string> cases[] = {
      {{Kind::kHost, "fleet", "h4"}, "spiffe://fleet/host/h4"},
      {{Kind::kUser, "fleet", "alice"}, "spiffe://fleet/user/alice"},
      {{Kind::kController, "fleet", ""}, "spiffe://fleet/controller"},
  };
  for (const auto& [identity, uri] : cases) {
    EXPECT_EQ(ToUri(identity), uri);
    const auto read = ParseIdentity(uri);
    ASSERT_TRUE(read.ok()) << uri;
    EXPECT_EQ(*read, identity);
  }
}

TEST(Identity, AnythingElseIsNobody) {
  for (const char* uri :
       {"", "spiffe://", "spiffe://fleet", "spiffe://fleet/", "spiffe:///controller",
        "spiffe://fleet/controller/", "spiffe://fleet/controllers", "spiffe://fleet/Controller",
        "spiffe://fleet/host/", "spiffe://fleet/host/A", "spiffe://fleet/host/a/b",
        "spiffe://fleet/host/..", "spiffe://fleet/host/a?b", "spiffe://fleet/user/a b",
        "spiffe://Fleet/host/a", "https://fleet/controller", " spiffe://fleet/controller",
        "spiffe://fleet/host/a\n"}) {
    EXPECT_FALSE(ParseIdentity(uri).ok()) << uri;
  }
  EXPECT_FALSE(ParseIdentity("spiffe://fleet/host/" + std::string(64, 'a')).ok());
  EXPECT_FALSE(ParseIdentity(std::string("spiffe://fleet/controller\0x", 27)).ok());
}

}  // namespace
}  // namespace quayside::crypto
