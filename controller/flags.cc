#include "controller/flags.h"

#include <cstdlib>
#include <utility>

#include "CLI/CLI.hpp"
#include "common/base/nearest.h"
#include "common/base/status.h"
#include "common/base/version.h"

namespace quayside::controller {
namespace {

constexpr char kExamples[] = R"(
Examples:
  quayside-controller    serves agents on 127.0.0.1:7443 and keeps its database in /var/lib/quayside
  quayside-controller --data-dir /srv/quayside --listen 127.0.0.1:0
                         takes a free port and writes it to /srv/quayside/endpoints.json
  quayside-controller --insecure-listen 10.0.0.5
                         listens on a private address without encryption: for test beds only
  quayside-controller restore backup.db --data-dir /srv/quayside
                         puts a backup in place (the controller must be stopped)

SIGTERM ends the controller; agents keep their containers running meanwhile.)";

// Longer than anybody means; wall clock times with it stay far from the end of what they can hold.
constexpr absl::Duration kMaxDuration = absl::Hours(24 * 3650);

struct Words {
  std::string listen = "127.0.0.1:7443";
  std::string https = "127.0.0.1:7480";
  std::string insecure_listen;
  std::string log_format = "text", log_level = "info";
};

// A flag that belongs to a later release: a clear refusal, not "unknown flag".
void AddRefused(CLI::App& app, const std::string& flag) {
  app.add_option_function<std::string>(
         flag,
         [flag](const std::string&) {
           throw CLI::ValidationError(
               flag,
               "this comes with certificates, which this release does not have yet; leave it "
               "out: until then the controller listens on loopback addresses");
         })
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
           if (parsed > kMaxDuration) {
             throw CLI::ValidationError(flag, "`" + text + "` is longer than 87600h (ten years)");
           }
           *value = parsed;
         },
         help)
      ->default_str(absl::FormatDuration(*value));
}

void AddFlags(CLI::App& app, Flags* flags, Words* words) {
  app.add_option("--data-dir", flags->data_dir, "database, ctl.sock, endpoints.json")
      ->capture_default_str();
  app.add_option("--listen", words->listen, "HOST:PORT for agents (gRPC); port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--https", words->https, "HOST:PORT for /healthz; port 0 takes a free one")
      ->capture_default_str();
  app.add_option(
      "--insecure-listen", words->insecure_listen,
      "a private or loopback IP that replaces the host of both listeners: no encryption, "
      "no proof of identity, for test beds only");
  app.add_option("--insecure-registry", flags->insecure_registries,
                 "HOST[:PORT] or CIDR that may be asked over plain HTTP besides loopback; "
                 "repeatable")
      ->allow_extra_args(false);
  app.add_option("--log-format", words->log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--log-level", words->log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  CoreOptions& core = flags->core;
  AddDuration(app, "--heartbeat", &core.heartbeat_period, "how often an agent is heard at least");
  AddDuration(app, "--lease", &core.lease, "silence after which a host counts as lost");
  AddDuration(app, "--start-grace", &core.start_grace,
              "how long after a start a host that is silent is unknown, not lost");
  AddDuration(app, "--event-retention", &core.event_retention, "older events are deleted");
  app.add_option("--max-events", core.max_events, "more events than this are deleted, oldest first")
      ->check(CLI::Range(int64_t{1'000}, int64_t{100'000'000}))
      ->capture_default_str();
  app.add_option("--max-hosts", core.max_hosts, "more hosts than this are refused")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  for (const char* flag : {"--san", "--key-file", "--https-cert", "--https-key", "--advertise-grpc",
                           "--advertise-https"}) {
    AddRefused(app, flag);
  }
}

std::string EnvironmentName(const std::string& flag) {
  std::string name = "QUAYSIDE_CONTROLLER_";
  for (const char c : flag) name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return name;
}

// Every flag is also read from the environment; lists are split at commas by ParseFlags.
void AddEnvironment(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty()) continue;
    const std::string flag = option->get_lnames().front();
    if (flag == "help" || flag == "version" || flag == "insecure-registry") continue;
    option->envname(EnvironmentName(flag));
  }
}

// What CLI11 says of a wrong command line, as one sentence.
absl::Status ExplainError(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> extras = app.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || extras.empty()) {
    return InvalidArgument(error.what());
  }
  std::vector<std::string> known{"restore"};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string word = extras.front().substr(0, extras.front().find('='));
  return InvalidArgument("quayside-controller has no flag or command `" + word +
                         "`; the nearest one is " + NearestWord(word, known) +
                         ", and --help shows all");
}

absl::StatusOr<net::HostPort> Listener(const std::string& flag, const std::string& text,
                                       const std::string& insecure_host) {
  absl::StatusOr<net::HostPort> address = net::ParseHostPort(text);
  if (!address.ok()) return WithContext(address.status(), flag);
  if (!insecure_host.empty()) {
    address->host = insecure_host;
  } else if (!net::IsLoopback(address->host)) {
    return InvalidArgument(
        flag + ": `" + address->host +
        "` is not a loopback address, and without certificates, which this release does not have "
        "yet, the controller listens on no other; for a test bed on a private network give "
        "--insecure-listen " +
        address->host);
  }
  if (address->host == "localhost") address->host = "127.0.0.1";
  return address;
}

absl::Status TakeListeners(const Words& words, Flags* flags) {
  if (!words.insecure_listen.empty() && !net::IsPrivateAddress(words.insecure_listen)) {
    return InvalidArgument("--insecure-listen: `" + words.insecure_listen +
                           "` is no private or loopback address; without encryption the controller "
                           "listens on no other");
  }
  QS_ASSIGN_OR_RETURN(flags->grpc, Listener("--listen", words.listen, words.insecure_listen));
  QS_ASSIGN_OR_RETURN(flags->https, Listener("--https", words.https, words.insecure_listen));
  return absl::OkStatus();
}

absl::Status CheckTuning(const CoreOptions& core) {
  if (core.heartbeat_period < absl::Milliseconds(100)) {
    return InvalidArgument("--heartbeat must be at least 100ms");
  }
  if (core.lease < core.heartbeat_period * 2) {
    return InvalidArgument(
        "--lease must be at least twice --heartbeat, or one late heartbeat loses a host");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv) {
  Flags flags;
  Words words;
  CLI::App app("Holds what every host should run, and sees to it that they do.",
               "quayside-controller");
  app.fallthrough();
  AddFlags(app, &flags, &words);
  app.set_version_flag("--version", "quayside-controller " + VersionText());
  app.footer(kExamples);
  AddEnvironment(app);
  CLI::App* restore = app.add_subcommand("restore", "put a backup in place and end");
  restore->fallthrough();
  restore->add_option("FILE", flags.restore_file, "what `ctl backup` wrote")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    flags.print = app.help();
    return flags;
  } catch (const CLI::CallForVersion&) {
    flags.print = "quayside-controller " + VersionText() + "\n";
    return flags;
  } catch (const CLI::ParseError& error) {
    return ExplainError(app, error);
  }
  if (flags.insecure_registries.empty()) {
    if (const char* text = std::getenv("QUAYSIDE_CONTROLLER_INSECURE_REGISTRY")) {
      flags.insecure_registries = CLI::detail::split(text, ',');
    }
  }
  QS_RETURN_IF_ERROR(TakeListeners(words, &flags));
  QS_RETURN_IF_ERROR(CheckTuning(flags.core));
  flags.log_format = words.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  ParseLogLevel(words.log_level, &flags.log_level);
  return flags;
}

}  // namespace quayside::controller
