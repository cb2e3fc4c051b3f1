// Commands run inside a container, and its logs.
#pragma once

#include "agent/docker/api.h"
#include "agent/engine.h"

namespace quayside::agent::docker {

// Output beyond this is cut: it is shown to people, not parsed.
inline constexpr size_t kMaxExecOutput = 64 << 10;

// `done` gets ExecResult; kDeadlineExceeded after call.timeout, and then the command is killed, as
// the engine does with its own health checks: it would go on otherwise, and a hanging probe would
// pile them up.
void Exec(Api& api, ExecCommand call, Engine::Done done);

// `done` gets LogText, at most call.lines and call.max_bytes, the newest.
void Logs(Api& api, ReadLogs call, Engine::Done done);

}  // namespace quayside::agent::docker
