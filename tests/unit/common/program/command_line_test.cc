#include "common/program/command_line.h"

#include <cstdlib>

#include "common/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace quayside::program {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A program with one flag of each kind.
class Sample : public testing::Test {
 protected:
  Sample() : line_("quayside-sample", "Does nothing.", "Examples: none") {
    line_.AddDuration("--every", &every_, "how often");
    line_.AddList("--label", &labels_, "repeatable");
    line_.AddLog(&format_, &level_);
    line_.AddRefused("--later", "this comes later");
  }
  ~Sample() override {
    for (const char* name : {"QUAYSIDE_SAMPLE_EVERY", "QUAYSIDE_SAMPLE_LABEL"}) unsetenv(name);
  }
  absl::StatusOr<std::string> Parse(std::vector<const char*> words) {
    words.insert(words.begin(), "quayside-sample");
    return line_.Parse(static_cast<int>(words.size()), words.data());
  }
  void ExpectRefused(const std::vector<const char*>& words, const std::string& sentence) {
    const absl::StatusOr<std::string> parsed = Parse(words);
    EXPECT_TRUE(absl::IsInvalidArgument(parsed.status()));
    EXPECT_THAT(Message(parsed.status()), HasSubstr(sentence));
  }

  absl::Duration every_ = absl::Seconds(5);
  std::vector<std::string> labels_;
  LogFormat format_ = LogFormat::kText;
  LogLevel level_ = LogLevel::kInfo;
  CommandLine line_;
};

TEST_F(Sample, TakesItsFlags) {
  const auto parsed = Parse(
      {"--every=2m", "--label", "a,b", "--label=c", "--log-format=json", "--log-level", "debug"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, "");
  EXPECT_EQ(every_, absl::Minutes(2));
  EXPECT_THAT(labels_, ElementsAre("a,b", "c"));
  EXPECT_EQ(format_, LogFormat::kJson);
  EXPECT_EQ(level_, LogLevel::kDebug);
}

TEST_F(Sample, TheEnvironmentIsReadAndTheCommandLineWins) {
  setenv("QUAYSIDE_SAMPLE_EVERY", "7s", 1);
  setenv("QUAYSIDE_SAMPLE_LABEL", "a,b", 1);
  ASSERT_TRUE(Parse({"--every=9s"}).ok());
  EXPECT_EQ(every_, absl::Seconds(9));
  EXPECT_THAT(labels_, ElementsAre("a", "b")) << "a list takes commas there";
}

TEST_F(Sample, PrintsHelpAndVersion) {
  EXPECT_THAT(*Parse({"--help"}),
              testing::AllOf(HasSubstr("Does nothing."), HasSubstr("Examples"),
                             HasSubstr("--every"), testing::Not(HasSubstr("--later"))));
  EXPECT_EQ(Parse({"--version"})->rfind("quayside-sample ", 0), 0u);
}

TEST_F(Sample, SaysWhatIsWrong) {
  ExpectRefused({"--evry=2s"}, "has no flag `--evry`; the nearest one is --every");
  ExpectRefused({"--every=0s"}, "`0s` is no duration above zero");
  ExpectRefused({"--later=x"}, "this comes later");
  ExpectRefused({"--log-level=loud"}, "--log-level");
}

TEST_F(Sample, WithCommandsItNamesTheNearestOfThoseToo) {
  line_.app().add_subcommand("restore", "puts back");
  ExpectRefused({"restor"}, "has no flag or command `restor`; the nearest one is restore");
}

}  // namespace
}  // namespace quayside::program
