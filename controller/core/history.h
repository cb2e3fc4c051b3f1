// What is remembered of an app: its revisions, how each went, and the specs that they name.
// Bounded, because a fleet that deploys on every push makes some thousand revisions a year. Core
// thread.
#pragma once

#include "controller/core/core_state.h"

namespace quayside::controller {

// Revisions that stay of every app, newest first. Beside these stay: what is wanted, kept for going
// back or the last that succeeded; what an instance was made for; what `ctl rollback` goes back to;
// the newest that a file made (ctl apply compares with it); and both ends of the newest rollout.
inline constexpr int kRevisionsKept = 50;
// Rollouts of an app beyond which only the last and the last good one of each revision stay.
inline constexpr int kRolloutsKept = 100;

// The revision that a plain `ctl rollback` goes to: the newest that succeeded, at least in part,
// before the one that is wanted now; 0 when there is none.
int64_t RevisionBefore(const Ledger& ledger, const AppName& app);

// Forgets what is too old of the apps in state.to_prune, then specs that nothing names: about
// `rows` rows at most (R28). True when there is more to do.
bool PruneHistory(CoreState& state, int rows);

}  // namespace quayside::controller
