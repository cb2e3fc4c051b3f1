#include "common/compose/env_file.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

using Values = std::map<std::string, std::string>;

std::optional<std::string> FromShell(std::string_view name) {
  if (name == "SHELL_VAR") return "from shell";
  return std::nullopt;
}

Values ReadEnv(std::string_view text, std::string* error = nullptr) {
  Problems problems(false);
  const int file = problems.AddFile(".env");
  Values values = ParseEnvFile(text, file, FromShell, problems);
  if (error != nullptr) {
    *error = Message(problems.ToStatus());
  } else {
    EXPECT_TRUE(problems.ok()) << problems.ToStatus();
  }
  return values;
}

TEST(EnvFile, ReadsItsForms) {
  EXPECT_EQ(ReadEnv("A=1\n"
                    "  B = two words  \n"
                    "export C=3\n"
                    "# comment\n"
                    "\n"
                    "D=\n"
                    "E: yaml\n"
                    "F=a#b # comment\n"
                    "G=x=y\n"
                    "export=odd\n"
                    "H.1-x[0]=key\n"
                    "I=last"),
            (Values{{"A", "1"},
                    {"B", "two words"},
                    {"C", "3"},
                    {"D", ""},
                    {"E", "yaml"},
                    {"F", "a#b"},
                    {"G", "x=y"},
                    {"export", "odd"},
                    {"H.1-x[0]", "key"},
                    {"I", "last"}}));
}

TEST(EnvFile, ReadsQuotes) {
  EXPECT_EQ(ReadEnv("A='$B # \\n'\n"
                    "B=\"a\\tb\\\"c\\\\d\\$e # no comment\" # comment\n"
                    "C=\"line one\nline two\"\n"
                    "D='one\ntwo'\n"
                    "E=''\n"
                    "F=\"it's\"\n"
                    "G=\"a\\xb\"\n"),
            (Values{{"A", "$B # \\n"},
                    {"B", "a\tb\"c\\d$e # no comment"},
                    {"C", "line one\nline two"},
                    {"D", "one\ntwo"},
                    {"E", ""},
                    {"F", "it's"},
                    {"G", "a\\xb"}}));
}

TEST(EnvFile, InterpolatesFromTheCallerThenFromAbove) {
  EXPECT_EQ(
      ReadEnv("A=1\nB=${A}2\nC=\"$B-$SHELL_VAR\"\nSHELL_VAR=mine\nD=${SHELL_VAR}\nE=${X:-y}\n"),
      (Values{{"A", "1"},
              {"B", "12"},
              {"C", "12-from shell"},
              {"SHELL_VAR", "mine"},
              {"D", "from shell"},
              {"E", "y"}}));
}

TEST(EnvFile, TakesTheCallersValueForAKeyAlone) {
  EXPECT_EQ(ReadEnv("SHELL_VAR\nABSENT\n"), (Values{{"SHELL_VAR", "from shell"}}));
}

TEST(EnvFile, ReadsWindowsLines) {
  EXPECT_EQ(ReadEnv("\xEF\xBB\xBF"
                    "A=1\r\nB='2'\r\n"),
            (Values{{"A", "1"}, {"B", "2"}}));
}

TEST(EnvFile, SaysWhatIsWrongAndWhere) {
  std::string error;
  ReadEnv("A=1\nB C=2\n", &error);
  EXPECT_EQ(error, ".env:2:2: B: a line is KEY=value, and the key is not followed by =");
  ReadEnv("=1\n", &error);
  EXPECT_EQ(error, ".env:1:1: a line is KEY=value, and this is not the start of a key");
  ReadEnv("A=1\nB=\"x\nC=1\n", &error);
  EXPECT_EQ(error, ".env:2:3: B: the quote \" that begins here never ends");
  ReadEnv("A='x' y\n", &error);
  EXPECT_EQ(error, ".env:1:7: A: there is text after the closing quote");
  ReadEnv("A=pa$1\n", &error);
  EXPECT_THAT(error, HasSubstr(".env:1:3: A: invalid interpolation at \"$1\""));
  EXPECT_THAT(error, HasSubstr("put the value in single quotes"));
  ReadEnv(std::string_view("A=\0", 3), &error);
  EXPECT_EQ(error, ".env: a NUL byte; the file must be text");
}

