// Cleanup decides which images go (rule R17). Only images that this agent pulled are ever
// candidates, and never one that is desired, kept, in flight or used by any container; removal is
// never forced. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/container.h"
#include "agent/engine.h"
#include "common/model/assignment.h"

namespace quayside::agent {

// The images that this agent pulled, by reference ("repository@sha256:…"), and since when nothing
// needs them; InfiniteFuture while something does. Kept on disk (state.h).
using ImageLedger = std::map<std::string, absl::Time>;

// References that must stay: of every desired instance and of every container of ours, those that
// are kept for going back among them.
std::set<std::string> NeededImages(const Assignment& assignment,
                                   const std::map<InstanceId, Container>& containers);

// The ledger brought up to date with what is needed at `wall`.
ImageLedger Updated(const ImageLedger& ledger, const std::set<std::string>& needed,
                    absl::Time wall);

struct Removable {
  std::string image;
  int64_t size_bytes = 0;
  absl::Time unneeded_since;
  bool operator==(const Removable&) const = default;
};

struct CleanupRules {
  absl::Duration min_age;     // spares what was needed more recently
  int64_t bytes_to_free = 0;  // ends when this much is freed
};

// What to remove, longest unneeded first.
std::vector<Removable> PlanCleanup(const ImageLedger& ledger,
                                   const std::vector<ImageDetail>& images,
                                   const std::map<InstanceId, Container>& containers,
                                   const CleanupRules& rules, absl::Time wall);

// How much is to be freed when the engine's disk is fuller than `start`, to bring it down to
// `stop` (shares of its size); 0 when it is not, or when the engine does not say.
int64_t BytesToFree(const EngineFacts& facts, double start, double stop);

}  // namespace quayside::agent
