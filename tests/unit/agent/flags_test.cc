#include "agent/flags.h"

#include <cstdlib>
#include <vector>

#include "common/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace quayside::agent {
namespace {

using testing::HasSubstr;

absl::StatusOr<Flags> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "quayside-agent");
  return ParseFlags(static_cast<int>(arguments.size()), arguments.data());
}

void ExpectRefused(const std::vector<const char*>& arguments, const char* sentence) {
  const absl::StatusOr<Flags> flags = Parse(arguments);
  ASSERT_FALSE(flags.ok()) << "expected: " << sentence;
  EXPECT_TRUE(absl::IsInvalidArgument(flags.status()));
  EXPECT_THAT(Message(flags.status()), HasSubstr(sentence));
}

TEST(AgentFlags, HaveTheContractsDefaults) {
  unsetenv("DOCKER_HOST");
  const auto flags = Parse({});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->data_dir, "/var/lib/quayside-agent");
  EXPECT_EQ(flags->engine, "unix:///var/run/docker.sock");
  EXPECT_EQ(flags->name, "");
  EXPECT_EQ(flags->log_level, LogLevel::kInfo);
}

TEST(AgentFlags, AreTaken) {
  const auto flags = Parse({"--data-dir",
                            "/d",
                            "--controller=c:1",
                            "--name",
                            "n",
                            "--label",
                            "a=b",
                            "--label",
                            "c=d=e",
                            "--engine",
                            "unix:///e",
                            "--log-format",
                            "json",
                            "--log-level",
                            "debug",
                            "--relist",
                            "2m",
                            "--max-starts",
                            "4",
                            "--image-gc-min-age",
                            "30m"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->data_dir, "/d");
  EXPECT_EQ(flags->controller, "c:1");
  EXPECT_EQ(flags->name, "n");
  EXPECT_EQ(flags->labels, (std::map<std::string, std::string>{{"a", "b"}, {"c", "d=e"}}));
  EXPECT_EQ(flags->engine, "unix:///e");
  EXPECT_EQ(flags->log_format, LogFormat::kJson);
  EXPECT_EQ(flags->log_level, LogLevel::kDebug);
  EXPECT_EQ(flags->agent.relist_period, absl::Minutes(2));
  EXPECT_EQ(flags->agent.max_starts_in_flight, 4);
  EXPECT_EQ(flags->agent.gc_min_age, absl::Minutes(30));
}

TEST(AgentFlags, ComeFromTheEnvironmentAndTheCommandLineWins) {
  setenv("QUAYSIDE_AGENT_NAME", "from-env", 1);
  setenv("QUAYSIDE_AGENT_DATA_DIR", "/env", 1);
  setenv("QUAYSIDE_AGENT_LABEL", "a=b,c=d", 1);
  setenv("DOCKER_HOST", "unix:///docker-host", 1);
  const auto flags = Parse({"--name", "from-flag"});
  for (const char* name :
       {"QUAYSIDE_AGENT_NAME", "QUAYSIDE_AGENT_DATA_DIR", "QUAYSIDE_AGENT_LABEL", "DOCKER_HOST"}) {
    unsetenv(name);
  }
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->name, "from-flag");
  EXPECT_EQ(flags->data_dir, "/env");
  EXPECT_EQ(flags->labels.size(), 2u);
  EXPECT_EQ(flags->engine, "unix:///docker-host");
}

TEST(AgentFlags, RefuseWithASentence) {
  ExpectRefused({"--controler", "x"}, "the nearest one is --controller");
  ExpectRefused({"--label", "nolabel"}, "NAME=VALUE");
  ExpectRefused({"--label", "two words=a"}, "letters, digits");
  ExpectRefused({"--name", "a/b"}, "cannot be a host's name");
  ExpectRefused({"--name", ".."}, "cannot be a host's name");
  ExpectRefused({"--name", std::string(254, 'a').c_str()}, "at most 253");
  ExpectRefused({"--relist", "soon"}, "no duration above zero");
  ExpectRefused({"--relist", "0s"}, "no duration above zero");
  ExpectRefused({"--max-starts", "0"}, "--max-starts");
  ExpectRefused({"--max-starts", "65"}, "--max-starts");
  ExpectRefused({"--image-gc-start", "0.5", "--image-gc-stop", "0.6"}, "--image-gc-stop");
  ExpectRefused({"--log-level", "loud"}, "--log-level");
  ExpectRefused({"--join", "qj1-x"}, "come with certificates");
  ExpectRefused({"--policy", "p.yaml"}, "come with certificates");
}

TEST(AgentFlags, HelpAndVersionArePrinted) {
  EXPECT_THAT(Parse({"--help"})->print, HasSubstr("Examples:"));
  EXPECT_THAT(Parse({"--version"})->print,
              testing::MatchesRegex("quayside-agent .* \\(git .*\\)\n"));
}

}  // namespace
}  // namespace quayside::agent
