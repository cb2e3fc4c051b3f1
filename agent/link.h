// The seam from the agent to its controller. The real one is agent/session (gRPC); the simulator
// has its own. Nothing here waits: what cannot be sent now is sent when the session is back, latest
// wins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/model/assignment.h"

namespace quayside::agent {

// The answer to an Assignment: durable and valid, not converged (R4). With `error` set nothing was
// stored.
struct Ack {
  StoreEpoch epoch;
  int64_t generation = 0;
  std::vector<Rejection> rejections;
  std::string error;
  bool operator==(const Ack&) const = default;
};

// What the agent says first in a session.
struct HelloFacts {
  StoreEpoch epoch;
  int64_t generation = 0;  // of the Assignment it enforces; 0 = none
  std::vector<SpecDigest> spec_digests;
  EngineFacts engine;
};

struct CommandRequest {
  std::string id;
  bool gc = false;
  bool gc_dry_run = false;
};

struct CommandOutcome {
  std::string id;
  absl::Status status;
  std::vector<std::string> lines;
};

class Link {
 public:
  virtual ~Link() = default;
  // What the next session's Hello should say; replaces the one before.
  virtual void SetHello(HelloFacts facts) = 0;
  virtual void SendAck(Ack ack) = 0;
  // Whole; replaces one that was not sent yet.
  virtual void SendReport(Report report) = 0;
  // From the agent's own turn, so that it proves the agent and not only the socket.
  virtual void SendHeartbeat(uint64_t sequence, uint64_t report_sequence) = 0;
  virtual void SendCommandOutcome(CommandOutcome outcome) = 0;
};

}  // namespace quayside::agent
