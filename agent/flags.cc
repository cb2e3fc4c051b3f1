#include "agent/flags.h"

#include <cstdlib>
#include <vector>

#include "common/base/status.h"
#include "common/model/host_name.h"
#include "common/program/command_line.h"

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

absl::Status TakeLabels(const std::vector<std::string>& texts,
                        std::map<std::string, std::string>* labels) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || text.size() > 255 || !IsLabelName(text.substr(0, equals))) {
      return InvalidArgument("--label: `" + text +
                             "` is not NAME=VALUE of at most 255 bytes, with " + kLabelNameForm +
                             " in the name");
    }
    (*labels)[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return absl::OkStatus();
}

void AddFlags(program::CommandLine& line, Flags* flags, std::vector<std::string>* labels) {
  CLI::App& app = line.app();
  app.add_option("--data-dir", flags->data_dir, "identity and last assignment")
      ->capture_default_str();
  app.add_option("--controller", flags->controller,
                 "HOST:PORT of the controller's gRPC listener; needed once, remembered");
  app.add_option("--name", flags->name,
                 "unique in the fleet; the host name unless said, remembered");
  line.AddList("--label", labels,
               "NAME=VALUE, repeatable; `ctl host label` changes them later and wins");
  app.add_option("--engine", flags->engine, "Docker Engine API, 20.10 and newer")
      ->default_str("$DOCKER_HOST or unix:///var/run/docker.sock");
  line.AddLog(&flags->log_format, &flags->log_level);
  AgentOptions& agent = flags->agent;
  line.AddDuration("--relist", &agent.relist_period, "how often all containers are listed");
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
  line.AddDuration("--image-gc-min-age", &agent.gc_min_age, "younger images are never removed");
  for (const char* flag : {"--join", "--join-file"}) {
    line.AddRefused(
        flag,
        "join tokens come with certificates, which this release does not have yet; leave it "
        "out: until then a host joins by its name and a secret of its own");
  }
  line.AddRefused(
      "--policy",
      "host policies come with certificates, which this release does not have yet; leave it "
      "out");
}

}  // namespace

absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv) {
  Flags flags;
  std::vector<std::string> labels;
  program::CommandLine line("quayside-agent",
                            "Keeps the containers of this host as the controller wants them.",
                            kExamples);
  AddFlags(line, &flags, &labels);
  QS_ASSIGN_OR_RETURN(flags.print, line.Parse(argc, argv));
  if (!flags.print.empty()) return flags;
  if (!flags.name.empty() && !IsHostName(flags.name)) {
    return InvalidArgument("--name: `" + flags.name +
                           "` cannot be a host's name: " + kHostNameForm);
  }
  QS_RETURN_IF_ERROR(TakeLabels(labels, &flags.labels));
  if (flags.agent.gc_stop > flags.agent.gc_start) {
    return InvalidArgument("--image-gc-stop must not be above --image-gc-start");
  }
  if (flags.engine.empty()) {
    const char* docker_host = std::getenv("DOCKER_HOST");
    flags.engine = docker_host != nullptr && *docker_host != '\0' ? docker_host
                                                                  : "unix:///var/run/docker.sock";
  }
  return flags;
}

}  // namespace quayside::agent
