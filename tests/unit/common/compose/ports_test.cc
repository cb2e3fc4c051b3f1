#include "common/compose/ports.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "ip|host>container/protocol" for each.
std::string Show(const std::vector<PortSpec>& ports) {
  std::string text;
  for (const PortSpec& port : ports) {
    text += (text.empty() ? "" : " ") + port.host_ip + "|" + std::to_string(port.host_port) + ">" +
            std::to_string(port.container_port) + "/" + port.protocol;
  }
  return text;
}

TEST(Ports, ReadTheShortForm) {
  const std::map<std::string, std::string> expected = {
      {"3000", "|0>3000/tcp"},
      {"8000:8000", "|8000>8000/tcp"},
      {"3000-3002", "|0>3000/tcp |0>3001/tcp |0>3002/tcp"},
      {"9090-9091:8080-8081", "|9090>8080/tcp |9091>8081/tcp"},
      {"127.0.0.1:8001:8001", "127.0.0.1|8001>8001/tcp"},
      {"127.0.0.1:5000-5001:5000-5001", "127.0.0.1|5000>5000/tcp 127.0.0.1|5001>5001/tcp"},
      {"6060:6060/udp", "|6060>6060/udp"},
      {"53:53/UDP", "|53>53/udp"},
      {"132/sctp", "|0>132/sctp"},
      {"127.0.0.1::80", "127.0.0.1|0>80/tcp"},
      {"[::1]:80:8080", "::1|80>8080/tcp"},
      {"[::1]::80", "::1|0>80/tcp"},
      {"[2001:db8::1]:443:443/udp", "2001:db8::1|443>443/udp"},
      {"65535:65535", "|65535>65535/tcp"},
      {":80", "|0>80/tcp"},
  };
  for (const auto& [text, shown] : expected) {
    const auto ports = ParsePorts(text);
    ASSERT_TRUE(ports.ok()) << text << " " << ports.status();
    EXPECT_EQ(Show(*ports), shown) << text;
  }
}

TEST(Ports, RefuseWhatIsNoPort) {
  for (const char* bad : {"",
                          "x",
                          "0",
                          "65536",
                          "80:0",
                          "0:80",
                          "80/",
                          "80/icmp",
                          "1-",
                          "-1",
                          "5-1",
                          "80:81-82",
                          "1.2.3:80:80",
                          "[::1:80:80",
                          "1-2000",
                          "80:80:80:80",
                          "host:80:80",
                          "127.0.0.1:80",
                          "80-82:80-81",
                          "[]:80:80"}) {
    EXPECT_FALSE(ParsePorts(bad).ok()) << bad;
  }
  EXPECT_THAT(Message(ParsePorts("8000-8100:80").status()),
              HasSubstr("a range of host ports for one container port is not supported"));
}

TEST(Ports, ReadTheLongForm) {
  EXPECT_EQ(Show(Container("    ports:\n"
                           "      - {target: 80}\n"
                           "      - {target: 81, published: 8081, protocol: udp, mode: host}\n"
                           "      - {target: 82-83, published: '8082-8083', host_ip: 10.0.0.1}\n"
                           "      - {target: 84, host_ip: '::1', name: web, app_protocol: http}\n")
                     .ports),
            "|0>80/tcp |8081>81/udp 10.0.0.1|8082>82/tcp 10.0.0.1|8083>83/tcp ::1|0>84/tcp");
  EXPECT_THAT(ErrorOf(WebWith("    ports: [{published: 80}]\n")), HasSubstr("needs target"));
  EXPECT_THAT(ErrorOf(WebWith("    ports: [{target: 80, mode: mesh}]\n")),
              HasSubstr("compose.yaml:4:32: services.web.ports.mode: \"mesh\" is not one of host"));
  EXPECT_THAT(ErrorOf(WebWith("    ports: [{target: 80, host_port: 1}]\n")),
              HasSubstr("services.web.ports.host_port: no such key"));
  EXPECT_THAT(ErrorOf(WebWith("    ports: '80:80'\n")), HasSubstr("a list is expected"));
  EXPECT_THAT(ErrorOf(WebWith("    ports: [[80]]\n")), HasSubstr("a text is expected"));
}

TEST(Ports, PublishedTwiceOnOneAddressAreRefused) {
  EXPECT_THAT(ErrorOf(WebWith("    ports: ['80:80', '80:81']\n")),
              HasSubstr("the host port 80/tcp is published twice"));
  EXPECT_EQ(Show(Container("    ports: ['80:80', '80:80', '80:80/udp']\n").ports),
            "|80>80/tcp |80>80/udp");
}

TEST(Ports, ExposeExpandsRanges) {
  EXPECT_THAT(Container("    expose: [80, '81/udp', '90-92', 80]\n").expose,
              ElementsAre("80", "81/udp", "90", "91", "92"));
  EXPECT_THAT(ErrorOf(WebWith("    expose: ['80', 'x']\n")),
              HasSubstr("compose.yaml:4:20: services.web.expose"));
}

TEST(Ports, OfOneKeyAreTheSameWhenFilesAreMerged) {
  EXPECT_EQ(PortKey(MakeScalar("80:80", false)), PortKey(MakeScalar("80:80/tcp", false)));
  EXPECT_NE(PortKey(MakeScalar("80:80", false)), PortKey(MakeScalar("80:80/udp", false)));
  EXPECT_NE(PortKey(MakeScalar("80:80", false)), PortKey(MakeScalar("81:80", false)));
  EXPECT_NE(PortKey(MakeScalar("127.0.0.1:80:80", false)), PortKey(MakeScalar("80:80", false)));
}

}  // namespace
}  // namespace quayside::compose
