#include "common/net/address.h"

#include "gtest/gtest.h"

namespace quayside::net {
namespace {

TEST(Address, ReadsHostsAndPorts) {
  EXPECT_EQ(*ParseHostPort("10.0.0.1:7443"), (HostPort{"10.0.0.1", 7443}));
  EXPECT_EQ(*ParseHostPort("ctl.example.org:0"), (HostPort{"ctl.example.org", 0}));
  EXPECT_EQ(*ParseHostPort("[::1]:65535"), (HostPort{"::1", 65535}));
  EXPECT_EQ(ToString({"::1", 1}), "[::1]:1");
  EXPECT_EQ(ToString({"a", 1}), "a:1");
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"", ":", "a", "a:", ":1", "a:65536", "a:-1", "a:1x", "::1:80", "[::1]",
                           "[a]:1", "unix:/tmp/x", "a b:1", "a/b:1", "dns:///a:1"}) {
    EXPECT_EQ(ParseHostPort(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(ParseHostPort(std::string(300, 'a') + ":1").ok());
}

TEST(Address, KnowsWhatTheInternetDoesNotRoute) {
  for (const char* host :
       {"127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.0.1", "100.64.0.1", "::1", "fd00::1", "fe80::1"}) {
    EXPECT_TRUE(IsPrivateAddress(host)) << host;
  }
  for (const char* host : {"8.8.8.8", "172.32.0.1", "0.0.0.0", "::", "2001:db8::1", "11.0.0.1",
                           "100.128.0.1", "localhost", "example.org", ""}) {
    EXPECT_FALSE(IsPrivateAddress(host)) << host;
  }
  EXPECT_TRUE(IsLoopback("localhost"));
  EXPECT_TRUE(IsLoopback("127.0.0.2"));
  EXPECT_FALSE(IsLoopback("10.0.0.1"));
}

}  // namespace
}  // namespace quayside::net
