// The table of verbs: what `ctl` can be asked, in one place. Parsing, help, completion and the
// document are made from it, so that they cannot differ. Constant; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace quayside::ctl {

struct Session;

// A flag: `--name VALUE`, or a switch when `value` is empty. Every flag is also read from
// QUAYSIDE_NAME; one that repeats takes commas there.
struct Flag {
  std::string_view name;   // without the dashes
  char letter = 0;         // of the short form; 0 = none
  std::string_view value;  // what the value is called in help; "" = a switch
  std::string_view help;
  bool repeats = false;
  std::vector<std::string_view> words = {};  // the only values it takes; empty = any
};

struct Verb {
  std::string_view path;      // "host ls"
  std::string_view operands;  // as help writes them: "APP [SVC=]IMAGE..."
  int min_operands = 0;
  int max_operands = 0;
  std::string_view summary;
  std::vector<Flag> flags;
  std::vector<std::string_view> examples;
  // Does it. The result is an exit code; an error is printed by the caller and gives its own
  // (ExitCodeOf).
  absl::StatusOr<int> (*run)(Session&);
};

// In the order of help.
const std::vector<Verb>& Verbs();
// Flags that every verb takes: --context, --output, --yes, --help, --version.
const std::vector<Flag>& CommonFlags();

// The verb called exactly `path`, or nullptr.
const Verb* FindVerb(std::string_view path);
// First words that have verbs below them: "host", "rollout" …
std::vector<std::string_view> Groups();
// What a first word with verbs below it is about, for help.
std::string_view GroupSummary(std::string_view group);
// The flag called `name` of this verb or of all verbs, or nullptr.
const Flag* FindFlag(const Verb& verb, std::string_view name);

// ---- what the verbs do, a file per group ----
// verbs_read.cc
absl::StatusOr<int> Ls(Session& s);
absl::StatusOr<int> Ps(Session& s);
absl::StatusOr<int> Status(Session& s);
absl::StatusOr<int> History(Session& s);
absl::StatusOr<int> Inspect(Session& s);
absl::StatusOr<int> Explain(Session& s);
absl::StatusOr<int> Events(Session& s);
// verbs_file.cc
absl::StatusOr<int> Apply(Session& s);
absl::StatusOr<int> Plan(Session& s);
absl::StatusOr<int> Diff(Session& s);
absl::StatusOr<int> Config(Session& s);
// verbs_change.cc
absl::StatusOr<int> Deploy(Session& s);
absl::StatusOr<int> Scale(Session& s);
absl::StatusOr<int> Restart(Session& s);
absl::StatusOr<int> Stop(Session& s);
absl::StatusOr<int> Start(Session& s);
absl::StatusOr<int> Rollback(Session& s);
absl::StatusOr<int> Remove(Session& s);
absl::StatusOr<int> RolloutStatus(Session& s);
absl::StatusOr<int> RolloutWatch(Session& s);
// verbs_host.cc
absl::StatusOr<int> HostLs(Session& s);
absl::StatusOr<int> HostInspect(Session& s);
absl::StatusOr<int> HostLabel(Session& s);
absl::StatusOr<int> HostConfirm(Session& s);
absl::StatusOr<int> HostAdopt(Session& s);
absl::StatusOr<int> HostMove(Session& s);
absl::StatusOr<int> HostRemove(Session& s);
// verbs_keep.cc
absl::StatusOr<int> Backup(Session& s);
absl::StatusOr<int> RecoveryStatus(Session& s);
absl::StatusOr<int> RecoveryAccept(Session& s);
absl::StatusOr<int> CollectGarbage(Session& s);
absl::StatusOr<int> Doctor(Session& s);
// verbs_local.cc
absl::StatusOr<int> ContextLs(Session& s);
absl::StatusOr<int> ContextUse(Session& s);
absl::StatusOr<int> ContextAdd(Session& s);
absl::StatusOr<int> Version(Session& s);
absl::StatusOr<int> Completion(Session& s);

}  // namespace quayside::ctl
