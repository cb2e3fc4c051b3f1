// Agent owns all that is mutable on a host: the Assignment it enforces, what it last observed of
// the engine, the slot records, back-offs, probes and timers. It runs turns on one thread: take the
// mail, fold it into what is known, decide (plan.h, health.h, restart.h: pure), hand calls to the
// engine and messages to the link. A turn never waits, but for small fsynced writes of its own
// files.
//
// The program drives it with a Mailbox (agent/main.cc); the simulator calls Turn itself on virtual
// time. Everything that comes from other threads comes as an AgentEvent.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "agent/engine.h"
#include "agent/link.h"
#include "agent/probe.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/random.h"
#include "common/model/assignment.h"

namespace quayside::agent {

// ---- what other threads tell the agent ----
struct Connected {  // a session began
  FleetId fleet;
  HostId host;
  StoreEpoch epoch;
  uint64_t session = 0;
  absl::Duration heartbeat_period;
  absl::Duration lease;
};
struct Disconnected {
  std::string reason;
};
struct AssignmentReceived {
  Assignment assignment;
};  // specs complete (R25: bytes as received)
struct HeartbeatAnswered {
  uint64_t sequence = 0;
  uint64_t committed_report = 0;
  absl::Duration heartbeat_period;
};
struct CommandReceived {
  CommandRequest command;
};
struct EngineReplied {
  uint64_t call = 0;
  EngineReply reply;
};
struct EngineChanged {
  EngineEvent event;
};
struct ProbeAnswered {
  uint64_t probe = 0;
  absl::Status result;
};

using AgentEvent = std::variant<Connected, Disconnected, AssignmentReceived, HeartbeatAnswered,
                                CommandReceived, EngineReplied, EngineChanged, ProbeAnswered>;

// Values that a person may tune; the defaults are the product's.
struct AgentOptions {
  absl::Duration relist_period = absl::Seconds(60);  // ± 20 %; events are hints, the list is truth
  int max_starts_in_flight =
      2;  // starts and stops per engine at once: with more, each only gets slower (measured)
  int max_pulls_in_flight = 3;
  absl::Duration probe_first = absl::Milliseconds(5);  // before the first pass: doubling to 250 ms
  // Image cleanup (R17): begins above `gc_start` of the disk, ends at `gc_stop`, spares images
  // younger than gc_min_age.
  double gc_start = 0.85, gc_stop = 0.80;
  absl::Duration gc_min_age = absl::Hours(1);
};

class Agent {
 public:
  // `submit` hands an event to this agent's mailbox from any thread; it is given to the engine's
  // and prober's callbacks. The collaborators outlive the agent.
  Agent(AgentOptions options, Clock& clock, Random& random, FileStore& files, Engine& engine,
        Prober& prober, Link& link, std::function<void(AgentEvent)> submit);
  ~Agent();

  // Reads the last Assignment and the slot records, and starts watching the engine. Call once,
  // before the first Turn. A damaged file is set aside (renamed to *.damaged), said in an event,
  // and never taken for "nothing": see state.h.
  absl::Status Start();

  // One turn. Returns when it wants the next one at the latest (Never when only mail can change
  // anything).
  MonoTime Turn(std::vector<AgentEvent> events);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quayside::agent
