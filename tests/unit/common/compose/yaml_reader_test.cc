#include "common/compose/yaml_reader.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace quayside::compose {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Parsed {
  std::vector<Node> documents;
  std::string error;
};

Parsed Parse(std::string_view text) {
  Problems problems(false);
  const int file = problems.AddFile("f");
  Parsed parsed;
  parsed.documents = ParseYaml(text, file, problems);
  parsed.error = Message(problems.ToStatus());
  return parsed;
}

std::string Repeat(std::string_view text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

TEST(YamlReader, KeepsScalarsAsTheyAreWritten) {
  const Parsed parsed = Parse("a: 0640\nb: '1'\nc: ~\nd:\ne: \"null\"\nf: !!str 7\ng: |\n  x\n");
  ASSERT_EQ(parsed.error, "");
  ASSERT_EQ(parsed.documents.size(), 1u);
  const Node& map = parsed.documents[0];
  EXPECT_EQ(Find(map, "a")->text, "0640");
  EXPECT_FALSE(Find(map, "a")->quoted);
  EXPECT_TRUE(Find(map, "b")->quoted);
  EXPECT_TRUE(Find(map, "c")->IsNull());
  EXPECT_TRUE(Find(map, "d")->IsNull());
  EXPECT_EQ(Find(map, "e")->text, "null");
  EXPECT_EQ(Find(map, "f")->text, "7");
  EXPECT_EQ(Find(map, "g")->text, "x\n");
}

TEST(YamlReader, KnowsThePlaceOfKeysAndValues) {
  const Parsed parsed = Parse("a:\n  b: [x,\n      y]\n");
  const Entry* b = FindEntry(*Find(parsed.documents.at(0), "a"), "b");
  EXPECT_EQ(b->key_mark.line, 2);
  EXPECT_EQ(b->key_mark.column, 3);
  EXPECT_EQ(b->value.items.at(1).mark.line, 3);
  EXPECT_EQ(b->value.items.at(1).mark.column, 7);
}

TEST(YamlReader, RefusesAKeyThatStandsTwice) {
  EXPECT_EQ(Parse("a: 1\nb: 2\na: 3\n").error,
            "f:3:1: a: this key stands here twice, first in line 1; keep one of them");
  EXPECT_EQ(Parse("x: {k: 1, k: 2}").error,
            "f:1:11: k: this key stands here twice, first in line 1; keep one of them");
  EXPECT_THAT(Parse("'a': 1\na: 2\n").error, HasSubstr("twice"));
  EXPECT_THAT(Parse("m: &m {a: 1}\nx:\n  <<: *m\n  <<: *m\n").error, HasSubstr("twice"));
}

TEST(YamlReader, MergesMapsByTheMergeKey) {
  const Parsed parsed = Parse(
      "one: &one {a: 1, b: 1}\n"
      "two: &two {b: 2, c: 2}\n"
      "x: {<<: [*one, *two], a: 0}\n"
      "y: {<<: *one}\n");
  ASSERT_EQ(parsed.error, "");
  const Node& x = *Find(parsed.documents[0], "x");
  EXPECT_EQ(Find(x, "a")->text, "0");
  EXPECT_EQ(Find(x, "b")->text, "1");
  EXPECT_EQ(Find(x, "c")->text, "2");
  EXPECT_EQ(Find(x, "<<"), nullptr);
  EXPECT_EQ(Find(*Find(parsed.documents[0], "y"), "b")->text, "1");
}

TEST(YamlReader, RefusesAMergeOfWhatIsNoMap) {
  EXPECT_EQ(Parse("x: {<<: 1}").error, "f:1:9: <<: a merge key needs a map or a list of maps");
  EXPECT_THAT(Parse("a: &a [1]\nx: {<<: [*a]}").error, HasSubstr("a merge key needs"));
}

TEST(YamlReader, CopiesWhatAnAnchorStandsFor) {
  const Parsed parsed = Parse("a: &x [1, 2]\nb: *x\n*x : c\n");
  EXPECT_THAT(parsed.error, HasSubstr("a key must be a text, and this is a list"));
  EXPECT_TRUE(SameContent(*Find(Parse("a: &x [1, 2]\nb: *x\n").documents[0], "a"),
                          *Find(Parse("a: &x [1, 2]\nb: *x\n").documents[0], "b")));
}

TEST(YamlReader, RefusesAnAnchorInItself) {
  EXPECT_EQ(Parse("a: &a [*a]").error, "f:1:8: an anchor cannot contain itself");
}

TEST(YamlReader, RefusesAnUnknownAnchor) {
  EXPECT_THAT(Parse("a: *b").error, HasSubstr("f:1:4: this is not YAML"));
}

TEST(YamlReader, RefusesLaughsByTheBillion) {
  std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + Repeat(before + ", ", 9) +
            before + "]\n";
  }
  EXPECT_THAT(Parse(text).error, HasSubstr("more than 100000 values once anchors are expanded"));
}

