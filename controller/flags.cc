#include "controller/flags.h"

#include "common/base/status.h"
#include "common/program/command_line.h"

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

struct Words {
  std::string listen = "127.0.0.1:7443";
  std::string https = "127.0.0.1:7480";
  std::string insecure_listen;
};

void AddFlags(program::CommandLine& line, Flags* flags, Words* words) {
  CLI::App& app = line.app();
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
  line.AddList("--insecure-registry", &flags->insecure_registries,
               "HOST[:PORT] or CIDR that may be asked over plain HTTP besides loopback; "
               "repeatable");
  line.AddLog(&flags->log_format, &flags->log_level);
  CoreOptions& core = flags->core;
  line.AddDuration("--heartbeat", &core.heartbeat_period, "how often an agent is heard at least");
  line.AddDuration("--lease", &core.lease, "silence after which a host counts as lost");
  line.AddDuration("--start-grace", &core.start_grace,
                   "how long after a start a host that is silent is unknown, not lost");
  line.AddDuration("--event-retention", &core.event_retention, "older events are deleted");
  app.add_option("--max-events", core.max_events, "more events than this are deleted, oldest first")
      ->check(CLI::Range(int64_t{1'000}, int64_t{100'000'000}))
      ->capture_default_str();
  app.add_option("--max-hosts", core.max_hosts, "more hosts than this are refused")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  for (const char* flag : {"--san", "--key-file", "--https-cert", "--https-key", "--advertise-grpc",
                           "--advertise-https"}) {
    line.AddRefused(flag,
                    "this comes with certificates, which this release does not have yet; leave it "
                    "out: until then the controller listens on loopback addresses");
  }
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
  program::CommandLine line("quayside-controller",
                            "Holds what every host should run, and sees to it that they do.",
                            kExamples);
  AddFlags(line, &flags, &words);
  CLI::App* restore = line.app().add_subcommand("restore", "put a backup in place and end");
  restore->fallthrough();
  restore->add_option("FILE", flags.restore_file, "what `ctl backup` wrote")->required();
  QS_ASSIGN_OR_RETURN(flags.print, line.Parse(argc, argv));
  if (!flags.print.empty()) return flags;
  QS_RETURN_IF_ERROR(TakeListeners(words, &flags));
  QS_RETURN_IF_ERROR(CheckTuning(flags.core));
  return flags;
}

}  // namespace quayside::controller
