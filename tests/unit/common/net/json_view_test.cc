#include "common/net/json_view.h"

#include <string>

#include <gtest/gtest.h>

namespace quayside::net {
namespace {

TEST(JsonView, ReadsMembersOfTheRightType) {
  const auto view =
      JsonView::Parse(R"({"s":"x","n":7,"b":true,"list":["a",1,"b"],"map":{"k":"v","n":1}})");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ((*view)["s"].String(), "x");
  EXPECT_EQ((*view)["n"].Int(), 7);
  EXPECT_TRUE((*view)["b"].Bool());
  EXPECT_EQ((*view)["list"].Strings(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ((*view)["list"].Items().size(), 3u);
  EXPECT_EQ((*view)["map"].StringMap(), (std::map<std::string, std::string>{{"k", "v"}}));
  EXPECT_EQ((*view)["map"].Members().at("n").Int(), 1);
}

TEST(JsonView, ReadsMissingAndWrongTypesAsEmpty) {
  const auto view = JsonView::Parse(R"({"s":{"x":1},"n":"seven","list":null})");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ((*view)["s"].String(), "");
  EXPECT_EQ((*view)["n"].Int(), 0);
  EXPECT_FALSE((*view)["n"].Bool());
  EXPECT_TRUE((*view)["list"].is_null());
  EXPECT_TRUE((*view)["list"].Items().empty());
  EXPECT_EQ((*view)["a"]["b"]["c"].String(), "");
  EXPECT_TRUE((*view)["n"].Members().empty());
}

TEST(JsonView, ClampsNumbersThatDoNotFit) {
  const auto view = JsonView::Parse("[18446744073709551615, 1e300, -1e300, 2.9]");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->Items()[0].Int(), INT64_MAX);
  EXPECT_EQ(view->Items()[1].Int(), INT64_MAX);
  EXPECT_EQ(view->Items()[2].Int(), INT64_MIN);
  EXPECT_EQ(view->Items()[3].Int(), 2);
}

TEST(JsonView, RefusesWhatIsNotJsonOrTooDeep) {
  EXPECT_FALSE(JsonView::Parse("").ok());
  EXPECT_FALSE(JsonView::Parse("{\"a\":").ok());
  EXPECT_FALSE(JsonView::Parse("<html>").ok());
  EXPECT_FALSE(JsonView::Parse(std::string(1'000'000, '[')).ok());
  EXPECT_TRUE(JsonView::Parse("\"" + std::string(1000, '[') + "\"").ok());
}

TEST(JsonView, OutlivesTheTextAndTheParent) {
  JsonView inner = *JsonView::Parse("null");
  {
    const std::string text = R"({"a":{"b":"c"}})";
    inner = (*JsonView::Parse(text))["a"];
  }
  EXPECT_EQ(inner["b"].String(), "c");
}

}  // namespace
}  // namespace quayside::net
