#include "agent/flags.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "common/base/nearest.h"
#include "common/base/status.h"
#include "common/base/version.h"

namespace quayside::agent {
namespace {

constexpr char kExamples[] = R"(
Examples:
  quayside-agent --controller 10.0.0.5:7443 --label zone=north
                         joins that controller under the machine's host name; remembered, so that
                         later starts need no flag
  quayside-agent --data-dir /srv/agent-2 --name web-2 --engine unix:///run/docker-2.sock
                         a second agent of the same machine, for another engine

SIGTERM ends the agent and leaves the containers running.)";

// A flag that belongs to a later release: a clear refusal, not "unknown flag".
void AddRefused(CLI::App& app, const std::string& flag, const std::string& sentence) {
  app.add_option_function<std::string>(
         flag, [flag, sentence](const std::string&) { throw CLI::ValidationError(flag, sentence); })
      ->group("");
}

void AddDuration(CLI::App& app, const std::string& flag, absl::Duration* value,
                 const std::string& help) {
  app.add_option_function<std::string>(
         flag,
         [flag, value](const std::string& text) {
           absl::Duration parsed;
           if (!absl::ParseDuration(text, &parsed) || parsed <= absl::ZeroDuration()) {
             throw CLI::ValidationError(flag,
                                        "`" + text + "` is no duration above zero, like 30s or 2h");
           }
           *value = parsed;
         },
         help)
      ->default_str(absl::FormatDuration(*value));
}

std::string EnvironmentName(const std::string& flag) {
  std::string name = "QUAYSIDE_AGENT_";
  for (const char c : flag) name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return name;
}

absl::Status TakeLabels(const std::vector<std::string>& texts,
                        std::map<std::string, std::string>* labels) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || text.size() > 255) {
      return InvalidArgument("--label: `" + text + "` is not NAME=VALUE of at most 255 bytes");
    }
    (*labels)[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return absl::OkStatus();
}

// What CLI11 says of a wrong command line, as one sentence.
absl::Status ExplainError(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> extras = app.remaining();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || extras.empty()) {
    return InvalidArgument(error.what());
  }
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string word = extras.front().substr(0, extras.front().find('='));
  return InvalidArgument("quayside-agent has no flag `" + word + "`; the nearest one is " +
                         NearestWord(word, known) + ", and --help shows all");
}

struct Words {
  std::string log_format = "text", log_level = "info";
  std::vector<std::string> labels;
};

void AddFlags(CLI::App& app, Flags* flags, Words* words) {
  app.add_option("--data-dir", flags->data_dir, "identity and last assignment")
      ->capture_default_str();
  app.add_option("--controller", flags->controller,
                 "HOST:PORT of the controller's gRPC listener; needed once, remembered");
  app.add_option("--name", flags->name,
                 "unique in the fleet; the host name unless said, remembered");
  app.add_option("--label", words->labels,
                 "NAME=VALUE, repeatable; `ctl host label` changes them later and wins")
      ->allow_extra_args(false);
  app.add_option("--engine", flags->engine, "Docker Engine API, 20.10 and newer")
      ->default_str("$DOCKER_HOST or unix:///var/run/docker.sock");
  app.add_option("--log-format", words->log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--log-level", words->log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  AgentOptions& agent = flags->agent;
  AddDuration(app, "--relist", &agent.relist_period, "how often all containers are listed");
  app.add_option("--max-starts", agent.max_starts_in_flight, "starts and stops at a time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--max-pulls", agent.max_pulls_in_flight, "image pulls at a time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--image-gc-start", agent.gc_start, "share of the disk at which unused images go")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--image-gc-stop", agent.gc_stop, "share of the disk at which cleanup ends")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  AddDuration(app, "--image-gc-min-age", &agent.gc_min_age, "younger images are never removed");
  for (const char* flag : {"--join", "--join-file"}) {
    AddRefused(app, flag,
               "join tokens come with certificates, which this release does not have yet; leave it "
               "out: until then a host joins by its name and a secret of its own");
  }
  AddRefused(app, "--policy",
             "host policies come with certificates, which this release does not have yet; leave it "
             "out");
}

// Every flag is also read from the environment; lists are split at commas.
void AddEnvironment(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty() || option->get_lnames().front() == "help") continue;
    const std::string flag = option->get_lnames().front();
    if (flag == "label" || flag == "version") continue;
    option->envname(EnvironmentName(flag));
  }
}

}  // namespace

absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv) {
  Flags flags;
  Words words;
  CLI::App app("Keeps the containers of this host as the controller wants them.", "quayside-agent");
  AddFlags(app, &flags, &words);
  app.set_version_flag("--version", "quayside-agent " + VersionText());
  app.footer(kExamples);
  AddEnvironment(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    flags.print = app.help();
    return flags;
  } catch (const CLI::CallForVersion&) {
    flags.print = "quayside-agent " + VersionText() + "\n";
    return flags;
  } catch (const CLI::ParseError& error) {
    return ExplainError(app, error);
  }
  if (words.labels.empty()) {
    if (const char* text = std::getenv("QUAYSIDE_AGENT_LABEL")) {
      words.labels = CLI::detail::split(text, ',');
    }
  }
  QS_RETURN_IF_ERROR(TakeLabels(words.labels, &flags.labels));
  if (flags.agent.gc_stop > flags.agent.gc_start) {
    return InvalidArgument("--image-gc-stop must not be above --image-gc-start");
  }
  if (flags.engine.empty()) {
    const char* docker_host = std::getenv("DOCKER_HOST");
    flags.engine = docker_host != nullptr && *docker_host != '\0' ? docker_host
                                                                  : "unix:///var/run/docker.sock";
  }
  flags.log_format = words.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  ParseLogLevel(words.log_level, &flags.log_level);
  return flags;
}

}  // namespace quayside::agent
