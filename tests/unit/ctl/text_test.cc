// Help, completion, suggestions, the document: everything that is made from the verb table, and the
// small texts.
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "ctl/completion.h"
#include "ctl/console.h"
#include "ctl/diff.h"
#include "ctl/help.h"
#include "ctl/operand.h"
#include "ctl/print.h"
#include "ctl/verbs.h"
#include "tests/source_dir.h"

namespace quayside::ctl {
namespace {

// The exit code of `program -n FILE`, which reads a script and runs nothing; -1 without the
// program.
int CheckScript(const char* program, const std::string& script) {
  const std::string path = testing::TempDir() + "qs-completion-" + std::to_string(getpid());
  std::ofstream(path) << script;
  const pid_t child = fork();
  if (child == 0) {
    execlp(program, program, "-n", path.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  unlink(path.c_str());
  return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
}

TEST(Verbs, HaveDistinctPathsFlagsAndAnExampleEach) {
  std::set<std::string_view> paths;
  for (const Verb& verb : Verbs()) {
    EXPECT_TRUE(paths.insert(verb.path).second) << verb.path;
    EXPECT_NE(verb.run, nullptr) << verb.path;
    ASSERT_FALSE(verb.examples.empty()) << verb.path;
    EXPECT_LE(verb.examples.size(), 3u) << verb.path;
    for (const std::string_view example : verb.examples) {
      EXPECT_TRUE(example.starts_with("ctl " + std::string(verb.path))) << example;
    }
    std::set<std::string> names;
    for (const auto* flags : {&verb.flags, &CommonFlags()}) {
      for (const Flag& flag : *flags) {
        EXPECT_TRUE(names.insert(std::string(flag.name)).second) << verb.path << " " << flag.name;
        if (flag.letter != 0) {
          EXPECT_TRUE(names.insert(std::string(1, flag.letter)).second)
              << verb.path << " " << flag.letter;
        }
      }
    }
  }
  for (const std::string_view group : Groups()) EXPECT_NE(GroupSummary(group), "") << group;
}

TEST(Verbs, AreAllInTheDocument) {
  const auto document = ReadFile(SourceDir() + "/docs/cli.md", 1 << 20);
  ASSERT_TRUE(document.ok()) << document.status();
  for (const Verb& verb : Verbs()) {
    EXPECT_NE(document->find("### ctl " + std::string(verb.path) + "\n"), std::string::npos)
        << verb.path << " has no section in docs/cli.md";
    EXPECT_NE(document->find("$ ctl " + std::string(verb.path)), std::string::npos)
        << verb.path << " has no example in docs/cli.md";
    for (const Flag& flag : verb.flags) {
      EXPECT_NE(document->find("--" + std::string(flag.name)), std::string::npos)
          << "--" << flag.name << " of " << verb.path << " is not in docs/cli.md";
    }
  }
}

TEST(Help, TeachesByExample) {
  const std::string all = HelpText("");
  const std::string host = HelpText("host");
  for (const Verb& verb : Verbs()) {
    EXPECT_NE(all.find("  " + std::string(verb.path)), std::string::npos) << verb.path;
    const std::string help = HelpText(verb.path);
    for (const std::string_view example : verb.examples) {
      EXPECT_NE(help.find(example), std::string::npos) << example;
    }
    for (const Flag& flag : verb.flags) {
      EXPECT_NE(help.find("--" + std::string(flag.name)), std::string::npos) << flag.name;
    }
  }
  EXPECT_NE(host.find("host move"), std::string::npos);
  EXPECT_EQ(host.find("rollback"), std::string::npos);
  for (const std::string& text : {all, host}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
  }
}

TEST(Completion, KnowsEveryVerbAndFlag) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = CompletionScript(shell);
    ASSERT_TRUE(script.ok());
    for (const Verb& verb : Verbs()) {
      const std::string last(verb.path.substr(verb.path.rfind(' ') + 1));
      EXPECT_NE(script->find(last), std::string::npos) << shell << " " << verb.path;
      for (const Flag& flag : verb.flags) {
        const std::string written =
            (shell == std::string("fish") ? "-l " : "--") + std::string(flag.name);
        EXPECT_NE(script->find(written), std::string::npos) << shell << " " << flag.name;
      }
    }
  }
  EXPECT_FALSE(CompletionScript("csh").ok());
}

TEST(Completion, ScriptsAreWellFormed) {
  EXPECT_EQ(CheckScript("bash", *CompletionScript("bash")), 0);
  if (CheckScript("zsh", "") == 0) {
    EXPECT_EQ(CheckScript("zsh", *CompletionScript("zsh")), 0);
  }
  if (CheckScript("fish", "") == 0) {
    EXPECT_EQ(CheckScript("fish", *CompletionScript("fish")), 0);
  }
}

TEST(Escape, LetsNothingThroughThatDrivesATerminal) {
  EXPECT_EQ(Escape("plain – ümlaut 日本"), "plain – ümlaut 日本");
  EXPECT_EQ(Escape("a\x1b[31m\x07\r\n\tb"), "a\\x1b[31m\\x07\\x0d\\x0a\\x09b");
  EXPECT_EQ(Escape("a\n\tb\r\n", true), "a\n    b\\x0d\n");
  EXPECT_EQ(Escape("\xc2\x9b"
                   "31m"),
            "\\x9b31m")
      << "C1 control";
  EXPECT_EQ(Escape("\xe2\x80\xae"
                   "abc"),
            "\\u{202e}abc")
      << "direction override";
  EXPECT_EQ(Escape("\xff\xc0\xaf"), "\\xff\\xc0\\xaf") << "no UTF-8";
  EXPECT_EQ(Escape("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(Escape(std::string_view("\0", 1)), "\\x00");
}

TEST(Shorten, CutsAtColumnsNotBytes) {
  EXPECT_EQ(Shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(Shorten("abcdefg", 6), "abcde…");
  EXPECT_EQ(Shorten("üüüü", 3), "üü…");
  EXPECT_EQ(Shorten("ab", 1), "…");
}

TEST(Table, AlignsColumnsAndMarksWhatIsEmpty) {
  std::istringstream in;
  std::ostringstream out, err;
  Console console{.in = in, .out = out, .err = err};
  Table table({"NAME", "STATE"});
  table.Add({{"ümlaut"}, {"ready", Tone::kGood}});
  table.Add({{"b"}, {""}});
  table.Print(console);
  EXPECT_EQ(out.str(), "NAME    STATE\nümlaut  ready\nb       -\n");
  console.color = true;
  out.str("");
  table.Print(console);
  EXPECT_NE(out.str().find("\x1b[32mready\x1b[0m"), std::string::npos);
}

TEST(Diff, ShowsChangesWithTheirSurroundings) {
  const std::string before = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
  const std::string after = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\n";
  std::string text;
  for (const DiffLine& line : DiffLines(before, after, 1)) {
    text += (line.sign == '@' ? "" : std::string(1, line.sign)) + line.text + "\n";
  }
  EXPECT_EQ(text, "@@ -4 +4 @@\n d\n-e\n+E\n f\n@@ -9 +9 @@\n i\n+j\n");
  EXPECT_TRUE(DiffLines(before, before).empty());
  EXPECT_EQ(DiffLines("", "x\n").size(), 2u);
}

TEST(Diff, LargeTextsStayBounded) {
  std::string before, after;
  for (int i = 0; i < 5000; ++i) {
    before += "old " + std::to_string(i) + "\n";
    after += "new " + std::to_string(i) + "\n";
  }
  EXPECT_EQ(DiffLines(before, after).size(), 10'001u);
}

TEST(Operand, SlotsMayBelongToServicesWithDots) {
  EXPECT_EQ(*ParseSlot("shop/my.db.2"), (SlotOperand{"shop", "my.db", 2}));
  EXPECT_EQ(*ParseScale("shop/web=0"), (ScaleOperand{"shop", "web", 0}));
  EXPECT_EQ(*ParseService("shop", ""), (ServiceOperand{"shop", ""}));
  EXPECT_EQ(*ParseImage("r:5000/a@sha256:00"), (ImageOperand{"", "r:5000/a@sha256:00"}));
  for (const char* text : {"shop", "shop/db", "shop/.1", "/db.1", "shop/db.0", "shop/db.x"}) {
    EXPECT_FALSE(ParseSlot(text).ok()) << text;
  }
}

TEST(Print, AgesAndImagesAreShort) {
  EXPECT_EQ(ShortAge(absl::Seconds(119)), "119s");
  EXPECT_EQ(ShortAge(absl::Minutes(119)), "119m");
  EXPECT_EQ(ShortAge(absl::Hours(47)), "47h");
  EXPECT_EQ(ShortAge(absl::Hours(49)), "2d");
  EXPECT_EQ(LongAge(absl::Seconds(3725)), "1 h 2 min");
  EXPECT_EQ(ShortImage("r/web@sha256:0123456789abcdef"), "r/web@sha256:0123456789ab");
  EXPECT_EQ(ShortImage("web:1"), "web:1");
  EXPECT_EQ(Count(1, "host"), "1 host");
  EXPECT_EQ(StateWord(static_cast<v1::InstanceState>(99)), "unknown");
}

}  // namespace
}  // namespace quayside::ctl
