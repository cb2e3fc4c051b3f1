// What agents say when they come, go and breathe (R5, R7), and what the core concludes from
// silence. Core thread.
#pragma once

#include "controller/core/core_state.h"

namespace quayside::controller {

// Admits the agent (new, or known by its id or name and its secret), or ends its session with the
// reason. A newer session of the same machine replaces the older one; another machine with the same
// identity is refused while the older session lives (R7).
void HandleHello(CoreState& state, const AgentHello& hello);
void HandleGone(CoreState& state, const AgentGone& gone);
void HandleHeartbeat(CoreState& state, const AgentHeartbeat& heartbeat);
void HandleAck(CoreState& state, const AgentAck& ack);
void HandleReport(CoreState& state, const AgentReport& report);

// Writes what a Hello or a Report says of a host's engine; changes of the free disk below a
// hundredth of it are not worth a write.
void TakeEngineFacts(HostRow& row, const EngineFacts& engine);

// Compares the presence of each host whose time has come, or to which something happened, with what
// was concluded before: events, and apps to look at again.
void WatchPresence(CoreState& state);

// Looks again at whatever hangs on a host: rollouts with targets there, services that match it.
void HostChanged(CoreState& state, const HostId& host);

}  // namespace quayside::controller