TEST(EnvFile, StopsValuesThatDouble) {
  std::string text = "V0=" + std::string(100, 'x') + "\n";
  for (int i = 1; i < 64; ++i) {
    const std::string before = "$V" + std::to_string(i - 1);
    text += "V" + std::to_string(i) + "=" + before + before + "\n";
  }
  std::string error;
  ReadEnv(text, &error);
  EXPECT_THAT(error, HasSubstr("grows over"));
}

TEST(EnvFile, RawTakesLinesAsTheyAre) {
  Problems problems(false);
  const int file = problems.AddFile("raw");
  EXPECT_EQ(
      ParseRawEnvFile("# c\nA='$B' # x\r\n  B=\nSHELL_VAR\nNONE\n", file, FromShell, problems),
      (Values{{"A", "'$B' # x"}, {"B", ""}, {"SHELL_VAR", "from shell"}}));
  EXPECT_TRUE(problems.ok());
  ParseRawEnvFile("A B=1\n", file, FromShell, problems);
  EXPECT_THAT(Message(problems.ToStatus()), HasSubstr("raw:1:1:"));
}

// ---- the files of a project ----

TEST(EnvFile, DotEnvBesideTheFileIsReadAndTheCallerWins) {
  ProjectDirectory directory;
  directory.Write(".env", "A=file\nB=file\n");
  LoadOptions options;
  options.files = {directory.Write("compose.yaml", WebWith("    command: [$A, $B]\n"))};
  options.environment = {{"B", "caller"}};
  const auto loaded = Load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(*loaded->spec.services[0].container.command, ElementsAre("file", "caller"));
}

TEST(EnvFile, EnvFileFlagsReplaceDotEnvAndTheLaterWins) {
  ProjectDirectory directory;
  directory.Write(".env", "A=dot\n");
  LoadOptions options;
  options.files = {directory.Write("compose.yaml", WebWith("    command: ['${A-}', $B, $C]\n"))};
  options.env_files = {directory.Write("one.env", "B=1\nC=1\n"),
                       directory.Write("two.env", "C=2$B\n")};
  const auto loaded = Load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(*loaded->spec.services[0].container.command, ElementsAre("", "1", "21"));
}

TEST(EnvFile, AMissingEnvFileFlagIsNotFound) {
  ProjectDirectory directory;
  LoadOptions options;
  options.files = {directory.Write("compose.yaml", WebWith(""))};
  options.env_files = {directory.path() + "/none.env"};
  const auto loaded = Load(options);
  EXPECT_EQ(loaded.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(loaded.status()), HasSubstr("none.env"));
}

TEST(EnvFile, OfAServiceFillsItsEnvironmentAndEnvironmentWins) {
  ProjectDirectory directory;
  directory.Write("a.env", "A=a\nB=a\nC=a\nGONE=a\n");
  directory.Write("sub/b.env", "B=b$A\nC=b\n");
  directory.Write("raw.env", "R='$x'\n");
  LoadOptions options;
  options.files = {
      directory.Write("compose.yaml", WebWith("    env_file:\n"
                                              "      - a.env\n"
                                              "      - path: ./sub/b.env\n"
                                              "      - {path: none.env, required: false}\n"
                                              "      - {path: raw.env, format: raw}\n"
                                              "    environment:\n"
                                              "      C: mine\n"
                                              "      HOST_VAR:\n"
                                              "      GONE:\n"))};
  options.environment = {{"HOST_VAR", "h"}};
  const auto loaded = Load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->spec.services[0].container.environment,
              ElementsAre(Pair("A", "a"), Pair("B", "ba"), Pair("C", "mine"), Pair("HOST_VAR", "h"),
                          Pair("R", "'$x'")));
}

TEST(EnvFile, OfAServiceThatIsMissingIsSaidWithItsPlace) {
  EXPECT_THAT(ErrorOf(WebWith("    env_file: none.env\n")),
              HasSubstr("compose.yaml:4:15: services.web.env_file: Cannot read none.env"));
}

}  // namespace
}  // namespace quayside::compose
