#include "common/compose/interpolate.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "tests/unit/common/compose/load.h"

namespace quayside::compose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::map<std::string, std::string, std::less<>> kSet = {
    {"A", "a"}, {"EMPTY", ""}, {"_x1", "under"}, {"DOLLAR", "$A"}, {"NAME", "A"}};

std::string Expand(std::string_view text, std::vector<std::string>* unset = nullptr) {
  const Variables variables{
      .get = [](std::string_view name) -> std::optional<std::string> {
        const auto found = kSet.find(name);
        if (found == kSet.end()) return std::nullopt;
        return found->second;
      },
      .unset =
          [&](std::string_view name) {
            if (unset != nullptr) unset->emplace_back(name);
          },
  };
  const absl::StatusOr<std::string> value = Interpolate(text, variables);
  return value.ok() ? *value : "ERROR " + Message(value.status());
}

TEST(Interpolate, KnowsEveryForm) {
  const std::map<std::string, std::string> expected = {
      {"", ""},
      {"plain", "plain"},
      {"$A", "a"},
      {"$A.b", "a.b"},
      {"x${A}y", "xay"},
      {"${_x1}", "under"},
      {"$$A", "$A"},
      {"$$$A", "$a"},
      {"$${A}", "${A}"},
      {"${A:-d}", "a"},
      {"${A-d}", "a"},
      {"${EMPTY:-d}", "d"},
      {"${EMPTY-d}", ""},
      {"${NO:-d}", "d"},
      {"${NO-d}", "d"},
      {"${NO:-}", ""},
      {"${NO-}", ""},
      {"${A:+r}", "r"},
      {"${A+r}", "r"},
      {"${EMPTY:+r}", ""},
      {"${EMPTY+r}", "r"},
      {"${NO:+r}", ""},
      {"${NO+r}", ""},
      {"${A:?e}", "a"},
      {"${A?e}", "a"},
      {"${EMPTY?e}", ""},
      {"${NO:-${A}}", "a"},
      {"${NO:-${NO2:-${A}-x}}", "a-x"},
      {"${NO:-$A}", "a"},
      {"${NO:-a:b-c?d+e}", "a:b-c?d+e"},
      {"${A:+${EMPTY:-z}}", "z"},
      {"${NO:-$$x}", "$x"},
      {"${DOLLAR}", "$A"},  // values are not expanded again
      {"${NO:-a b}", "a b"},
      {"${NO:-{}}", "{}"},
  };
  for (const auto& [text, value] : expected) EXPECT_EQ(Expand(text), value) << text;
}

TEST(Interpolate, SaysWhatIsWrong) {
  EXPECT_THAT(Expand("${A"), HasSubstr("ERROR invalid interpolation at \"${A\""));
  EXPECT_THAT(Expand("${}"), HasSubstr("invalid interpolation"));
  EXPECT_THAT(Expand("${1A}"), HasSubstr("invalid interpolation"));
  EXPECT_THAT(Expand("$1"), HasSubstr("invalid interpolation at \"$1\""));
  EXPECT_THAT(Expand("cost: 5$"), HasSubstr("$$ for a literal $"));
  EXPECT_THAT(Expand("${A!x}"), HasSubstr("invalid interpolation"));
  EXPECT_THAT(Expand("${A:x}"), HasSubstr("invalid interpolation"));
  EXPECT_THAT(Expand("${A:}"), HasSubstr("invalid interpolation"));
  EXPECT_THAT(Expand("${ A }"), HasSubstr("invalid interpolation"));
  EXPECT_EQ(Expand("${NO:?say it}"), "ERROR the variable NO is required: say it");
  EXPECT_EQ(Expand("${NO?}"),
            "ERROR the variable NO is required; set it in the environment or in .env");
  EXPECT_EQ(Expand("${EMPTY:?not $A}"), "ERROR the variable EMPTY is required: not a");
  EXPECT_EQ(Expand("${NO:-${NO2?deep}}"), "ERROR the variable NO2 is required: deep");
}

TEST(Interpolate, TellsWhatIsNotSet) {
  std::vector<std::string> unset;
  EXPECT_EQ(Expand("$NO ${NO2} ${NO3:-d} ${A:+$NO4}", &unset), "  d ");
  EXPECT_THAT(unset, ElementsAre("NO", "NO2", "NO4"));
}

TEST(Interpolate, BoundsNestingAndSize) {
  std::string nested = "x";
  for (int i = 0; i < kMaxNesting; ++i) nested = "${NO:-" + nested + "}";
  EXPECT_EQ(Expand(nested), "x");
  EXPECT_THAT(Expand("${NO:-" + nested + "}"), HasSubstr("nested more than 16 levels deep"));
  EXPECT_EQ(Expand(std::string(kMaxValueBytes - 1, 'x') + "$A").size(), kMaxValueBytes);
  EXPECT_THAT(Expand(std::string(kMaxValueBytes, 'x') + "$A"), HasSubstr("grows over"));
}

TEST(Interpolate, WorksOnValuesOfTheFileAndNotOnKeys) {
  LoadOptions options;
  options.environment = {{"TAG", "1.2"}, {"N", "3"}, {"KEY", "k"}};
  const ServiceSpec web = OneService(WebWith("    labels: {$KEY: $KEY}\n"
                                             "    command: 'run ${TAG}'\n"
                                             "    deploy: {replicas: $N}\n"),
                                     options);
  EXPECT_EQ(web.container.labels.at("$KEY"), "k");
  EXPECT_THAT(*web.container.command, ElementsAre("run", "1.2"));
  EXPECT_EQ(web.replicas, 3);
}

TEST(Interpolate, PointsToTheValueThatIsWrong) {
  EXPECT_EQ(
      ErrorOf(WebWith("    command: $1\n")),
      "compose.yaml:4:14: services.web.command: invalid interpolation at \"$1\"; write ${NAME} "
      "for a variable and $$ for a literal $");
  EXPECT_THAT(ErrorOf(WebWith("    user: ${U:?who}\n")),
              HasSubstr("compose.yaml:4:11: services.web.user: the variable U is required: who"));
}

TEST(Interpolate, WarnsOnceOfAVariableThatIsNotSet) {
  const auto loaded = LoadText(WebWith("    user: \"${U}\"\n    hostname: $U\n"));
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(
      loaded->warnings,
      ElementsAre("compose.yaml:4:11: services.web.user: the variable U is not set, an empty "
                  "text stands in for it"));
}

}  // namespace
}  // namespace quayside::compose
