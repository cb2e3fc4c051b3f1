// The flags of quayside-controller, from the command line and the environment
// (QUAYSIDE_CONTROLLER_…; a list takes commas there). The command line wins.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/log.h"
#include "common/net/address.h"
#include "controller/core/core.h"

namespace quayside::controller {

struct Flags {
  std::string data_dir = "/var/lib/quayside";
  // With --insecure-listen put in. Loopback or private addresses only, until there are
  // certificates; port 0 takes a free one.
  net::HostPort grpc{"127.0.0.1", 7443};
  net::HostPort https{"127.0.0.1", 7480};
  std::vector<std::string> insecure_registries;
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  CoreOptions core;
  // `restore FILE`: put this backup in place and end.
  std::string restore_file;
  // Not empty: print it to stdout and exit with 0 (--help, --version).
  std::string print;
};

// kInvalidArgument with a sentence for people (exit 2); an unknown flag names the nearest one.
absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv);

}  // namespace quayside::controller
