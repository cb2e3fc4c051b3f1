// Each tests/golden/compose/NAME.yaml is loaded, printed and compared with NAME.printed. Set
// QUAYSIDE_UPDATE_GOLDEN=1 to write what is printed now.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/file.h"
#include "common/compose/compose.h"
#include "tests/source_dir.h"
#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

const std::filesystem::path kGolden = SourceDir() + "/tests/golden/compose";

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, PrintsAsExpected) {
  LoadOptions options;
  options.files = {(kGolden / (GetParam() + ".yaml")).string()};
  const auto loaded = Load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const std::string printed = Print(loaded->spec, true);
  const std::filesystem::path expected = kGolden / (GetParam() + ".printed");
  if (std::getenv("QUAYSIDE_UPDATE_GOLDEN") != nullptr) std::ofstream(expected) << printed;
  EXPECT_EQ(printed, *ReadFile(expected, 1 << 20));
}

TEST_P(Golden, ReadsBackWhatItPrints) {
  LoadOptions options;
  options.files = {(kGolden / (GetParam() + ".yaml")).string()};
  const auto loaded = Load(options);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const std::string printed = Print(loaded->spec, false);
  const auto again = LoadText(printed);
  ASSERT_TRUE(again.ok()) << again.status() << "\n" << printed;
  EXPECT_EQ(Print(again->spec, false), printed);
  EXPECT_TRUE(again->spec == loaded->spec) << printed;
}

TEST(Examples, AreAcceptedWithoutAWarning) {
  int examples = 0;
  const std::string directory = SourceDir() + "/deploy/examples";
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string path = entry.path().string() + "/compose.yaml";
    if (!std::filesystem::exists(path)) continue;
    LoadOptions options;
    options.files = {path};
    options.environment["POSTGRES_PASSWORD"] = "given";  // one of them asks for it
    const auto loaded = Load(options);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_TRUE(loaded->warnings.empty()) << path << ": " << loaded->warnings.front();
    ++examples;
  }
  EXPECT_GT(examples, 0);
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::ValuesIn(Names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace quayside::compose
