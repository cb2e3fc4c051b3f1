// Rollouts in the core: beginning one, stepping it, and carrying out what the step decided. The
// decisions are in controller/rollout (pure). Core thread.
#pragma once

#include "controller/core/core_state.h"
#include "controller/rollout/step.h"

namespace quayside::controller {

// The revision that the app is to run now: where its open rollout goes, else what the last one
// left. nullptr when it has none.
const RevisionRow* DesiredRevision(const Ledger& ledger, const AppName& app);

// The instance's row, wanted or kept for going back; nullptr when it is neither.
const InstanceRow* FindRow(const Ledger& ledger, const InstanceId& id);

// Supersedes the app's open rollout and stores a new one that goes to `to` (which is in the
// ledger). `placement` is of that revision.
RolloutId BeginRollout(CoreState& state, const RevisionRow& to, const Placement& placement,
                       int64_t ticket, bool new_attempt);

// The targets that such a rollout has.
std::vector<RolloutTarget> TargetsFor(const CoreState& state, const RevisionRow& to,
                                      const Placement& placement, bool new_attempt);

// The app's open rollout gets the time for progress anew, counted from `from`: it was held by what
// is nobody's fault (R20).
void ExtendDeadline(CoreState& state, const AppName& app, absl::Time from);

// Steps the app's newest rollout. True when it wants to be stepped again at once.
bool StepApp(CoreState& state, const AppName& app);

// Carries out one change that a step decided (rollout_changes.cc).
void CarryOut(CoreState& state, RolloutRow& row, const InstanceChange& change);
// When the app's newest rollout has succeeded or gone back: lets go of what was kept for going back
// and is needed no more (R12), a share in each turn (R28). True when there is more.
bool LetGo(CoreState& state, const AppName& app);

// Names the slot as removed on the host (R6).
void NameRemoval(CoreState& state, const HostId& host, const SlotKey& slot, std::string why,
                 bool volumes = false);
// Wants a new instance there; the rows of its slot's removal go.
InstanceId PutNewInstance(CoreState& state, const RevisionRow& revision, const ServiceSpec& service,
                          const SlotKey& slot, const HostId& host, const InstanceId& predecessor);

// Wants the instance of `revision` in the slot of `id`, which is kept for going back.
InstanceId ReplaceInstance(CoreState& state, const RevisionRow& revision,
                           const ServiceSpec& service, const InstanceId& id);
// The same container, told to run or to stop.
void SetIntent(CoreState& state, const InstanceId& id, Intent intent);

}  // namespace quayside::controller