TEST(YamlReader, RefusesALargeTextCopiedOften) {
  const std::string text =
      "a: &a " + std::string(500'000, 'x') + "\nb: [" + Repeat("*a, ", 1000) + "]\n";
  EXPECT_THAT(Parse(text).error, HasSubstr("bytes of text once anchors are expanded"));
}

TEST(YamlReader, CountsEveryValue) {
  const std::string thousand = "- [" + Repeat("x,", 999) + "]\n";
  const std::string below = "a:\n" + Repeat(thousand, 99);
  EXPECT_EQ(Parse(below).error, "");
  const std::string over = "a:\n" + Repeat(thousand, 101);
  EXPECT_THAT(Parse(over).error, HasSubstr("more than 100000 values"));
}

TEST(YamlReader, BoundsOneList) {
  EXPECT_EQ(Parse("a:\n" + Repeat("- x\n", kMaxEntries)).error, "");
  EXPECT_THAT(Parse("a:\n" + Repeat("- x\n", kMaxEntries + 1)).error,
              HasSubstr("f:2002:3: more than 2000 entries in one map or list"));
}

TEST(YamlReader, RefusesDeepNesting) {
  EXPECT_EQ(Parse(Repeat("[", 32) + Repeat("]", 32)).error, "");
  EXPECT_EQ(Parse(Repeat("[", 33) + Repeat("]", 33)).error,
            "f:1:33: nested more than 32 levels deep");
  for (const char* open : {"[", "{a: ", "- ", "? ", "[a, ", "- - ", "{? "}) {
    EXPECT_NE(Parse(Repeat(open, 100'000)).error, "") << open;
  }
  EXPECT_THAT(Parse("a: &a " + Repeat("[", 20) + Repeat("]", 20) + "\nb: " + Repeat("[", 20) +
                    "*a" + Repeat("]", 20))
                  .error,
              HasSubstr("nested more than 32 levels deep"));
}

TEST(YamlReader, RefusesAFileOverTheLimit) {
  const std::string line = "# " + std::string(61, 'x') + "\n";
  const std::string at = Repeat(line, kMaxFileBytes / line.size());
  ASSERT_EQ(at.size(), kMaxFileBytes);
  EXPECT_EQ(Parse(at).error, "");
  EXPECT_EQ(Parse(at + "#").error, "f: larger than 1048576 bytes, the limit for a file");
}

TEST(YamlReader, RefusesWhatIsNoText) {
  EXPECT_EQ(Parse(std::string_view("a: b\nc: \0d", 10)).error,
            "f:2:4: a NUL byte; the file must be UTF-8 text");
  EXPECT_EQ(Parse("a: \x01").error, "f:1:4: a control character; the file must be UTF-8 text");
  for (const char* bad : {"\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf8\x88\x80\x80\x80", "\xc3"}) {
    EXPECT_EQ(Parse(std::string("a: ") + bad).error,
              "f:1:4: this is not UTF-8; save the file as UTF-8 text");
  }
  EXPECT_EQ(Parse("a: \xc3\xbc\xe2\x82\xac\xf0\x9f\x90\x8b").error, "");
}

TEST(YamlReader, SaysThatTabsDoNotIndent) {
  EXPECT_EQ(Parse("a:\n  b: 1\n\tc: 2\n").error,
            "f:3:1: a tab in the indentation; YAML wants spaces");
  EXPECT_EQ(Parse("a:\n\tb: 1\n").error, "f:2:3: a tab in the indentation; YAML wants spaces");
}

TEST(YamlReader, ReadsSeveralDocuments) {
  const Parsed parsed = Parse("a: 1\n---\nb: 2\n---\n# nothing\n---\nc: 3\n");
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.documents.size(), 3u);
  EXPECT_EQ(Parse(Repeat("---\na: 1\n", kMaxDocuments)).error, "");
  EXPECT_THAT(Parse(Repeat("---\na: 1\n", kMaxDocuments + 1)).error, HasSubstr("documents"));
}

TEST(YamlReader, RefusesContentThatFollowsNothing) {
  EXPECT_EQ(Parse("- a\nb: c\n").error,
            "f:2:1: this does not belong to what is above it; check the indentation");
  EXPECT_THAT(Parse(",").error, StartsWith("f:1:"));  // yaml-cpp alone would never end
  EXPECT_THAT(Parse("a: 1\n,\n").error, StartsWith("f:"));
}

TEST(YamlReader, RefusesTagsThatItDoesNotKnow) {
  EXPECT_EQ(Parse("a: !secret x").error,
            "f:1:4: the tag !secret is not known; Compose has !reset and !override");
  EXPECT_EQ(Find(Parse("a: !reset []").documents.at(0), "a")->tag, "!reset");
}

TEST(YamlReader, SurvivesWhatCrashedOthers) {
  for (const char* text : {"!2",
                           "!<",
                           "!!",
                           "&",
                           "*",
                           "%",
                           "%YAML",
                           "%TAG ! !",
                           "? ",
                           ":",
                           "}",
                           "]",
                           "{",
                           "[",
                           "\"",
                           "'",
                           "|",
                           ">",
                           "| \n\t",
                           "- - - -\n-",
                           "a: &a\n&b : *a",
                           "%YAML 1.2\n%YAML 1.2\n---",
                           "--- |\n...\n",
                           "a: {b: [c}]",
                           "!<tag",
                           "\r",
                           "a: >9\n  x",
                           "[a: b, {c]",
                           "- !a !b x",
                           "&a &b x",
                           "%TAG a b",
                           "...",
                           "--- ---",
                           "\xEF\xBB\xBF"
                           "a: 1"}) {
    Parse(text);  // returns; what it says is yaml-cpp's
  }
}

}  // namespace
}  // namespace quayside::compose
