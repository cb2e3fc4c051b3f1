// The flags of quayside-agent, from the command line and the environment (QUAYSIDE_AGENT_…; a list
// takes commas there). The command line wins.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "agent/agent.h"
#include "common/base/log.h"

namespace quayside::agent {

struct Flags {
  std::string data_dir = "/var/lib/quayside-agent";
  std::string controller;  // HOST:PORT; "" = as remembered
  std::string name;        // "" = as remembered, else the machine's host name
  std::map<std::string, std::string> labels;
  std::string engine;  // "unix:///var/run/docker.sock" when nothing says otherwise
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  AgentOptions agent;
  // Not empty: print it to stdout and exit with 0 (--help, --version).
  std::string print;
};

// kInvalidArgument with a sentence for people (exit 2); an unknown flag names the nearest one.
absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv);

}  // namespace quayside::agent
