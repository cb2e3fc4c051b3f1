#include "common/compose/scalar.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/compose/shell_words.h"

namespace quayside::compose {
namespace {

TEST(Scalar, ReadsDurations) {
  const std::vector<std::pair<std::string, absl::Duration>> good = {
      {"0", absl::ZeroDuration()},
      {"0s", absl::ZeroDuration()},
      {"10s", absl::Seconds(10)},
      {"1m30s", absl::Seconds(90)},
      {"1.5s", absl::Milliseconds(1500)},
      {"300ms", absl::Milliseconds(300)},
      {"2h", absl::Hours(2)},
      {"1d", absl::Hours(24)},
      {"1w", absl::Hours(168)},
      {"5us", absl::Microseconds(5)},
      {"5µs", absl::Microseconds(5)},
      {"7ns", absl::Nanoseconds(7)},
      {".5s", absl::Milliseconds(500)},
      {"3650d", absl::Hours(24 * 3650)}};
  for (const auto& [text, value] : good) {
    ASSERT_TRUE(ParseDuration(text).ok()) << text;
    EXPECT_EQ(*ParseDuration(text), value) << text;
    EXPECT_EQ(*ParseDuration(DurationText(value)), value) << text;
  }
  for (const char* bad : {"", "10", "s", "10x", "-1s", "1s ", " 1s", "1..5s", ".s", "1e3s", "10 s",
                          "3651d", "99999999999999999999h", "999999999w"}) {
    EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
  }
  EXPECT_EQ(DurationText(absl::Seconds(90)), "1m30s");
}

TEST(Scalar, ReadsSizes) {
  const std::vector<std::pair<std::string, int64_t>> good = {{"0", 0},
                                                             {"1024", 1024},
                                                             {"1b", 1},
                                                             {"2k", 2048},
                                                             {"2kb", 2048},
                                                             {"2KiB", 2048},
                                                             {"64m", 64 << 20},
                                                             {"64M", 64 << 20},
                                                             {"1.5g", 1610612736},
                                                             {"1 GB", 1 << 30},
                                                             {"1t", int64_t{1} << 40},
                                                             {"1p", int64_t{1} << 50},
                                                             {"0.5k", 512}};
  for (const auto& [text, value] : good) {
    ASSERT_TRUE(ParseBytes(text).ok()) << text;
    EXPECT_EQ(*ParseBytes(text), value) << text;
  }
  for (const char* bad :
       {"", "-1", "m", "1x", "1mm", "1kib2", "99999999t", "1  m", "9999999999999999999", "1ib"}) {
    EXPECT_FALSE(ParseBytes(bad).ok()) << bad;
  }
}

TEST(Scalar, ReadsCpus) {
  EXPECT_EQ(*ParseNanoCpus("0.5"), 500'000'000);
  EXPECT_EQ(*ParseNanoCpus("2"), 2'000'000'000);
  EXPECT_EQ(*ParseNanoCpus("0.000000001"), 1);
  for (const char* bad : {"", "-1", "half", "1e3", "1.5.1", "99999999999999"}) {
    EXPECT_FALSE(ParseNanoCpus(bad).ok()) << bad;
  }
  for (const int64_t value : {int64_t{1}, int64_t{500'000'000}, int64_t{1'250'000'000}}) {
    EXPECT_EQ(*ParseNanoCpus(NanoCpusText(value)), value);
  }
}

TEST(Scalar, ReadsNumbersWithinTheirLimits) {
  EXPECT_EQ(*ParseInteger("-5", -5, 5), -5);
  EXPECT_EQ(*ParseInteger("+5", -5, 5), 5);
  EXPECT_EQ(*ParseInteger("0x10", 0, 100), 16);
  EXPECT_EQ(*ParseInteger("0o17", 0, 100), 15);
  for (const char* bad :
       {"", "6", "-6", "1.0", "five", "1 ", "--1", "0x", "99999999999999999999"}) {
    EXPECT_FALSE(ParseInteger(bad, -5, 5).ok()) << bad;
  }
  EXPECT_EQ(*ParseReal("0.3", 0, 1), 0.3);
  for (const char* bad : {"", "1.1", "-0.1", "nan", "x", "0.3x"}) {
    EXPECT_FALSE(ParseReal(bad, 0, 1).ok()) << bad;
  }
  EXPECT_EQ(*ParseReal(RealText(0.1), 0, 1), 0.1);
}

TEST(Scalar, ReadsTruth) {
  for (const char* yes : {"true", "True", "yes", "on", "y"}) EXPECT_TRUE(*ParseBool(yes));
  for (const char* no : {"false", "FALSE", "no", "off", "n"}) EXPECT_FALSE(*ParseBool(no));
  for (const char* bad : {"", "1", "maybe"}) EXPECT_FALSE(ParseBool(bad).ok()) << bad;
}

TEST(ShellWords, SplitAsAShellQuotes) {
  using Words = std::vector<std::string>;
  const std::vector<std::pair<std::string, Words>> good = {
      {"", {}},
      {"  ", {}},
      {"a b", {"a", "b"}},
      {" a\tb\n", {"a", "b"}},
      {"a 'b c' \"d e\"", {"a", "b c", "d e"}},
      {"a'b'\"c\"", {"abc"}},
      {"'' \"\"", {"", ""}},
      {"a\\ b", {"a b"}},
      {"\"a\\\"b\\n\"", {"a\"b\\n"}},
      {"'a\\b'", {"a\\b"}},
      {"sh -c 'echo \"hi\"'", {"sh", "-c", "echo \"hi\""}}};
  for (const auto& [line, words] : good) {
    ASSERT_TRUE(ShellWords(line).ok()) << line;
    EXPECT_EQ(*ShellWords(line), words) << line;
  }
  EXPECT_FALSE(ShellWords("a 'b").ok());
  EXPECT_FALSE(ShellWords("\"").ok());
}

}  // namespace
}  // namespace quayside::compose
