// CommandLine reads the flags of a long-running program (quayside-controller, quayside-agent): from
// the command line, which wins, and from the environment, where --data-dir of quayside-agent is
// QUAYSIDE_AGENT_DATA_DIR and a list takes commas. What is wrong is told in one sentence. Used
// once, by the program's flags.cc, on the main thread; it refers to the values that it fills. `ctl`
// has verbs and contexts instead and reads its own (ctl/parse.h).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/log.h"

namespace quayside::program {

class CommandLine {
 public:
  // `name`: "quayside-agent". `purpose` is the first line of --help, `examples` are its last.
  CommandLine(std::string name, const std::string& purpose, const std::string& examples);

  // For flags that only this program has.
  CLI::App& app() { return app_; }

  // A duration above zero; what `value` holds is the default.
  void AddDuration(const std::string& flag, absl::Duration* value, const std::string& help);
  // Repeatable on the command line.
  void AddList(const std::string& flag, std::vector<std::string>* values, const std::string& help);
  // --log-format and --log-level.
  void AddLog(LogFormat* format, LogLevel* level);
  // A flag of a later release: refused with `sentence`, not as unknown, and not shown.
  void AddRefused(const std::string& flag, const std::string& sentence);

  // Call once, after all flags are added. Returns what is to be printed before the program ends
  // with exit code 0 (--help, --version), "" otherwise. kInvalidArgument with a sentence for
  // people; for an unknown flag or command it names the nearest one.
  absl::StatusOr<std::string> Parse(int argc, const char* const* argv);

 private:
  std::string EnvironmentName(const std::string& flag) const;
  void ReadEnvironment();
  absl::Status Explain(const CLI::ParseError& error) const;

  const std::string name_;
  CLI::App app_;
  std::vector<std::pair<std::string, std::vector<std::string>*>> lists_;  // by flag, without dashes
};

}  // namespace quayside::program
