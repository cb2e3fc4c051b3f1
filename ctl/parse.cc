#include "ctl/parse.h"

#include <cctype>
#include <charconv>
#include <memory>

#include <CLI/CLI.hpp>

#include "common/base/nearest.h"
#include "common/base/status.h"

namespace quayside::ctl {
namespace {

constexpr size_t kMaxArguments = 10'000;

std::string Quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string Upper(std::string_view text) {
  std::string upper;
  for (const char c : text) {
    upper += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return upper;
}

// CLI11's tree of commands, and where each of them leaves its results.
class CommandTree {
 public:
  CommandTree() {
    root_.name("ctl")->allow_extras()->fallthrough()->require_subcommand(0, 1);
    root_.set_help_flag();
    for (const Flag& flag : CommonFlags()) AddFlag(root_, flag, "");
    for (const Verb& verb : Verbs()) AddVerb(verb);
  }

  absl::StatusOr<Invocation> Parse(std::vector<std::string> arguments);

 private:
  struct Slot {
    std::vector<std::string> values;
    CLI::Option* option = nullptr;
  };

  void AddVerb(const Verb& verb) {
    CLI::App* parent = &root_;
    std::string_view name = verb.path;
    if (const size_t space = name.find(' '); space != std::string_view::npos) {
      const std::string group(name.substr(0, space));
      CLI::App*& known = groups_[group];
      if (known == nullptr) {
        known = root_.add_subcommand(group)->require_subcommand(0, 1);
        known->set_help_flag();
      }
      parent = known;
      name.remove_prefix(space + 1);
    }
    CLI::App* app = parent->add_subcommand(std::string(name))->require_subcommand(0, 0);
    app->set_help_flag();
    Slot& operands = operands_[&verb];
    operands.option = app->add_option("operands", operands.values)->expected(0, kMaxArguments);
    for (const Flag& flag : verb.flags) AddFlag(*app, flag, verb.path);
  }

  void AddFlag(CLI::App& app, const Flag& flag, std::string_view verb) {
    std::string names = "--" + std::string(flag.name);
    if (flag.letter != 0) names = std::string("-") + flag.letter + "," + names;
    Slot& slot = flags_[{std::string(verb), std::string(flag.name)}];
    if (flag.value.empty()) {
      slot.option = app.add_flag(names);
    } else {
      slot.option = app.add_option(names, slot.values)->expected(1)->allow_extra_args(false);
      slot.option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }

  void Collect(std::string_view verb, const std::vector<Flag>& flags, Invocation& result) {
    for (const Flag& flag : flags) {
      Slot& slot = flags_[{std::string(verb), std::string(flag.name)}];
      if (slot.option->count() == 0) continue;
      result.flags[std::string(flag.name)] =
          flag.value.empty() ? std::vector<std::string>{"true"} : slot.values;
    }
  }

  CLI::App root_;
  std::map<std::string, CLI::App*> groups_;
  std::map<const Verb*, Slot> operands_;
  std::map<std::pair<std::string, std::string>, Slot> flags_;  // by verb and name
};

absl::Status UnknownFlag(const Verb* verb, std::string_view given) {
  const std::string_view word = given.substr(0, given.find('='));
  std::vector<std::string> known;
  for (const auto* flags : {verb != nullptr ? &verb->flags : nullptr, &CommonFlags()}) {
    if (flags == nullptr) continue;
    for (const Flag& flag : *flags) known.push_back("--" + std::string(flag.name));
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string command = verb == nullptr ? "ctl" : "ctl " + std::string(verb->path);
  return InvalidArgument(Quoted(command) + " has no flag " + Quoted(word) +
                         "; the nearest one is " + Quoted(NearestWord(word, views)) + ", and " +
                         Quoted(command + " --help") + " shows them all");
}

absl::Status UnknownVerb(std::string_view group, std::string_view given) {
  std::vector<std::string_view> known;
  for (const Verb& verb : Verbs()) {
    const size_t space = verb.path.find(' ');
    if (group.empty()) {
      known.push_back(verb.path.substr(0, space));
    } else if (verb.path.substr(0, space) == group && space != std::string_view::npos) {
      known.push_back(verb.path.substr(space + 1));
    }
  }
  const std::string prefix = group.empty() ? "" : std::string(group) + " ";
  const std::string command = group.empty() ? "ctl" : "ctl " + std::string(group);
  if (given.empty()) {
    return InvalidArgument(Quoted(command) + " needs a verb after it; " +
                           Quoted(command + " --help") + " shows them all");
  }
  return InvalidArgument("there is no verb " + Quoted(prefix + std::string(given)) +
                         "; the nearest one is " +
                         Quoted(prefix + std::string(NearestWord(given, known))) + ", and " +
                         Quoted(command + " --help") + " shows them all");
}

// The words of CLI11's own errors that can still happen: a flag without its value.
absl::Status FromParseError(const CLI::ParseError& error) {
  std::string text = error.what();
  const size_t colon = text.find(':');
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && colon != std::string::npos) {
    return InvalidArgument("the flag " + Quoted(text.substr(0, colon)) +
                           " needs a value after it; --help shows an example");
  }
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return InvalidArgument("the arguments cannot be read (" + text + "); --help shows an example");
}

absl::StatusOr<Invocation> CommandTree::Parse(std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());
  try {
    root_.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return FromParseError(error);
  }
  Invocation result;
  std::string group;
  for (const CLI::App* app : root_.get_subcommands()) {
    group = app->get_name();
    for (const CLI::App* below : app->get_subcommands()) group += " " + below->get_name();
  }
  result.topic = group;
  result.verb = FindVerb(group);
  Collect("", CommonFlags(), result);
  if (result.verb != nullptr) {
    Collect(result.verb->path, result.verb->flags, result);
    result.operands = operands_[result.verb].values;
  }
  for (const std::string& word : root_.remaining(true)) {
    if (word.size() > 1 && word[0] == '-' && word != "--") return UnknownFlag(result.verb, word);
    if (result.verb == nullptr && word != "--") return UnknownVerb(group, word);
  }
  result.help = result.Has("help");
  result.version = result.Has("version") && !result.help;
  if (result.verb == nullptr && !result.help && !result.version) return UnknownVerb(group, "");
  return result;
}

// Fills in flags that were not given from QUAYSIDE_NAME.
absl::Status ReadEnvironment(const Environment& environment, Invocation& result) {
  for (const auto* flags : {&result.verb->flags, &CommonFlags()}) {
    for (const Flag& flag : *flags) {
      if (result.Has(flag.name) || flag.name == "help" || flag.name == "version") continue;
      const std::string variable = "QUAYSIDE_" + Upper(flag.name);
      const auto found = environment.find(variable);
      if (found == environment.end() || found->second.empty()) continue;
      const std::string& text = found->second;
      std::vector<std::string>& values = result.flags[std::string(flag.name)];
      if (flag.value.empty()) {
        const bool on = text == "1" || text == "true" || text == "yes";
        if (!on && text != "0" && text != "false" && text != "no") {
          return InvalidArgument(variable + " is " + Quoted(text) + "; it takes true or false");
        }
        values = {"true"};
        if (!on) result.flags.erase(std::string(flag.name));
      } else if (flag.repeats) {
        for (size_t start = 0; start <= text.size();) {
          const size_t comma = std::min(text.find(',', start), text.size());
          if (comma > start) values.push_back(text.substr(start, comma - start));
          start = comma + 1;
        }
      } else {
        values = {text};
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFlags(const Invocation& result) {
  for (const auto& [name, values] : result.flags) {
    const Flag* flag = FindFlag(*result.verb, name);
    if (flag->value.empty()) continue;
    if (values.size() > 1 && !flag->repeats) {
      return InvalidArgument("the flag `--" + name + "` was given " +
                             std::to_string(values.size()) + " times; it takes one value");
    }
    for (const std::string& value : values) {
      if (value.empty()) {
        return InvalidArgument("the flag `--" + name +
                               "` has an empty value; leave it out or "
                               "give it one");
      }
      if (!flag->words.empty() &&
          std::find(flag->words.begin(), flag->words.end(), value) == flag->words.end()) {
        return InvalidArgument("`--" + name + " " + value +
                               "` is not known; the nearest value is " +
                               Quoted(NearestWord(value, flag->words)));
      }
    }
  }
  if (result.Has("timeout")) {
    const auto timeout = ParseTimeout(result.Value("timeout"));
    if (!timeout.ok()) return timeout.status();
  }
  return absl::OkStatus();
}

absl::Status CheckOperands(const Invocation& result) {
  const Verb& verb = *result.verb;
  const int count = static_cast<int>(result.operands.size());
  for (const std::string& operand : result.operands) {
    if (operand.empty()) {
      return InvalidArgument("`ctl " + std::string(verb.path) + "` was given an empty operand; " +
                             "it takes " + std::string(verb.operands));
    }
  }
  if (count >= verb.min_operands && count <= verb.max_operands) return absl::OkStatus();
  const std::string example(verb.examples.front());
  if (count < verb.min_operands) {
    return InvalidArgument("`ctl " + std::string(verb.path) + "` needs " +
                           std::string(verb.operands) + ", as in " + Quoted(example));
  }
  const std::string takes = verb.operands.empty() ? "no operands" : std::string(verb.operands);
  return InvalidArgument("`ctl " + std::string(verb.path) + "` takes " + takes + ", not " +
                         Quoted(result.operands[verb.max_operands]) + " as well, as in " +
                         Quoted(example));
}

}  // namespace

std::string Invocation::Value(std::string_view flag) const {
  const auto found = flags.find(flag);
  return found == flags.end() || found->second.empty() ? "" : found->second.back();
}

std::vector<std::string> Invocation::Values(std::string_view flag) const {
  const auto found = flags.find(flag);
  return found == flags.end() ? std::vector<std::string>() : found->second;
}

std::string Invocation::Output() const {
  const std::string output = Value("output");
  return output.empty() ? "table" : output;
}

absl::StatusOr<Invocation> Parse(const std::vector<std::string>& arguments,
                                 const Environment& environment) {
  if (arguments.size() > kMaxArguments) {
    return InvalidArgument("more than 10,000 arguments were given; give fewer");
  }
  CommandTree tree;
  QS_ASSIGN_OR_RETURN(Invocation result, tree.Parse(arguments));
  if (result.help || result.version) return result;
  QS_RETURN_IF_ERROR(ReadEnvironment(environment, result));
  QS_RETURN_IF_ERROR(CheckFlags(result));
  QS_RETURN_IF_ERROR(CheckOperands(result));
  return result;
}

absl::StatusOr<absl::Duration> ParseTimeout(std::string_view text) {
  absl::Duration timeout;
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    timeout = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(absl::string_view(text.data(), text.size()), &timeout)) {
    timeout = absl::ZeroDuration();
  }
  if (timeout <= absl::ZeroDuration() || timeout > absl::Hours(24 * 365)) {
    return InvalidArgument("`--timeout " + std::string(text) +
                           "` is no length of time; write it as 90s, 10m or 1h30m");
  }
  return timeout;
}

absl::StatusOr<int64_t> ParseNumber(std::string_view text, int64_t min, int64_t max,
                                    std::string_view what) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) {
    return InvalidArgument(std::string(what) + " is " + Quoted(text) +
                           "; it takes a whole number from " + std::to_string(min) + " to " +
                           std::to_string(max));
  }
  return value;
}

}  // namespace quayside::ctl
