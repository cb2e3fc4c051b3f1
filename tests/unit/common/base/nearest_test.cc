#include "common/base/nearest.h"

#include <gtest/gtest.h>

namespace quayside {
namespace {

TEST(Nearest, CountsChangesOfLetters) {
  const std::vector<std::string_view> known = {"ls", "ps", "start", "status", "stop"};
  EXPECT_EQ(NearestWord("statsu", known), "status");
  EXPECT_EQ(NearestWord("strat", known), "start") << "a swap of neighbours is one change";
  EXPECT_EQ(NearestWord("sl", known), "ls");
  EXPECT_EQ(NearestWord("x", {}), "");
}

TEST(Nearest, AWordThatIsFarFromAllIsNotGuessed) {
  const std::vector<std::string_view> known = {"image", "imports"};
  EXPECT_EQ(NearWord("imag", known), "image");
  EXPECT_EQ(NearWord("imgae", known), "image");
  EXPECT_EQ(NearWord("networks", known), "");
  EXPECT_EQ(NearWord("x", known), "");
}

TEST(Nearest, AWordOfAnyLengthIsCompared) {
  const std::string endless(1 << 20, 'a');
  EXPECT_EQ(NearestWord(endless, {"stop", endless}), endless);
}

}  // namespace
}  // namespace quayside
