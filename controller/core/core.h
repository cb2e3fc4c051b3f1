// Core owns the controller's truth: the Model, its database, presence, rollouts and timers. It runs
// turns on one thread: take the mail, decide (rollout/step.h, schedule/place.h,
// schedule/presence.h: pure), commit everything in one transaction, and only then answer callers
// and offer Assignments (R29). Nothing in it waits for network or Docker.
//
// The program drives it with a Mailbox (controller/main.cc); the simulator calls Turn itself on
// virtual time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/model/assignment.h"
#include "controller/core/model.h"
#include "controller/core/requests.h"

namespace quayside::controller {

class Store;

// ---- the seam to the agents' streams (controller/dispatch; the simulator has its own) ----

// A number per session, from the dispatcher; grows with each session of the process.
using SessionId = uint64_t;

// An Assignment as it is offered: shared, because a stream may still be writing the one before.
using SharedAssignment = std::shared_ptr<const Assignment>;

struct WelcomeFacts {
  FleetId fleet;
  HostId host;
  StoreEpoch epoch;
  uint64_t session = 0;  // stored count of this host's sessions' order; with Report.sequence it
                         // orders Reports (R9)
  absl::Duration heartbeat_period;
  absl::Duration lease;
};

class Fleet {
 public:
  virtual ~Fleet() = default;
  // All of these return at once. A session that is gone ignores them.
  virtual void Welcome(SessionId session, WelcomeFacts facts) = 0;
  // The newest wins: one that was not sent yet is replaced.
  virtual void Offer(SessionId session, SharedAssignment assignment) = 0;
  virtual void AnswerHeartbeat(SessionId session, uint64_t sequence, uint64_t committed_report,
                               absl::Duration period) = 0;
  virtual void SendCommand(SessionId session, std::string id, bool gc_dry_run) = 0;
  // Ends the session; the status is what the agent sees.
  virtual void Close(SessionId session, absl::Status why) = 0;
};

// ---- what the streams tell the core ----
struct AgentHello {
  SessionId session = 0;
  std::string name;
  HostId host;  // "" before its first Welcome
  std::string secret, machine_id, boot_id, process_nonce, agent_version;
  StoreEpoch epoch;
  int64_t generation = 0;
  std::map<std::string, std::string> labels;
  EngineFacts engine;
};
struct AgentAck {
  SessionId session = 0;
  StoreEpoch epoch;
  int64_t generation = 0;
  std::vector<Rejection> rejections;
  std::string error;
};
struct AgentReport {
  SessionId session = 0;
  Report report;
};
struct AgentHeartbeat {
  SessionId session = 0;
  uint64_t sequence = 0;
  uint64_t report_sequence = 0;
};
struct AgentCommandResult {
  SessionId session = 0;
  std::string id;
  absl::Status status;
  std::vector<std::string> lines;
};
struct AgentGone {
  SessionId session = 0;
  std::string reason;
  bool reset = false;
};

using CoreEvent = std::variant<Request, AgentHello, AgentAck, AgentReport, AgentHeartbeat,
                               AgentCommandResult, AgentGone>;

// Tunables; the defaults are the product's (R5), each is a flag of quayside-controller.
struct CoreOptions {
  absl::Duration heartbeat_period = absl::Seconds(15);
  absl::Duration lease = absl::Seconds(55);  // 3 periods + 10 s
  absl::Duration start_grace =
      absl::Seconds(120);  // after a start every host is unknown: max(2 × lease, this)
  absl::Duration event_retention = absl::Hours(24 * 30);
  int64_t max_events = 1'000'000;
  absl::Duration read_only_retry = absl::Seconds(5);
  int max_hosts = 20'000;
  std::string temporary_directory = "/tmp";  // where a backup is put together before it is sent
};

class Core {
 public:
  // The collaborators outlive the core. `store` is open and migrated.
  Core(CoreOptions options, Clock& clock, Random& random, Store& store, Fleet& fleet);
  ~Core();

  // Loads the model; makes fleet id and epoch at the first start. kDataLoss with a sentence when
  // the database cannot be read. Call once, before the first Turn.
  absl::Status Start();

  // One turn over `events`, in order. Returns when the next is due at the latest.
  MonoTime Turn(std::vector<CoreEvent> events);

  // For checkers and benches; only between turns.
  const Model& model() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quayside::controller
