#include "ctl/completion.h"

#include <vector>

#include "common/base/status.h"
#include "ctl/verbs.h"

namespace quayside::ctl {
namespace {

std::vector<std::string_view> FirstWords() {
  std::vector<std::string_view> words;
  for (const Verb& verb : Verbs()) {
    const std::string_view word = verb.path.substr(0, verb.path.find(' '));
    if (words.empty() || words.back() != word) words.push_back(word);
  }
  return words;
}

std::vector<const Verb*> VerbsBelow(std::string_view group) {
  std::vector<const Verb*> below;
  for (const Verb& verb : Verbs()) {
    if (verb.path.starts_with(std::string(group) + " ")) below.push_back(&verb);
  }
  return below;
}

std::string_view LastWord(const Verb& verb) { return verb.path.substr(verb.path.rfind(' ') + 1); }

template <typename Words>
std::string Join(const Words& words, std::string_view between = " ") {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

// "--file -f --project …" of a verb, common flags too.
std::string FlagWords(const Verb& verb) {
  std::vector<std::string> words;
  for (const auto* flags : {&verb.flags, &CommonFlags()}) {
    for (const Flag& flag : *flags) {
      words.push_back("--" + std::string(flag.name));
      if (flag.letter != 0) words.push_back(std::string("-") + flag.letter);
    }
  }
  return Join(words);
}

// The words that may stand where an operand does: "bash|zsh|fish" are words, "APP" is not.
std::string OperandWords(const Verb& verb) {
  return verb.path == "completion" ? "bash zsh fish" : "";
}

std::string CommonWords() {
  std::vector<std::string> words;
  for (const Flag& flag : CommonFlags()) words.push_back("--" + std::string(flag.name));
  return Join(words);
}

// Sets `words` in a shell whose `case` has the first two words that are no flags; bash and zsh
// share it.
std::string CaseOfVerbs() {
  std::string text = "  case \"$first $second\" in\n";
  for (const Verb& verb : Verbs()) {
    const bool below = verb.path.find(' ') != std::string_view::npos;
    const std::string operands = OperandWords(verb);
    text += "    \"" + std::string(verb.path) + (below ? "\")" : " \"*)") + " words=\"" +
            (operands.empty() ? "" : operands + " ") + FlagWords(verb) + "\" ;;\n";
  }
  for (const std::string_view group : Groups()) {
    std::vector<std::string_view> names;
    for (const Verb* verb : VerbsBelow(group)) names.push_back(LastWord(*verb));
    text += "    \"" + std::string(group) + " \"*) words=\"" + Join(names) + "\" ;;\n";
  }
  text += "    *) words=\"" + Join(FirstWords()) + " " + CommonWords() + "\" ;;\n  esac\n";
  return text;
}

std::string Bash() {
  return "# bash completion for ctl; made by `ctl completion bash`\n"
         "_ctl() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local first=\"\" second=\"\" words=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"${COMP_WORDS[i]}\" in\n"
         "      -*) ;;\n"
         "      *) if [ -z \"$first\" ]; then first=\"${COMP_WORDS[i]}\"\n"
         "         elif [ -z \"$second\" ]; then second=\"${COMP_WORDS[i]}\"; fi ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$previous\" in\n"
         "    -o|--output) COMPREPLY=($(compgen -W \"table wide json yaml\" -- \"$current\"));"
         " return ;;\n"
         "    -f|--file|--env-file|--context|--from|--socket) COMPREPLY=($(compgen -f -- "
         "\"$current\")); return ;;\n"
         "  esac\n" +
         CaseOfVerbs() +
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -F _ctl ctl\n";
}

std::string Zsh() {
  return "#compdef ctl\n"
         "# zsh completion for ctl; made by `ctl completion zsh`\n"
         "_ctl() {\n"
         "  local first=\"\" second=\"\" words_before=(${words[2,CURRENT-1]}) word\n"
         "  local previous=\"${words[CURRENT-1]}\"\n"
         "  for word in $words_before; do\n"
         "    case \"$word\" in\n"
         "      -*) ;;\n"
         "      *) if [[ -z $first ]]; then first=$word; elif [[ -z $second ]]; then "
         "second=$word; fi ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$previous\" in\n"
         "    -o|--output) compadd -- table wide json yaml; return ;;\n"
         "    -f|--file|--env-file|--context|--from|--socket) _files; return ;;\n"
         "  esac\n"
         "  () {\n  local words=\"\"\n" +
         CaseOfVerbs() +
         "  compadd -- ${=words}\n"
         "  }\n"
         "}\n"
         "compdef _ctl ctl\n";
}

std::string Fish() {
  const auto quoted = [](std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
      if (c == '\'' || c == '\\') result += '\\';
      result += c;
    }
    return result + "'";
  };
  std::string text =
      "# fish completion for ctl; made by `ctl completion fish`\ncomplete -c ctl -f\n";
  const auto flag_line = [&](const std::string& condition, const Flag& flag) {
    text += "complete -c ctl" + (condition.empty() ? "" : " -n " + quoted(condition)) + " -l " +
            std::string(flag.name);
    if (flag.letter != 0) text += std::string(" -s ") + flag.letter;
    if (!flag.words.empty()) {
      text += " -x -a " + quoted(Join(flag.words));
    } else if (!flag.value.empty()) {
      text += " -r -F";
    }
    text += " -d " + quoted(flag.help) + "\n";
  };
  for (const Flag& flag : CommonFlags()) flag_line("", flag);
  for (const Verb& verb : Verbs()) {
    const size_t space = verb.path.find(' ');
    const std::string first(verb.path.substr(0, space));
    std::string used = "__fish_seen_subcommand_from " + first;
    if (space == std::string_view::npos) {
      text += "complete -c ctl -n __fish_use_subcommand -a " + first + " -d " +
              quoted(verb.summary) + "\n";
      if (const std::string words = OperandWords(verb); !words.empty()) {
        text += "complete -c ctl -n " + quoted(used) + " -a " + quoted(words) + "\n";
      }
    } else {
      const std::string last(LastWord(verb));
      text += "complete -c ctl -n " + quoted(used) + " -a " + last + " -d " + quoted(verb.summary) +
              "\n";
      used += "; and __fish_seen_subcommand_from " + last;
    }
    for (const Flag& flag : verb.flags) flag_line(used, flag);
  }
  for (const std::string_view group : Groups()) {
    text += "complete -c ctl -n __fish_use_subcommand -a " + std::string(group) + " -d " +
            quoted(GroupSummary(group)) + "\n";
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> CompletionScript(std::string_view shell) {
  if (shell == "bash") return Bash();
  if (shell == "zsh") return Zsh();
  if (shell == "fish") return Fish();
  return InvalidArgument("there is no completion for the shell `" + std::string(shell) +
                         "`; bash, zsh and fish are known, as in `ctl completion bash`");
}

}  // namespace quayside::ctl
