// A Proposal is a change of an app worked out in full, before anything is stored: the revision as
// it would be, where its slots would go, and what a rollout would change. `plan` shows it, `apply`
// and the other verbs store it, so that both tell the same. Core thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/core/core_state.h"

namespace quayside::controller {

struct Proposal {
  RevisionRow revision;                 // its number is the next one; cause and by are the caller's
  std::map<SpecDigest, SpecRow> specs;  // new ones
  Placement placement;
  std::vector<RolloutTarget> targets;  // of a new attempt
  std::vector<std::string> warnings;
  std::vector<std::string> undone;  // what scale, deploy … set and this spec takes back
  bool same_spec = false;           // as what the app is to run now
};

// `images` resolves what the spec names; nullptr = the spec is resolved already. `from_file`: keep
// what scale, stop, restart and deploy --host chose where the file is silent.
// kInvalidArgument: the spec breaks a limit. kFailedPrecondition: an image is not resolved or lacks
// the platform of a host that should run it, a host's assignment would be too large.
absl::StatusOr<Proposal> Propose(CoreState& state, AppSpec spec, const ResolvedImages* images,
                                 bool from_file);

constexpr int64_t kMaxSpecBytes = 256 << 10;      // R8
constexpr int64_t kMaxAssignmentBytes = 2 << 20;  // R8

}  // namespace quayside::controller
