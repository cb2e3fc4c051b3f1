#include "controller/trust/authority.h"

#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/crypto/identity.h"

namespace quayside::controller {
namespace {

using crypto::Certificate;
using crypto::PrivateKey;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const FleetId kFleet("fleetfleet");

TEST(Authority, GivesHostsUsersAndItselfTheirIdentities) {
  const Authority authority = Authority::Make(kFleet, kNow);
  const crypto::PublicKey key = PrivateKey::Generate().public_key();
  const Certificate host = authority.IssueHost(
      HostId("h4"), "a-host.with.a.long.name." + std::string(60, 'x'), key, kNow);
  const Certificate user = authority.IssueUser("alice", key, kNow);
  const auto server = authority.IssueServer({"quayside.example", "192.0.2.1", "::1"}, key, kNow);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(host.uri(), "spiffe://fleetfleet/host/h4");
  EXPECT_EQ(user.uri(), "spiffe://fleetfleet/user/alice");
  EXPECT_EQ(server->uri(), "spiffe://fleetfleet/controller");
  for (const Certificate* issued : {&host, &user, &*server}) {
    EXPECT_TRUE(issued->CheckIssuedBy(authority.certificate(), kNow).ok());
    EXPECT_TRUE(issued->CheckIssuedBy(authority.certificate(), kNow - absl::Minutes(59)).ok());
    EXPECT_FALSE(issued->authority());
  }
  EXPECT_EQ(host.not_after(), kNow + absl::Hours(24 * 30));
  EXPECT_EQ(user.not_after(), kNow + absl::Hours(12));
}

TEST(Authority, IsWrittenAndReadBackAndItsPinStays) {
  const Authority made = Authority::Make(kFleet, kNow);
  const auto loaded = Authority::Load(kFleet, made.certificate().ToPem(), made.key().ToPem());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->pin(), made.pin());
  const Certificate host = loaded->IssueHost(HostId("h"), "h", made.key().public_key(), kNow);
  EXPECT_TRUE(host.CheckIssuedBy(made.certificate(), kNow).ok());
  EXPECT_NE(Authority::Make(kFleet, kNow).pin(), made.pin());
}

TEST(Authority, WhatDoesNotBelongTogetherIsRefused) {
  const Authority one = Authority::Make(kFleet, kNow), other = Authority::Make(kFleet, kNow);
  const Certificate host = one.IssueHost(HostId("h"), "h", one.key().public_key(), kNow);
  const auto load = [](const std::string& certificate, const std::string& key) {
    return Authority::Load(kFleet, certificate, key).status().code();
  };
  EXPECT_EQ(load(one.certificate().ToPem(), other.key().ToPem()), absl::StatusCode::kDataLoss);
  EXPECT_EQ(load(host.ToPem(), one.key().ToPem()), absl::StatusCode::kDataLoss);
  EXPECT_EQ(load("", one.key().ToPem()), absl::StatusCode::kDataLoss);
  EXPECT_EQ(load(one.certificate().ToPem(), ""), absl::StatusCode::kDataLoss);
}

TEST(Authority, AServerNameThatIsNoneIsRefused) {
  const Authority authority = Authority::Make(kFleet, kNow);
  const crypto::PublicKey key = PrivateKey::Generate().public_key();
  for (const char* name : {"", "a b", "a\n"}) {
    EXPECT_FALSE(authority.IssueServer({name}, key, kNow).ok()) << name;
  }
}

}  // namespace
}  // namespace quayside::controller
