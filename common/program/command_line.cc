#include "common/program/command_line.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "common/base/nearest.h"
#include "common/base/status.h"
#include "common/base/version.h"

namespace quayside::program {
namespace {

// Longer than anybody means; wall clock times with it stay far from the end of what they can hold.
constexpr absl::Duration kMaxDuration = absl::Hours(24 * 3650);

// "--data-dir" as an option calls itself: "data-dir".
std::string WithoutDashes(const std::string& flag) { return flag.substr(flag.rfind("--") + 2); }

}  // namespace

CommandLine::CommandLine(std::string name, const std::string& purpose, const std::string& examples)
    : name_(std::move(name)), app_(purpose, name_) {
  app_.fallthrough();
  app_.set_version_flag("--version", name_ + " " + VersionText());
  app_.footer(examples);
}

void CommandLine::AddDuration(const std::string& flag, absl::Duration* value,
                              const std::string& help) {
  app_.add_option_function<std::string>(
          flag,
          [flag, value](const std::string& text) {
            absl::Duration parsed;
            if (!absl::ParseDuration(text, &parsed) || parsed <= absl::ZeroDuration()) {
              throw CLI::ValidationError(
                  flag, "`" + text + "` is no duration above zero, like 30s or 2h");
            }
            if (parsed > kMaxDuration) {
              throw CLI::ValidationError(flag, "`" + text + "` is longer than 87600h (ten years)");
            }
            *value = parsed;
          },
          help)
      ->default_str(absl::FormatDuration(*value));
}

void CommandLine::AddList(const std::string& flag, std::vector<std::string>* values,
                          const std::string& help) {
  app_.add_option(flag, *values, help)->allow_extra_args(false);
  lists_.emplace_back(WithoutDashes(flag), values);
}

void CommandLine::AddLog(LogFormat* format, LogLevel* level) {
  app_.add_option_function<std::string>(
          "--log-format",
          [format](const std::string& word) {
            *format = word == "json" ? LogFormat::kJson : LogFormat::kText;
          },
          "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
  app_.add_option_function<std::string>(
          "--log-level", [level](const std::string& word) { ParseLogLevel(word, level); },
          "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->default_str("info");
}

void CommandLine::AddRefused(const std::string& flag, const std::string& sentence) {
  app_.add_option_function<std::string>(
          flag,
          [flag, sentence](const std::string&) { throw CLI::ValidationError(flag, sentence); })
      ->group("");
}

std::string CommandLine::EnvironmentName(const std::string& flag) const {
  std::string text = name_ + "-" + flag;
  std::replace(text.begin(), text.end(), '-', '_');
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

void CommandLine::ReadEnvironment() {
  for (CLI::Option* option : app_.get_options()) {
    if (option->get_lnames().empty()) continue;
    const std::string flag = option->get_lnames().front();
    const bool is_list = std::any_of(lists_.begin(), lists_.end(),
                                     [&](const auto& list) { return list.first == flag; });
    if (flag == "help" || flag == "version" || is_list) continue;
    option->envname(EnvironmentName(flag));
  }
}

// What CLI11 says of a wrong command line, as one sentence.
absl::Status CommandLine::Explain(const CLI::ParseError& error) const {
  const std::vector<std::string> extras = app_.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || extras.empty()) {
    return InvalidArgument(error.what());
  }
  std::vector<std::string> known;
  for (const CLI::App* command : app_.get_subcommands(nullptr)) {
    known.push_back(command->get_name());
  }
  const std::string kind = known.empty() ? "flag" : "flag or command";
  for (const CLI::Option* option : app_.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string word = extras.front().substr(0, extras.front().find('='));
  return InvalidArgument(name_ + " has no " + kind + " `" + word + "`; the nearest one is " +
                         std::string(NearestWord(word, {known.begin(), known.end()})) +
                         ", and --help shows all");
}

absl::StatusOr<std::string> CommandLine::Parse(int argc, const char* const* argv) {
  ReadEnvironment();
  try {
    app_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return app_.help();
  } catch (const CLI::CallForVersion&) {
    return name_ + " " + VersionText() + "\n";
  } catch (const CLI::ParseError& error) {
    return Explain(error);
  }
  for (const auto& [flag, values] : lists_) {
    const char* text = std::getenv(EnvironmentName(flag).c_str());
    if (values->empty() && text != nullptr) *values = CLI::detail::split(text, ',');
  }
  return "";
}

}  // namespace quayside::program
