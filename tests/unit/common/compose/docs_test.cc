// docs/compose.md holds the tables of the code. Set QUAYSIDE_UPDATE_GOLDEN=1 to write them anew.
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "common/base/file.h"
#include "common/compose/keys.h"
#include "tests/source_dir.h"

namespace quayside::compose {
namespace {

const std::string kPage = SourceDir() + "/docs/compose.md";
constexpr char kBegin[] = "<!-- keys: written by docs_test -->\n";
constexpr char kEnd[] = "<!-- end of keys -->\n";

std::string Tables() {
  std::string text;
  std::string scope = "none";
  for (const KeyDoc& key : AllKeys()) {
    const size_t dot = key.path.rfind('.');
    const std::string parent = dot == std::string::npos ? "" : key.path.substr(0, dot);
    if (parent != scope) {
      scope = parent;
      text += "\n### " + (scope.empty() ? "Top of the file" : "`" + scope + "`") +
              "\n\n| key | | |\n|---|---|---|\n";
    }
    const std::string name = dot == std::string::npos ? key.path : key.path.substr(dot + 1);
    text += "| `" + name + "` | " + std::string(StatusName(key.status)) + " | " +
            std::string(key.text) + " |\n";
  }
  return text + "\n";
}

TEST(ComposeDocs, ListEveryKeyWithItsStatus) {
  std::string page = *ReadFile(kPage, 1 << 20);
  const size_t begin = page.find(kBegin);
  const size_t end = page.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const size_t from = begin + sizeof kBegin - 1;
  if (std::getenv("QUAYSIDE_UPDATE_GOLDEN") != nullptr) {
    page.replace(from, end - from, Tables());
    std::ofstream(kPage) << page;
    return;
  }
  EXPECT_EQ(page.substr(from, end - from), Tables());
}

TEST(ComposeDocs, SayOfEachKeyOnceWhatBecomesOfIt) {
  std::set<std::string> seen;
  for (const KeyDoc& key : AllKeys()) {
    EXPECT_TRUE(seen.insert(key.path).second) << key.path;
    EXPECT_FALSE(key.text.empty()) << key.path;
    EXPECT_EQ(key.text.find('|'), std::string_view::npos) << key.path;
  }
  EXPECT_GT(seen.size(), 200u);
}

}  // namespace
}  // namespace quayside::compose
