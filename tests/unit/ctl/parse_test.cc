#include "ctl/parse.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace quayside::ctl {
namespace {

Invocation Parsed(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  const auto result = Parse(arguments, environment);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : Invocation();
}

std::string Error(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  const auto result = Parse(arguments, environment);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  return Message(result.status());
}

TEST(Parse, FindsVerbOperandsAndFlagsInAnyOrder) {
  const Invocation first = Parsed({"deploy", "shop", "web=a:1", "api=b:2", "--host", "alpha"});
  EXPECT_EQ(first.verb->path, "deploy");
  EXPECT_EQ(first.operands, (std::vector<std::string>{"shop", "web=a:1", "api=b:2"}));
  EXPECT_EQ(first.Value("host"), "alpha");
  const Invocation second = Parsed({"deploy", "--host=alpha", "shop", "web=a:1", "--detach"});
  EXPECT_EQ(second.operands, (std::vector<std::string>{"shop", "web=a:1"}));
  EXPECT_TRUE(second.Has("detach"));
}

TEST(Parse, TakesCommonFlagsBeforeAndAfterTheVerb) {
  EXPECT_EQ(Parsed({"-o", "json", "ps"}).Output(), "json");
  EXPECT_EQ(Parsed({"ps", "-o", "json"}).Output(), "json");
  EXPECT_EQ(Parsed({"host", "ls", "-ojson"}).Output(), "json");
  EXPECT_EQ(Parsed({"ps"}).Output(), "table");
  EXPECT_EQ(Parsed({"host", "ls", "--context", "/x"}).Value("context"), "/x");
}

TEST(Parse, AnAppMayBeCalledLikeAVerb) {
  EXPECT_EQ(Parsed({"status", "status"}).operands, std::vector<std::string>{"status"});
  EXPECT_EQ(Parsed({"ps", "host"}).operands, std::vector<std::string>{"host"});
  EXPECT_EQ(Parsed({"host", "inspect", "ls"}).operands, std::vector<std::string>{"ls"});
  EXPECT_EQ(Parsed({"host", "inspect", "host"}).verb->path, "host inspect");
}

TEST(Parse, CollectsFlagsThatRepeat) {
  const Invocation in =
      Parsed({"apply", "-f", "a.yaml", "-f", "b.yaml", "--set-image", "web=x:1", "--profile", "p"});
  EXPECT_EQ(in.Values("file"), (std::vector<std::string>{"a.yaml", "b.yaml"}));
  EXPECT_EQ(in.Values("set-image"), std::vector<std::string>{"web=x:1"});
}

TEST(Parse, ReadsFlagsFromTheEnvironment) {
  const Environment environment = {{"QUAYSIDE_OUTPUT", "json"},
                                   {"QUAYSIDE_FILE", "a.yaml,b.yaml"},
                                   {"QUAYSIDE_DETACH", "true"},
                                   {"QUAYSIDE_SET_IMAGE", "web=x:1"}};
  const Invocation in = Parsed({"apply"}, environment);
  EXPECT_EQ(in.Output(), "json");
  EXPECT_EQ(in.Values("file"), (std::vector<std::string>{"a.yaml", "b.yaml"}));
  EXPECT_TRUE(in.Has("detach"));
  EXPECT_EQ(in.Value("set-image"), "web=x:1");
  EXPECT_EQ(Parsed({"apply", "-f", "c.yaml", "-o", "yaml"}, environment).Output(), "yaml");
  EXPECT_FALSE(Parsed({"apply"}, {{"QUAYSIDE_DETACH", "0"}}).Has("detach"));
  EXPECT_NE(Error({"apply"}, {{"QUAYSIDE_DETACH", "maybe"}}).find("QUAYSIDE_DETACH"),
            std::string::npos);
}

TEST(Parse, NamesTheNearestFlag) {
  EXPECT_EQ(Error({"ps", "--hots", "alpha"}),
            "`ctl ps` has no flag `--hots`; the nearest one is `--host`, and `ctl ps --help` shows "
            "them all");
  EXPECT_NE(Error({"apply", "-f", "x", "--timout=3m"}).find("`--timeout`"), std::string::npos);
  EXPECT_NE(Error({"--contxt", "x", "ls"}).find("`--context`"), std::string::npos);
}

TEST(Parse, NamesTheNearestVerb) {
  EXPECT_NE(Error({"aply", "-f", "x"}).find("the nearest one is `apply`"), std::string::npos);
  EXPECT_EQ(Error({"statsu"}),
            "there is no verb `statsu`; the nearest one is `status`, and `ctl --help` shows them "
            "all");
  EXPECT_NE(Error({"host", "lable", "alpha"}).find("`host label`"), std::string::npos);
  EXPECT_NE(Error({"logs", "shop"}).find("there is no verb `logs`"), std::string::npos);
  EXPECT_EQ(Error({"host"}), "`ctl host` needs a verb after it; `ctl host --help` shows them all");
  EXPECT_EQ(Error({}), "`ctl` needs a verb after it; `ctl --help` shows them all");
}

TEST(Parse, RefusesTooFewAndTooManyOperands) {
  EXPECT_EQ(Error({"scale"}), "`ctl scale` needs APP/SVC=N, as in `ctl scale shop/web=4`");
  EXPECT_EQ(Error({"ls", "shop"}),
            "`ctl ls` takes no operands, not `shop` as well, as in `ctl ls`");
  EXPECT_NE(Error({"status", ""}).find("empty operand"), std::string::npos);
}

TEST(Parse, RefusesBadValues) {
  EXPECT_EQ(Error({"ps", "-o", "jsn"}), "`--output jsn` is not known; the nearest value is `json`");
  EXPECT_NE(Error({"apply", "-f", "x", "--timeout", "soon"}).find("no length of time"),
            std::string::npos);
  EXPECT_NE(Error({"apply", "-f", "x", "--timeout", "0"}).find("no length of time"),
            std::string::npos);
  EXPECT_NE(Error({"apply", "-f"}).find("needs a value"), std::string::npos);
  EXPECT_NE(Error({"apply", "-f", ""}).find("empty value"), std::string::npos);
  EXPECT_NE(Error({"rollback", "a", "--to", "1", "--to", "2"}).find("2 times"), std::string::npos);
}

TEST(Parse, HelpWinsOverWhatIsMissing) {
  EXPECT_TRUE(Parsed({"scale", "--help"}).help);
  EXPECT_EQ(Parsed({"scale", "--help"}).topic, "scale");
  EXPECT_EQ(Parsed({"host", "-h"}).topic, "host");
  EXPECT_TRUE(Parsed({"--help"}).help);
  EXPECT_TRUE(Parsed({"--version"}).version);
}

TEST(ParseTimeout, TakesLengthsOfTime) {
  EXPECT_EQ(*ParseTimeout("10m"), absl::Minutes(10));
  EXPECT_EQ(*ParseTimeout("1h30m"), absl::Minutes(90));
  EXPECT_EQ(*ParseTimeout("90"), absl::Seconds(90));
  for (const char* text : {"", "0", "-5s", "inf", "9999999h", "1x"}) {
    EXPECT_FALSE(ParseTimeout(text).ok()) << text;
  }
}

TEST(ParseNumber, KeepsItsBounds) {
  EXPECT_EQ(*ParseNumber("1", 1, 5, "-n"), 1);
  EXPECT_EQ(*ParseNumber("5", 1, 5, "-n"), 5);
  for (const char* text : {"0", "6", "", "x", "1x", "99999999999999999999"}) {
    EXPECT_FALSE(ParseNumber(text, 1, 5, "-n").ok()) << text;
  }
}

}  // namespace
}  // namespace quayside::ctl
