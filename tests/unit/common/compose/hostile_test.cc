// Whatever a file holds, Load answers with a spec or with an error, soon and in bounded memory.
#include <chrono>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/source_dir.h"
#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::HasSubstr;

std::string ReadGolden(const std::string& name) {
  std::ifstream file(SourceDir() + "/tests/golden/compose/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Hostile, AFileOfTenMegabytesIsRefused) {
  EXPECT_THAT(ErrorOf(WebWith("") + "# " + std::string(10 << 20, 'x') + "\n"),
              HasSubstr("it is larger than 1048576 bytes"));
}

TEST(Hostile, AMillionServicesAreRefused) {
  std::string text = "services:\n";
  for (int i = 0; i < 100'000; ++i) text += " a" + std::to_string(i) + ":\n";
  EXPECT_THAT(ErrorOf(text), HasSubstr("more than 2000 entries"));
  text = "services:\n";
  for (int i = 0; i < 1001; ++i) text += " a" + std::to_string(i) + ": {image: i}\n";
  EXPECT_THAT(ErrorOf(text), HasSubstr("more than 1000 services"));
}

TEST(Hostile, ManyProblemsAreCountedNotPrinted) {
  std::string text = "services:\n";
  for (int i = 0; i < 300; ++i) text += " a" + std::to_string(i) + ": {bad: 1, image: i}\n";
  EXPECT_THAT(ErrorOf(text), HasSubstr("\nand 100 more problems"));
}

TEST(Hostile, DoublingVariablesAreRefused) {
  ProjectDirectory directory;
  std::string variables = "V0=" + std::string(1000, 'x') + "\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "${V" + std::to_string(i - 1) + "}";
    variables += "V" + std::to_string(i) + "=" + before + before + "\n";
  }
  directory.Write(".env", variables);
  LoadOptions options;
  options.files = {directory.Write("compose.yaml", WebWith("    user: $V39\n"))};
  EXPECT_THAT(Message(Load(options).status()), HasSubstr("grows over"));
}

TEST(Hostile, ManyLargeValuesAreRefused) {
  LoadOptions options;
  options.environment["BIG"] = std::string(200'000, 'x');
  std::string lines = "    command:\n";
  for (int i = 0; i < 1000; ++i) lines += "      - $BIG\n";
  EXPECT_THAT(ErrorOf(WebWith(lines), options), HasSubstr("bytes of values in a file"));
}

TEST(Hostile, ADeviceOrDirectoryIsNoFile) {
  LoadOptions options;
  options.files = {"/tmp"};
  EXPECT_THAT(Message(Load(options).status()), HasSubstr("is a directory"));
  options.files = {"/dev/zero"};
  EXPECT_THAT(Message(Load(options).status()), HasSubstr("larger than"));
}

// Changes bytes, cuts and repeats pieces of good files. What comes out is mostly refused; what is
// accepted must print and read back.
TEST(Hostile, MutatedFilesAreAnsweredAndWhatIsAcceptedReadsBack) {
  const std::vector<std::string> seeds = {ReadGolden("ordinary.yaml"), ReadGolden("every_key.yaml"),
                                          ReadGolden("anchors.yaml")};
  const std::vector<std::string> tokens = {
      "[",    "]", "{",  "}", ":", "- ", "&a ",   "*a",   "!x ",  "\n",      "\t", "  ", "$",
      "${A}", "'", "\"", "|", ">", ",",  "---\n", "<<: ", "null", "!reset ", "#",  "?",  "%"};
  std::mt19937 random(20240607);
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  int accepted = 0;
  for (int round = 0; round < 300; ++round) {
    std::string text = seeds[below(seeds.size())];
    const size_t changes = 1 + below(2);
    for (size_t i = 0; i < changes; ++i) {
      const size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.insert(at, tokens[below(tokens.size())]);
          break;
        case 2:
          text.erase(at, 1 + below(30));
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(200)));
      }
      if (text.empty()) text = "x";
    }
    const auto loaded = LoadText(text);
    if (!loaded.ok()) {
      EXPECT_NE(loaded.status().message(), "");
      continue;
    }
    ++accepted;
    const std::string printed = Print(loaded->spec, false);
    const auto again = LoadText(printed);
    ASSERT_TRUE(again.ok()) << again.status() << "\n" << text << "\n----\n" << printed;
    EXPECT_TRUE(again->spec == loaded->spec) << text << "\n----\n" << printed;
  }
  EXPECT_GT(accepted, 10);
}

}  // namespace
}  // namespace quayside::compose
