#include "ctl/help.h"

#include <algorithm>

#include "ctl/verbs.h"

namespace quayside::ctl {
namespace {

constexpr std::string_view kOpening =
    "ctl puts apps on hosts and shows how they are.\n\n"
    "  ctl apply -f compose.yaml       make what runs like the file, wait until it is proven\n"
    "  ctl status hello                is it what it should be?\n"
    "  ctl ps                          every instance on every host\n";

constexpr std::string_view kClosing =
    "\nExit codes: 0 done; 1 it failed (plan, diff: something would change); 2 wrong usage, "
    "nothing\n"
    "was changed; 3 the controller cannot be reached; 4 still in progress when --timeout ended.\n"
    "Every flag can be set as QUAYSIDE_NAME in the environment. `ctl VERB --help` has examples.\n";

void AppendRows(std::string& text, const std::vector<std::pair<std::string, std::string>>& rows) {
  size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  for (const auto& [left, right] : rows) {
    text += "  " + left + std::string(width - left.size() + 3, ' ') + right + "\n";
  }
}

std::pair<std::string, std::string> FlagRow(const Flag& flag) {
  std::string left = flag.letter != 0 ? std::string("-") + flag.letter + ", --" : "    --";
  left += flag.name;
  if (!flag.value.empty()) left += " " + std::string(flag.value);
  return {left, std::string(flag.help) + (flag.repeats ? " (repeatable)" : "")};
}

std::string UsageLeft(const Verb& verb) {
  return std::string(verb.path) + (verb.operands.empty() ? "" : " " + std::string(verb.operands));
}

std::string VerbHelp(const Verb& verb) {
  std::string text =
      std::string(verb.summary) + ".\n\nUsage: ctl " + UsageLeft(verb) + " [flags]\n\nExamples:\n";
  for (const std::string_view example : verb.examples) text += "  " + std::string(example) + "\n";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto* flags : {&verb.flags, &CommonFlags()}) {
    for (const Flag& flag : *flags) rows.push_back(FlagRow(flag));
  }
  text += "\nFlags:\n";
  AppendRows(text, rows);
  return text;
}

}  // namespace

std::string HelpText(std::string_view topic) {
  if (const Verb* verb = FindVerb(topic); verb != nullptr) return VerbHelp(*verb);
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Verb& verb : Verbs()) {
    if (topic.empty() || verb.path.starts_with(std::string(topic) + " ")) {
      rows.emplace_back(UsageLeft(verb), verb.summary);
    }
  }
  std::string text =
      topic.empty() ? std::string(kOpening) : std::string(GroupSummary(topic)) + ".\n";
  text += "\nVerbs:\n";
  AppendRows(text, rows);
  text += "\nFlags of every verb:\n";
  rows.clear();
  for (const Flag& flag : CommonFlags()) rows.push_back(FlagRow(flag));
  AppendRows(text, rows);
  return text + std::string(kClosing);
}

}  // namespace quayside::ctl
