// Settle puts what an app's current revision is missing while no rollout of it is open: a host that
// joined or was labelled gets the global services that match it, a slot that found no host gets
// one, and a global service leaves a host that matches no longer. Nothing that runs is moved or
// replaced, so this needs no rollout: what is put is proven by its agent, and `converged` says when
// it is. Core thread.
#pragma once

#include "controller/core/core_state.h"

namespace quayside::controller {

// Does the state of this host matter to the app's placement?
bool MayConcern(const CoreState& state, const AppName& app, const HostId& host);

// Places again: in the app's open rollout its slots without a host, else what its revision misses.
void SettleApp(CoreState& state, const AppName& app);

}  // namespace quayside::controller
