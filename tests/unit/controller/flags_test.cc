#include "controller/flags.h"

#include <cstdlib>
#include <vector>

#include "common/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace quayside::controller {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::StatusOr<Flags> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "quayside-controller");
  return ParseFlags(static_cast<int>(arguments.size()), arguments.data());
}

void ExpectRefused(const std::vector<const char*>& arguments, const char* sentence) {
  const absl::StatusOr<Flags> flags = Parse(arguments);
  ASSERT_FALSE(flags.ok()) << "expected: " << sentence;
  EXPECT_TRUE(absl::IsInvalidArgument(flags.status()));
  EXPECT_THAT(Message(flags.status()), HasSubstr(sentence));
}

TEST(ControllerFlags, ListenOnLoopbackUnlessTold) {
  const auto flags = Parse({});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->data_dir, "/var/lib/quayside");
  EXPECT_EQ(flags->grpc, (net::HostPort{"127.0.0.1", 7443}));
  EXPECT_EQ(flags->https, (net::HostPort{"127.0.0.1", 7480}));
  EXPECT_EQ(flags->restore_file, "");
}

TEST(ControllerFlags, InsecureListenReplacesBothHosts) {
  const auto flags =
      Parse({"--listen", "127.0.0.1:0", "--https", "127.0.0.1:1", "--insecure-listen", "10.1.2.3"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->grpc, (net::HostPort{"10.1.2.3", 0}));
  EXPECT_EQ(flags->https, (net::HostPort{"10.1.2.3", 1}));
}

TEST(ControllerFlags, AreTaken) {
  const auto flags = Parse({"--insecure-registry", "a:5000", "--insecure-registry", "10.0.0.0/8",
                            "--heartbeat", "1s", "--lease", "5s", "--start-grace", "3s",
                            "--max-hosts", "7", "--max-events", "5000", "--event-retention", "1h"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_THAT(flags->insecure_registries, ElementsAre("a:5000", "10.0.0.0/8"));
  EXPECT_EQ(flags->core.heartbeat_period, absl::Seconds(1));
  EXPECT_EQ(flags->core.lease, absl::Seconds(5));
  EXPECT_EQ(flags->core.start_grace, absl::Seconds(3));
  EXPECT_EQ(flags->core.max_hosts, 7);
  EXPECT_EQ(flags->core.max_events, 5000);
  EXPECT_EQ(flags->core.event_retention, absl::Hours(1));
}

TEST(ControllerFlags, ComeFromTheEnvironment) {
  setenv("QUAYSIDE_CONTROLLER_LISTEN", "127.0.0.1:9", 1);
  setenv("QUAYSIDE_CONTROLLER_INSECURE_REGISTRY", "a,b", 1);
  const auto flags = Parse({});
  unsetenv("QUAYSIDE_CONTROLLER_LISTEN");
  unsetenv("QUAYSIDE_CONTROLLER_INSECURE_REGISTRY");
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->grpc.port, 9);
  EXPECT_THAT(flags->insecure_registries, ElementsAre("a", "b"));
}

TEST(ControllerFlags, RestoreTakesAFileAndTheDataDirectory) {
  for (const auto& arguments : {std::vector<const char*>{"restore", "b.db", "--data-dir", "/d"},
                                std::vector<const char*>{"--data-dir", "/d", "restore", "b.db"}}) {
    const auto flags = Parse(arguments);
    ASSERT_TRUE(flags.ok()) << flags.status();
    EXPECT_EQ(flags->restore_file, "b.db");
    EXPECT_EQ(flags->data_dir, "/d");
  }
  ExpectRefused({"restore"}, "FILE");
}

TEST(ControllerFlags, RefuseWithASentence) {
  ExpectRefused({"--data-dri", "x"}, "the nearest one is --data-dir");
  ExpectRefused({"restor", "f"}, "the nearest one is restore");
  ExpectRefused({"--listen", "0.0.0.0:7443"}, "is not a loopback address");
  ExpectRefused({"--https", "10.0.0.1:7480"}, "is not a loopback address");
  ExpectRefused({"--listen", "nowhere"}, "is not HOST:PORT");
  ExpectRefused({"--insecure-listen", "8.8.8.8"}, "no private or loopback address");
  ExpectRefused({"--insecure-listen", "0.0.0.0"}, "no private or loopback address");
  ExpectRefused({"--insecure-listen", "example.org"}, "no private or loopback address");
  ExpectRefused({"--san", "a.example.org"}, "comes with certificates");
  ExpectRefused({"--key-file", "k"}, "comes with certificates");
  ExpectRefused({"--https-cert", "c"}, "comes with certificates");
  ExpectRefused({"--lease", "10s", "--heartbeat", "6s"}, "twice --heartbeat");
  ExpectRefused({"--heartbeat", "1ms"}, "at least 100ms");
  ExpectRefused({"--max-hosts", "0"}, "--max-hosts");
}

TEST(ControllerFlags, AtTheirLimitsAreTakenAndBeyondRefused) {
  const std::vector<std::vector<const char*>> taken = {{"--max-hosts", "1"},
                                                       {"--max-hosts", "100000"},
                                                       {"--max-events", "1000"},
                                                       {"--max-events", "100000000"},
                                                       {"--heartbeat", "100ms", "--lease", "200ms"},
                                                       {"--start-grace", "1ns"},
                                                       {"--start-grace", "87600h"},
                                                       {"--event-retention", "87600h"}};
  for (const std::vector<const char*>& at : taken) {
    const auto flags = Parse(at);
    EXPECT_TRUE(flags.ok()) << at[0] << " " << at[1] << ": " << flags.status();
  }
  const std::vector<std::vector<const char*>> refused = {{"--max-hosts", "100001"},
                                                         {"--max-hosts", "-1"},
                                                         {"--max-hosts", "many"},
                                                         {"--max-events", "999"},
                                                         {"--max-events", "100000001"},
                                                         {"--start-grace", "0s"},
                                                         {"--start-grace", "-1s"},
                                                         {"--start-grace", "87601h"},
                                                         {"--event-retention", "inf"},
                                                         {"--event-retention", "30"},
                                                         {"--lease", ""},
                                                         {"--log-level", "loud"},
                                                         {"--log-format", "xml"},
                                                         {"--listen", "127.0.0.1:65536"},
                                                         {"--https", "127.0.0.1:-1"}};
  for (const std::vector<const char*>& over : refused) ExpectRefused(over, over[0]);
}

}  // namespace
}  // namespace quayside::controller
